"""Tells a parcel's story: hands each event, in order, to the rule that is in force at that point."""

from collections.abc import Iterable

from tracking.status.after_end import reopens, tell_after_end
from tracking.status.direction import next_status
from tracking.status.evidence import evidence_rank, is_physical, is_word_of_a_person
from tracking.status.ordering import Placed
from tracking.status.story import RETURN_STATUSES, Scan, Story
from tracking.vocabulary import MOVING_MILESTONES, SILENT_MILESTONES, Milestone, Turn


def tell(placed: Iterable[Placed], without: frozenset[int] = frozenset()) -> Story:
    """Return the story of events in order; those in `without` keep their evidence, but their status does not count."""
    story = Story()
    for position, one in enumerate(placed):
        if is_word_of_a_person(one.event):
            _hear_person(story, one)
        else:
            _hear_report(story, position, one, one.event.identity not in without)
    return story


def _hear_person(story: Story, placed: Placed) -> None:
    if placed.event.settles:
        story.moved_after_end_at = None
    if placed.event.is_correction and placed.event.corrected_status:
        story.correct(placed)


def _hear_report(story: Story, position: int, placed: Placed, decides: bool) -> None:
    event = placed.event
    story.weigh(evidence_rank(event), placed.at)
    story.remember_cause(event)
    physical = is_physical(event)
    if decides and event.milestone not in SILENT_MILESTONES and (physical or event.milestone not in MOVING_MILESTONES):
        _decide(story, placed)
    if physical:
        back = story.is_returning or event.milestone in RETURN_STATUSES
        story.scans.append(Scan(position, placed.at, event, back))
        story.passed_first_scan |= event.milestone != Milestone.FIRST_SCAN


def _decide(story: Story, placed: Placed) -> None:
    if placed.event.turn == Turn.RETURN_CANCELLED:
        story.turn_round()
    if story.is_ended and not reopens(story, placed):
        tell_after_end(story, placed)
        return
    status = next_status(story, placed.event)
    if status:
        story.stand(status, placed)
