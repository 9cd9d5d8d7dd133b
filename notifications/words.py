"""Messages in words for colleagues: what became of them, why, to whom. Pure but for the names it is given."""

from notifications.models import OutboxRow
from notifications.vocabulary import Audience, OutboxState, Withheld

STATE_LOOK: dict[str, tuple[str, str]] = {
    OutboxState.SCHEDULED: ("move", "schedule_send"),
    OutboxState.AWAITING_APPROVAL: ("med", "drafts"),
    OutboxState.SENDING: ("move", "outgoing_mail"),
    OutboxState.SENT: ("ok", "mark_email_read"),
    OutboxState.SUPERSEDED: ("low", "update"),
    OutboxState.CANCELLED: ("low", "cancel"),
    OutboxState.FAILED: ("crit", "error"),
    OutboxState.UNKNOWN: ("high", "help"),
}
"""Tint and icon of each state."""
WITHHELD_LOOK = ("high", "mail_off")
TO_WHOM = {
    Audience.CUSTOMER: "customer",
    Audience.OWNER: "owner of the case",
    Audience.TEAM: "team of the case",
    Audience.NAMED: "named address",
    Audience.SYSTEM: "connected service",
}
PERSON = "person"
"""In place of a rule's key: a colleague wrote it."""
_CANCELLED = "cancelled"


def reason_words(reason: str) -> str:
    """Return why a row did not leave: a stored code in words, a stored sentence as it is, "" for none."""
    if reason in Withheld.values:
        return Withheld(reason).label
    return "A person withdrew it" if reason == _CANCELLED else reason


def title_of(rule_key: str, names: dict[str, str]) -> str:
    """Return what a message is called: its rule's name, or for a rule that is gone its key in words."""
    if not rule_key:
        return "Change of status"
    return names.get(rule_key) or rule_key.replace("_", " ").capitalize()


def acts_for(row: OutboxRow) -> list[tuple[str, str, str]]:
    """Return what a person may do with a row now: name of the act, words on the button, its icon; the usual first."""
    if row.rule_key == PERSON and row.state == OutboxState.SCHEDULED:
        return [("cancel", "Undo", "undo")]
    found: dict[str, list[tuple[str, str, str]]] = {
        OutboxState.SCHEDULED: [("send_now", "Send now", "send"), ("cancel", "Cancel", "close")],
        OutboxState.AWAITING_APPROVAL: [("approve", "Approve", "check"), ("cancel", "Do not send", "close")],
        OutboxState.UNKNOWN: [("it_was_sent", "It was sent", "check"), ("send_again", "Send again", "send")],
        OutboxState.FAILED: [("retry", "Try again", "refresh")],
    }
    return found.get(row.state, [])
