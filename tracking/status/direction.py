"""What an event's milestone means given where the parcel stands and which way it travels."""

from tracking.status.contract import EventFact
from tracking.status.story import Story
from tracking.vocabulary import Milestone

_ON_THE_WAY_BACK = {
    Milestone.DELIVERED: Milestone.RETURNED.value,
    Milestone.RETURNED: Milestone.RETURNED.value,
    Milestone.CANCELLED: Milestone.CANCELLED.value,
}


def next_status(story: Story, event: EventFact) -> str:
    """Return the status an event gives a parcel that has not ended; "" when it changes nothing.

    On the way back everything keeps it going back, and delivery means that it came back. A label says nothing about a
    parcel that has been scanned; a first scan of one that already moved (a hand-over) is movement.
    """
    if event.milestone == Milestone.LABEL_CREATED:
        return "" if story.scans else Milestone.LABEL_CREATED.value
    if story.is_returning:
        return _ON_THE_WAY_BACK.get(Milestone(event.milestone), Milestone.RETURNING.value)
    if event.milestone == Milestone.FIRST_SCAN and story.passed_first_scan:
        return Milestone.IN_TRANSIT.value
    return event.milestone
