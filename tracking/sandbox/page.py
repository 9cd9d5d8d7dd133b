"""What the sandbox shows a person: what arrived at the pretend mailbox and systems, newest first."""

from collections.abc import Iterable, Mapping
from html import escape

from tracking.sandbox.arrivals import Arrival
from tracking.sandbox.mailbox import Mail
from tracking.sandbox.slack_rooms import SCRIPT, STYLE

SHOWN = 30
NAMES = {
    "slack": "Slack", "zendesk": "Zendesk", "helpdesk": "Help desk", "hubspot": "HubSpot contacts",
    "shopify": "Shopify order pages", "webhook": "Signed webhooks",
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; max-width: 1080px; padding: 16px; } h1 { font-size: 1.4rem; } h2 { margin-top: 2rem; }
nav { display: flex; flex-wrap: wrap; gap: 4px 16px; } article, details { border: 1px solid var(--line);
border-radius: 8px; margin: 8px 0; padding: 8px 12px; } summary { cursor: pointer; overflow-wrap: anywhere; }
time, .to { opacity: .8; } pre { background: var(--soft); border-radius: 6px; overflow: auto; padding: 8px;
white-space: pre-wrap; overflow-wrap: anywhere; } iframe { background: #fff; border: 1px solid var(--line);
border-radius: 6px; height: 420px; width: 100%; } .both { display: grid; gap: 12px; }
@media (min-width: 900px) { .both { grid-template-columns: 3fr 2fr; } } td { padding: 2px 12px 2px 0; }
"""


def page(
    *,
    mails: Iterable[Mail],
    arrivals: Iterable[Arrival],
    slack: str,
    accounts: Mapping[str, str],
    counts: Mapping[str, int],
    stories: Iterable[str],
) -> str:
    """Return the page as HTML. `accounts`: slug -> address; lists oldest first; `slack`: its rooms as HTML."""
    groups: dict[str, list[Arrival]] = {}
    for each in arrivals:
        groups.setdefault(each.system, []).append(each)
    kept = list(mails)
    found = sorted(groups, key=_place)
    parts = [
        _mailbox(kept),
        *(_slack(slack, groups[name]) if name == "slack" else _group(name, groups[name]) for name in found),
    ]
    links = [("mail", f"Mailbox ({len(kept)})")] + [(name, f"{_name(name)} ({len(groups[name])})") for name in found]
    menu = "".join(f'<a href="#{escape(key)}">{escape(words)}</a>' for key, words in links)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>ShipTrack sandbox</title>'
        '<link rel="icon" href="data:,">'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}{STYLE}</style>'
        f"<header><h1>Pretend shops, carriers and systems</h1><nav>{menu}</nav></header><main>{''.join(parts)}"
        f"{_played(accounts, counts, stories)}</main></html>"
    )


def _place(system: str) -> tuple[int, str]:
    known = list(NAMES)
    return (known.index(system) if system in known else len(known), system)


def _name(system: str) -> str:
    return NAMES.get(system, system.capitalize())


def _mailbox(mails: list[Mail]) -> str:
    shown = "".join(_mail(mail) for mail in reversed(mails[-SHOWN:]))
    return f'<h2 id="mail">Mailbox</h2>{shown or "<p>Nothing has arrived yet.</p>"}'


def _mail(mail: Mail) -> str:
    """The HTML in a frame that may run nothing and load nothing of this page, beside the plain text."""
    frame = (
        f'<iframe sandbox title="As HTML" loading="lazy" srcdoc="{escape(mail.html)}"></iframe>' if mail.html else ""
    )
    return (
        f"<details><summary><strong>{escape(mail.subject)}</strong> "
        f'<span class="to">to {escape(", ".join(mail.to))}</span> {_time(mail.at.isoformat(" ", "seconds"))}</summary>'
        f'<p>From {escape(mail.sender)}</p><div class="both">{frame}<pre>{escape(mail.text)}</pre></div></details>'
    )


def _group(system: str, found: list[Arrival]) -> str:
    shown = "".join(_arrival(each) for each in reversed(found[-SHOWN:]))
    return f'<h2 id="{escape(system)}">{escape(_name(system))}</h2>{shown}'


def _slack(rooms: str, calls: list[Arrival]) -> str:
    """The rooms with their buttons, kept up to date; below them every call as it came."""
    shown = "".join(_arrival(each) for each in reversed(calls[-SHOWN:]))
    log = f"<details><summary>All that was called here</summary>{shown}</details>"
    return f'<h2 id="slack">Slack</h2><div id="rooms">{rooms}</div>{log}<script>{SCRIPT}</script>'


def _arrival(each: Arrival) -> str:
    to = f' <span class="to">to {escape(each.to)}</span>' if each.to else ""
    head = f"<strong>{escape(each.title or each.kind)}</strong>{to} {_time(each.at.isoformat(' ', 'seconds'))}"
    return f"<details><summary>{head}</summary><pre>{escape(each.text)}</pre></details>"


def _time(text: str) -> str:
    return f"<time>{escape(text.replace('+00:00', ' UTC'))}</time>"


def _played(accounts: Mapping[str, str], counts: Mapping[str, int], stories: Iterable[str]) -> str:
    bases = "".join(f"<li>{escape(slug)}: <code>{escape(base)}</code>" for slug, base in accounts.items())
    rows = "".join(f"<tr><td>{escape(name)}<td>{count}" for name, count in sorted(counts.items()))
    plays = "".join(f"<li>{escape(title)}" for title in stories)
    return (
        f"<h2>Played here</h2><details><summary>Accounts</summary><ul>{bases}</ul></details>"
        f"<details><summary>Counts</summary><table>{rows}</table></details>"
        f"<details><summary>Stories</summary><ul>{plays}</ul></details>"
    )
