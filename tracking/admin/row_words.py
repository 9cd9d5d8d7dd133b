"""Words of the queue that are put together from several facts."""

from dataclasses import dataclass

from tracking.admin.reader import Reader
from tracking.models import CustomerKnowledge
from tracking.templatetags.shiptrack import topic_words
from tracking.vocabulary import KnowledgeState

SHOWN_SKIPPED = 20
LOOK: dict[str, tuple[str, str]] = {
    KnowledgeState.TOLD: ("", "mark_email_read"),
    KnowledgeState.SCHEDULED: ("pri", "schedule_send"),
    KnowledgeState.TO_APPROVE: ("high", "drafts"),
    KnowledgeState.WITHHELD: ("high", "mail_off"),
    KnowledgeState.FAILED: ("high", "error"),
    KnowledgeState.UNKNOWN: ("high", "help"),
}


@dataclass(frozen=True, slots=True)
class Knows:
    """What the customer was told last: icon, tint, the state in words, what it was about, and all of it on hover."""

    icon: str
    tint: str
    label: str
    detail: str
    hover: str


NEVER = Knows("visibility_off", "mute", "Never told", "", "No message about this parcel was sent, planned or withheld")


def knows(row: CustomerKnowledge | None, who: Reader) -> Knows:
    """Put the newest entry of a parcel into words; without one the customer was never told anything."""
    if row is None:
        return NEVER
    tint, icon = LOOK.get(row.state, ("mute", "help"))
    topic, reason, label = topic_words(row.topic), row.reason.replace("_", " "), row.get_state_display()
    detail = reason or f"{topic}, {who.near(row.at)}"
    hover = f"{label}: {topic}, {who.moment(row.at)}" + (f" ({reason})" if reason else "")
    return Knows(icon, tint, label, detail, hover)


def cases_in_words(many: int) -> str:
    """`1 case`, `3 cases`."""
    return f"{many} case{'' if many == 1 else 's'}"


def skipped_in_words(skipped: list[tuple[int, str]]) -> str:
    """Each reason once, with the cases it is about."""
    by_reason: dict[str, list[int]] = {}
    for case_id, why in skipped:
        by_reason.setdefault(why, []).append(case_id)
    return " ".join(f"{_listed(ids)}: {why}" for why, ids in by_reason.items())


def _listed(ids: list[int]) -> str:
    more = len(ids) - SHOWN_SKIPPED
    return ", ".join(f"C-{each}" for each in ids[:SHOWN_SKIPPED]) + (f" and {more} more" if more > 0 else "")
