"""What is plugged in where, as data: the only place that knows both apps by name. One line per part.

Functions are named by their dotted path, so that reading this file imports nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Repeat:
    """A ring of the doorbell every so many minutes. The function looks at the tables and decides what is due."""

    name: str
    function: str
    minutes: int
    cluster: str
    """`core` for work that never leaves the machine, `net` for calls to others."""


SCHEDULES: tuple[Repeat, ...] = (
    Repeat("messages", "tracking.tasks.look_for_messages", 1, "core"),
    Repeat("sweep", "tracking.tasks.sweep", 1, "core"),
    Repeat("feeds", "tracking.tasks.watch_feeds", 1, "core"),
    Repeat("poll", "tracking.tasks.poll", 1, "net"),
    Repeat("prune", "tracking.tasks.prune", 60, "core"),
    Repeat("relay", "notifications.tasks.look_for_news", 1, "core"),
    Repeat("deliver", "notifications.tasks.deliver", 1, "net"),
    Repeat("slack_presses", "notifications.tasks.slack_presses", 1, "net"),
    Repeat("digest", "notifications.tasks.digest", 5, "core"),
    Repeat("prune_texts", "notifications.tasks.prune", 60, "core"),
)
"""Synced to the task queue at every start: unknown ones are removed there."""

ON_START: tuple[str, ...] = (
    "tracking.startup.load_presets",
    "tracking.startup.create_demo_logins",
    "notifications.startup.load_presets",
)
"""Called in this order, without arguments, after the migrations and before anything runs. Each may be called again."""

CONFIGURATION: tuple[str, ...] = ("tracking.exception_queue.rerouting.ROUTING",)
"""What is drafted, previewed and published in the admin: one `tracking.configuration.kinds.Kind` each."""

PLAYBOOK_COLUMNS = "notifications.playbook.columns"
"""Fills the playbook's columns of who is told what: rows in, `tracking.exception_queue.playbook.Told` by row out."""

SUBSCRIBERS: tuple[str, ...] = ("notifications.doorbell.news_has_come",)
"""Called, without arguments, after each transaction that wrote to the ledger. They only ring a bell."""

DEMO: tuple[str, ...] = ("notifications.demo.work",)
"""Called with the moment at every tick while the demo's past is played."""

DEMO_END: tuple[str, ...] = ("notifications.demo.connect",)
"""Called once, with the moment and the sandbox's address, when the demo's past is played."""
