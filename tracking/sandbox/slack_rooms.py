"""Slack's rooms as people see them: each message with its blocks and buttons, its thread, and what was whispered."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from html import escape, unescape
from typing import Any

from tracking.sandbox.api_slack import PEOPLE, SlackApi

SHOWN = 20
PRESS = "/slack-press"
ROOMS = "/slack-rooms"
STYLE = """
.room { border: 1px solid var(--line); border-radius: 8px; margin: 8px 0; } .room > h3 { margin: 0; padding: 10px 16px;
border-bottom: 1px solid var(--line); } .said { padding: 12px 16px; border-bottom: 1px solid var(--line); }
.said:last-child { border: 0; } .said h4 { font-size: 1.1rem; margin: 2px 0 6px; } .said p { margin: 4px 0;
overflow-wrap: anywhere; } .who { font-size: .85rem; } .app { border: 1px solid var(--line); border-radius: 3px;
font-size: .7rem; padding: 0 4px; }
.said blockquote { border-left: 4px solid var(--line); margin: 4px 0; padding: 0 12px; }
.said dl { display: grid; gap: 8px 24px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 300px), 1fr));
margin: 8px 0; } .said dt { font-weight: 600; } .said dd { margin: 0; overflow-wrap: anywhere; }
.acts, .menu { align-items: center; display: flex; flex-wrap: wrap; gap: 8px; } .acts { margin: 10px 0 4px; }
.menu { border: 1px solid var(--line); border-radius: 6px; gap: 0; } .menu select, .menu button { border: 0; }
.said button, .said select, .said a.button { background: transparent; border: 1px solid var(--line); border-radius: 6px;
color: inherit; font: inherit; font-size: .9rem; min-height: 36px; padding: 4px 12px; text-decoration: none; }
.said a.button { align-items: center; box-sizing: border-box; display: inline-flex; font-weight: 600; }
.said select option { background: Canvas; color: CanvasText; } .said button { cursor: pointer; font-weight: 600; }
.said .primary { background: #007a5a; border-color: #007a5a; color: #fff; } .said small { opacity: .8; }
.thread { border-left: 2px solid var(--line); margin: 8px 0 0; padding: 0 12px; } .whisper { font-style: italic; }
"""
SCRIPT = """
const rooms = document.getElementById("rooms");
const all = (what) => [...rooms.querySelectorAll(what)];
function put(text) {
  const chosen = new Map(all("select").map((each) => [each.id, each.value]));
  const open = new Set(all("details[open]").map((each) => each.id));
  rooms.innerHTML = text;
  for (const each of all("select")) if (chosen.has(each.id)) each.value = chosen.get(each.id);
  for (const each of all("details")) each.open = open.has(each.id);
}
let shown = "";
setInterval(async () => {
  if (document.hidden || rooms.querySelector("select:focus")) return;
  const answer = await fetch("/slack-rooms").catch(() => null);
  const text = answer && answer.ok ? await answer.text() : shown;
  if (text === shown || rooms.querySelector("select:focus")) return;
  put(text);
  shown = text;
}, 1000);
"""
"""Looks every second for what changed; without it the page shows the same and is loaded again by hand."""

Told = Mapping[str, Any]
_TOKEN = re.compile(r"<([^<>]*)>")
_BOLD = re.compile(r"\*([^*\n]+)\*")


def rooms(slack: SlackApi, pressed: Mapping[tuple[str, str], str]) -> str:
    """Return all rooms as HTML, the newest message first. `pressed`: what became of the last press of a message."""
    found: dict[str, list[str]] = {}
    for (room, ts), told in reversed(list(slack.messages.items())):
        if not told.get("thread_ts"):
            found.setdefault(room, []).append(_message(slack, room, ts, told, pressed.get((room, ts), "")))
    return "".join(
        f'<section class="room"><h3>{escape(room)}</h3>{"".join(said[:SHOWN])}</section>'
        for room, said in found.items()
    )


def _message(slack: SlackApi, room: str, ts: str, told: Told, pressed: str) -> str:
    edited = " (edited)" if "ts" in told else ""
    at = datetime.fromtimestamp(float(ts), UTC)
    blocks = told.get("blocks") or [{"type": "section", "text": {"text": told.get("text", "")}}]
    parts = "".join(_BLOCKS.get(block.get("type"), _nothing)(block, ts) for block in blocks)
    note = f'<p role="status"><small>{escape(pressed)}</small></p>' if pressed else ""
    return (
        f'<article class="said" id="m{escape(ts)}"><div class="who"><strong>ShipTrack</strong> '
        f'<span class="app">APP</span> '
        f"<time>{at:%Y-%m-%d %H:%M} UTC</time>{edited}</div>"
        f'<form method="post" action="{PRESS}"><input type="hidden" name="room" value="{escape(room)}">'
        f'<input type="hidden" name="ts" value="{escape(ts)}">{parts}</form>{note}{_below(slack, room, ts)}</article>'
    )


def _below(slack: SlackApi, room: str, ts: str) -> str:
    """The thread of a message."""
    replies = [
        each for (place, _), each in list(slack.messages.items()) if (place, each.get("thread_ts")) == (room, ts)
    ]
    if not replies:
        return ""
    lines = "".join(f"<p>{mrkdwn(str(each.get('text', '')))}</p>" for each in replies)
    noun = "reply" if len(replies) == 1 else "replies"
    summary = f"<summary>{len(replies)} {noun}</summary>"
    return f'<details id="{escape(ts)}-thread">{summary}<div class="thread">{lines}</div></details>'


def whispers(slack: SlackApi) -> str:
    """Return what only one person may see, newest first."""
    lines = [
        f'<p class="whisper">Only {escape(slack.people.get(who, who))} sees this in {escape(room)}: {mrkdwn(text)}</p>'
        for who, room, text in reversed(slack.whispers)
    ]
    return "".join(lines[:SHOWN])


def _header(block: Told, ts: str) -> str:
    return f"<h4>{escape(str(block['text']['text']))}</h4>"


def _section(block: Told, ts: str) -> str:
    text = f"{_paragraphs(str(block['text']['text']))}" if block.get("text") else ""
    pairs = [str(each["text"]).partition("\n") for each in block.get("fields") or []]
    fields = "".join(f"<div><dt>{mrkdwn(name.strip('*'))}</dt><dd>{mrkdwn(said)}</dd></div>" for name, _, said in pairs)
    return text + (f"<dl>{fields}</dl>" if fields else "")


def _paragraphs(text: str) -> str:
    return "".join(
        f"<blockquote>{mrkdwn(line[1:].strip())}</blockquote>" if line.startswith(">") else f"<p>{mrkdwn(line)}</p>"
        for line in text.split("\n")
    )


def _context(block: Told, ts: str) -> str:
    return "".join(f"<p><small>{mrkdwn(str(each.get('text', '')))}</small></p>" for each in block["elements"])


def _actions(block: Told, ts: str) -> str:
    elements = "".join(_element(each, ts) for each in block["elements"])
    if all("url" in each for each in block["elements"]):
        return f'<div class="acts">{elements}</div>'
    people = "".join(f'<option value="{key}">{escape(address)}</option>' for key, address in PEOPLE.items())
    chosen = f'<select id="{escape(ts)}-person" name="person">{people}</select>'
    return f'<div class="acts">{elements}<label><small>pressed by</small> {chosen}</label></div>'


def _element(each: Told, ts: str) -> str:
    name = escape(str(each.get("action_id", "")))
    if each.get("type") == "static_select":
        label = escape(str(each["placeholder"]["text"]))
        options = "".join(
            f'<option value="{escape(str(option["value"]).rpartition(":")[2])}">{escape(str(option["text"]["text"]))}'
            f"</option>"
            for option in each["options"]
        )
        return (
            f'<span class="menu"><select id="{escape(ts)}-{name}" name="choice-{name}" aria-label="{label}">{options}'
            f'</select><button name="press" value="{name}">{label}</button></span>'
        )
    words, style = escape(str(each["text"]["text"])), ' class="primary"' if each.get("style") == "primary" else ""
    if each.get("url"):
        return f'<a class="button" href="{escape(_web(str(each["url"])))}" target="_blank" rel="noopener">{words}</a>'
    return f'<button name="press" value="{name}"{style}>{words}</button>'


def _nothing(block: Told, ts: str) -> str:
    return ""


_BLOCKS: dict[Any, Callable[[Told, str], str]] = {
    "header": _header, "section": _section, "context": _context, "actions": _actions,
}  # fmt: skip


def mrkdwn(text: str) -> str:
    """Return Slack's markup as HTML: bold, links, moments; all else is only text."""
    parts = _TOKEN.split(text)
    made = "".join(_token(part) if at % 2 else escape(unescape(part)) for at, part in enumerate(parts))
    return _BOLD.sub(r"<strong>\1</strong>", made).replace("\n", "<br>")


def _token(inside: str) -> str:
    target, _, words = inside.partition("|")
    if target.startswith("!date^"):
        return f"<time>{escape(unescape(words))}</time>"
    return f'<a href="{escape(_web(unescape(target)))}">{escape(unescape(words or target))}</a>'


def _web(url: str) -> str:
    return url if url.startswith(("http://", "https://")) else "#"
