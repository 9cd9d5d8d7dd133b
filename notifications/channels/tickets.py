"""What help desks have in common: how a case reads in a ticket, a ticket that is gone. Pure."""

from notifications.channels.card import CaseCard
from notifications.channels.contract import PermanentFailure


class TicketGone(PermanentFailure):
    """A person deleted the ticket at the desk. It is not made again unless a person asks for it."""


def description(card: CaseCard, key: str) -> str:
    """Return the first comment of a ticket: the whole case in words."""
    due = f"{card.next_action_due_at:%Y-%m-%d %H:%M} UTC"
    lines = (
        f"{card.title} ({card.severity_words})",
        f"Why: {card.why}" if card.why else "",
        f"Parcel: {card.parcel}",
        f"The customer reads: {card.sentence or 'nothing yet'}",
        f"Customer told: {card.told}",
        f"Owner: {card.owner or 'nobody'} ({card.team})",
        f"Next: {card.next_action}, due {due}",
        f"Case: {card.url}",
        f"Ref. {key}",
    )
    return "\n".join(line for line in lines if line)


def comment(card: CaseCard, key: str) -> str:
    """Return what happened to a case as a comment."""
    due = f"{card.next_action_due_at:%Y-%m-%d %H:%M} UTC"
    standing = f"Next: {card.next_action}, due {due}" if card.is_open else f"Outcome: {card.outcome}"
    return "\n".join((card.happened, f"Owner: {card.owner or 'nobody'}", standing, f"Case: {card.url}", f"Ref. {key}"))
