"""What an event proves about the parcel being in the carrier's hands."""

from tracking.status.contract import EventFact
from tracking.vocabulary import EVIDENCE_RANK, SILENT_MILESTONES, Evidence, Milestone

# A label, a note or a code nobody understood is never a scan, whatever its row claims.
_NEVER_A_SCAN = SILENT_MILESTONES | {Milestone.LABEL_CREATED}
_BY_RANK = {EVIDENCE_RANK[word]: word.value for word in Evidence if word is not Evidence.NOT_PHYSICAL}
SCANNED = EVIDENCE_RANK[Evidence.ITEM_SCANNED]


def is_word_of_a_person(event: EventFact) -> bool:
    """Return whether the event is a correction or a settlement and not a report."""
    return event.is_correction or event.settles


def is_physical(event: EventFact) -> bool:
    """Return whether the event proves a scan of this very parcel."""
    return (
        event.evidence == Evidence.ITEM_SCANNED
        and event.milestone not in _NEVER_A_SCAN
        and not is_word_of_a_person(event)
    )


def evidence_rank(event: EventFact) -> int:
    """Return how strongly the event shows that the carrier holds the parcel; `not_physical` shows nothing."""
    if is_word_of_a_person(event):
        return 0
    if event.evidence == Evidence.ITEM_SCANNED and not is_physical(event):
        return 0
    return EVIDENCE_RANK.get(event.evidence, 0)


def word_for(rank: int) -> str:
    """Return the evidence word of a rank."""
    return _BY_RANK[rank]
