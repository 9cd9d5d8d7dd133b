"""The message ledger as pages show it: one line a decision, newest first, with what a person may do now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from notifications.channels.registry import CHANNELS
from notifications.configuration import rules_in_force, rules_of
from notifications.models import OutboxRow
from notifications.queries import Entry
from notifications.rules.contract import RuleSet
from notifications.vocabulary import Audience, OutboxState, Why
from notifications.words import PERSON, STATE_LOOK, TO_WHOM, WITHHELD_LOOK, acts_for, reason_words, title_of
from tracking.models import Customer
from tracking.privacy import masking

SHOWN_AT_FIRST = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the ledger. `at` is when it was said, will be, or was decided (aware UTC)."""

    title: str
    state: str
    tint: str
    icon: str
    at: datetime
    detail: str
    to: str
    row_id: int = 0
    subject: str = ""
    text: str = ""
    acts: tuple[tuple[str, str, str], ...] = ()


def ledger_lines(entries: Iterable[Entry], customer: Customer | None, *, revealed: bool) -> list[Line]:
    """Return the lines of a ledger, newest first; texts are masked unless the customer is revealed to the reader."""
    known = list(entries)
    names = names_of(rules_of(known[0].rules_in_force)) if known else {}
    return [_line(entry, names, customer, revealed) for entry in reversed(known)]


def rule_names() -> dict[str, str]:
    """Return the names of the rules in force, by key."""
    return names_of(rules_in_force())


def names_of(rules: RuleSet) -> dict[str, str]:
    """Return the names of these rules, by key."""
    return {rule.key: rule.name for rule in rules.rules} | {PERSON: "Written by a colleague"}


def _line(entry: Entry, names: dict[str, str], customer: Customer | None, revealed: bool) -> Line:
    decision, row = entry.decision, entry.row
    title = title_of(decision.rule_key, names)
    to = _to(decision.audience, decision.channel)
    if row is None:
        is_joined = entry.is_sent_with_others
        look = ("low", "stacked_email") if is_joined else WITHHELD_LOOK
        words = "Said together with the order's other parcels" if is_joined else f"{entry.words}"
        state = "With others" if is_joined else "Withheld"
        return Line(title, state, *look, decision.decided_at, words, to)
    tint, icon = STATE_LOOK[row.state]
    shown = (lambda text: text) if revealed else (lambda text: masking.about(text, customer))
    is_said = decision.rule_key == PERSON or row.state in (OutboxState.SENT, OutboxState.UNKNOWN, OutboxState.FAILED)
    return Line(
        title=title,
        state=row.get_state_display(),
        tint=tint,
        icon=icon,
        at=row.sent_at or row.due_at or row.changed_at,
        detail=row_detail(row, decision.why),
        to=to,
        row_id=row.pk,
        subject=shown(row.subject_text) if is_said else "",
        text=shown(row.body_text) if is_said else "",
        acts=tuple(acts_for(row)),
    )


def row_detail(row: OutboxRow, why: str) -> str:
    """Return in words when a row leaves and why then, or why it did not."""
    if row.state == OutboxState.SCHEDULED:
        if row.attempts:
            return f"Tried {row.attempts} times; {reason_words(row.reason) or 'it is tried again'}"
        return Why(why).label if why else ""
    if row.state == OutboxState.AWAITING_APPROVAL:
        return "Leaves by itself if nobody decides" if row.due_at else "Does not leave before a person approves"
    if row.state == OutboxState.SENT:
        came_back = " It came back." if row.bounced_at else ""
        return ("The text is no longer kept." if row.text_removed_at else "") + came_back
    return reason_words(row.reason)


def _to(audience: str, channel: str) -> str:
    by = CHANNELS[channel].label if channel in CHANNELS else channel
    who = "customer" if audience == Audience.CUSTOMER else TO_WHOM.get(Audience(audience), audience)
    return f"to the {who} by {by}" if by else f"to the {who}"
