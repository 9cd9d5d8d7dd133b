"""What the doorbells ring. Each task looks at the rows for what is due, and may run at any time.

A task begins nothing new after 20 s and rings again, so that it always ends long before the watchdog's 40 s.
"""

from datetime import datetime, timedelta

from notifications.channels.registry import CHANNELS
from notifications.channels.slack_presses import work_presses
from notifications.digests import ask_for_digest
from notifications.doorbell import messages_are_due
from notifications.outbox.delivery import deliver as deliver_due
from notifications.outbox.queries import has_due
from notifications.outbox.retention import prune as prune_due
from notifications.relay import has_news
from notifications.relay import relay as relay_news
from tracking import clock
from tracking.ingest.doorbell import ring
from tracking.jobs.queries import demo_loading

TIME_FOR_NEW_WORK = timedelta(seconds=20)


def _until() -> datetime:
    return clock.now() + TIME_FOR_NEW_WORK


def relay() -> str:
    """Decide on the ledger's news, then wake the senders; the demo decides on its past itself."""
    if demo_loading():
        return "waiting for the demo"
    until = _until()
    done = relay_news(clock=clock.now, until=until)
    if clock.now() > until:
        ring("notifications.tasks.relay")
    if has_due(now=clock.now()):
        messages_are_due()
    return f"{done.news} news, {done.decisions} decisions, {done.sends} messages"


def look_for_news() -> str:
    """Every minute: start the relay when there is news, whatever became of its bell."""
    return relay() if has_news() else "no news"


def deliver() -> str:
    """Send what is due; the demo sends what belongs to its past itself."""
    if demo_loading():
        return "waiting for the demo"
    until = _until()
    done = deliver_due(clock=clock.now, channels=CHANNELS, until=until)
    if clock.now() > until:
        messages_are_due()
    return f"{done.sent} sent, {done.retried} to try again, {done.failed} failed, {done.unknown} unknown"


def prune() -> str:
    """Empty texts whose time of keeping is over."""
    return f"{prune_due(clock=clock.now, until=_until())} texts emptied"


def slack_presses() -> str:
    """Carry out what was pressed in Slack; every minute also what a lost bell left."""
    return f"{work_presses(clock=clock.now, until=_until())} presses"


def digest() -> str:
    """Ask for the digest of unowned cases when its hour has come."""
    return "asked for" if ask_for_digest(channel="slack", now=clock.now()) else "not now"
