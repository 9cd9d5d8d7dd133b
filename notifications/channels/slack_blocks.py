"""Cases as Slack's Block Kit: what is wrong, who has it, what is next, and the buttons. Pure.

Buttons carry the case's number and the version that was shown, never any authority: who presses is asked anew.
"""

from datetime import datetime
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    InteractiveElement,
    MarkdownTextObject,
    Option,
    SectionBlock,
    StaticSelectElement,
)

from notifications.channels.card import CaseCard, DigestCard

SNOOZES = {"1h": "1 hour", "4h": "4 hours", "24h": "1 day", "72h": "3 days", "scan": "Until the next scan"}
OUTCOMES = {
    "arrived": "Arrived",
    "picked_up": "Picked up",
    "address_corrected": "Address corrected",
    "returned_to_stock": "Returned to stock",
    "duplicate": "Duplicate",
}
"""Outcomes that neither cost money nor need a reason; the others are chosen on the case's page."""


def case_blocks(card: CaseCard) -> list[dict[str, Any]]:
    """Return the blocks of a case's message: whole while it is new, short once somebody has it, shorter when over."""
    blocks: list[Block] = [HeaderBlock(text=_cut(card.title, 150))]
    if not card.is_open:
        blocks.append(_section(f"*Resolved: {plain(card.outcome)}*  ·  {plain(card.happened)}"))
    elif card.state == "new":
        blocks += [_sentence(card), _facts(card)]
    else:
        blocks += [_section(_standing(card)), _sentence(card)]
    blocks.append(_buttons(card))
    as_of = moment(card.happened_at)
    blocks.append(_context(f"{card.number} · as of {as_of} · buttons act in ShipTrack, in your name"))
    return [block.to_dict() for block in blocks]


def digest_blocks(card: DigestCard) -> list[dict[str, Any]]:
    """Return the blocks of the digest of cases that nobody has."""
    due = f", first due {moment(card.first_due_at)}" if card.first_due_at else ""
    noun = "case has" if card.count == 1 else "cases have"
    lines = [
        f"• <{each['url']}|{each['number']}> {plain(each['title'])}, due {moment(each['due_at'])}"
        for each in card.lines
    ]
    if card.count > len(card.lines):
        lines.append(f"and {card.count - len(card.lines)} more")
    take = ButtonElement(text="Take the oldest", action_id="take_oldest", value="oldest", style="primary")
    blocks: list[Block] = [
        _section(f"*{card.count} {noun} no owner{due}*"),
        _section("\n".join(lines) or "Nothing is waiting."),
        ActionsBlock(elements=[take, ButtonElement(text="Open Unowned", action_id="open", url=card.url)]),
    ]
    return [block.to_dict() for block in blocks]


def summary(card: CaseCard) -> str:
    """Return the message as one line: what a notification shows and a screen reader reads first."""
    return _cut(f"{card.title}: {card.happened}", 300)


def plain(text: str) -> str:
    """Escape what would be markup in Slack; quotes and stars stay what they are."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def moment(at: datetime) -> str:
    """Return a moment (aware UTC) that Slack shows in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def _sentence(card: CaseCard) -> SectionBlock:
    told = card.sentence or "nothing yet"
    return _section(f"> The customer reads: “{plain(told)}”")


def _facts(card: CaseCard) -> SectionBlock:
    care = ", high care" if card.is_high_care else ""
    due = moment(card.next_action_due_at)
    response = f"\nFirst response by {moment(card.first_response_due_at)}" if card.first_response_due_at else ""
    pairs = (
        ("Severity", plain(card.severity_words) + care),
        ("Owner", f"{plain(card.owner or 'Nobody')} ({plain(card.team)})"),
        ("Next action", f"{plain(card.next_action)}, due {due}{response}"),
        ("Parcel", plain(card.parcel)),
        ("Why", plain(card.why)),
        ("Customer told", plain(card.told)),
    )
    return SectionBlock(
        fields=[MarkdownTextObject(text=_cut(f"*{name}*\n{value or '–'}", 2000)) for name, value in pairs]
    )


def _standing(card: CaseCard) -> str:
    who = f" by *{plain(card.owner)}*" if card.owner else ", nobody has it"
    return (
        f"{plain(card.state_words)}{who} · {plain(card.severity_words)} · "
        f"*next:* {plain(card.next_action)}, due {moment(card.next_action_due_at)}"
    )


def _buttons(card: CaseCard) -> ActionsBlock:
    value = f"{card.case_id}:{card.version}"
    elements: list[InteractiveElement] = []
    if card.is_open:
        if not card.owner or card.state == "new":
            elements.append(ButtonElement(text="Take", action_id="take", value=value, style="primary"))
        if card.state == "new":
            elements.append(ButtonElement(text="Acknowledge", action_id="acknowledge", value=value))
        elements.append(_choice("snooze", "Snooze…", value, SNOOZES))
        elements.append(_choice("resolve", "Resolve…", value, OUTCOMES))
    elements.append(ButtonElement(text="Open case", action_id="open", url=card.url))
    return ActionsBlock(elements=list(elements))


def _choice(action: str, label: str, value: str, options: dict[str, str]) -> StaticSelectElement:
    """A menu in place of a dialogue: it needs no call within three seconds, and the choice comes signed."""
    return StaticSelectElement(
        placeholder=label,
        action_id=action,
        options=[Option(text=words, value=f"{value}:{code}") for code, words in options.items()],
    )


def _section(text: str) -> SectionBlock:
    return SectionBlock(text=MarkdownTextObject(text=_cut(text, 3000)))


def _context(text: str) -> ContextBlock:
    return ContextBlock(elements=[MarkdownTextObject(text=text)])


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
