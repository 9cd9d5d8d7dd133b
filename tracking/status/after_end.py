"""What still counts once a parcel was delivered, returned or cancelled."""

from tracking.status.evidence import is_physical
from tracking.status.ordering import Placed, surely_after
from tracking.status.story import Story
from tracking.vocabulary import Milestone, ShipmentStatus

_GOES_BACK = frozenset({Milestone.RETURNING, Milestone.RETURNED})


def reopens(story: Story, placed: Placed) -> bool:
    """Return whether a scan brings a voided label back to life: only a cancellation before any scan is undone so."""
    return story.status == ShipmentStatus.CANCELLED and story.is_void and is_physical(placed.event)


def tell_after_end(story: Story, placed: Placed) -> None:
    """Take one event that comes after the end.

    A return is taken; a delivery moves the time (and ends the doubt about movement in between); another scan or an
    exception leaves the status and is remembered as movement after the end. A report of the day alone is no news about
    an end of that same day.
    """
    event = placed.event
    if event.milestone in _GOES_BACK:
        story.stand(event.milestone, placed)
    elif story.ended_at is None or not surely_after(placed, story.ended_at):
        return
    elif event.milestone == Milestone.DELIVERED:
        story.stand(ShipmentStatus.RETURNED if story.is_returning else ShipmentStatus.DELIVERED, placed)
    elif is_physical(event) or event.milestone == Milestone.EXCEPTION:
        story.moved_after_end_at = story.moved_after_end_at or placed.at
