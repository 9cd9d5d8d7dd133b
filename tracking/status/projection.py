"""All that was told about one parcel, made into what is true of it: pure, whatever the order of arrival."""

from collections.abc import Iterable
from datetime import datetime

from tracking.status import snapshots
from tracking.status.contract import EventFact, ObservationFact, ShipmentState
from tracking.status.evidence import is_word_of_a_person, word_for
from tracking.status.ordering import DAY, Timeline, timeline
from tracking.status.reasons import attempts, reasons
from tracking.status.sources import conflict_since, outranked_ends, voices
from tracking.status.story import Story
from tracking.status.telling import tell
from tracking.vocabulary import Milestone, Precision, ShipmentStatus


def project(
    events: Iterable[EventFact],
    observations: Iterable[ObservationFact] = (),
    *,
    label_told_at: datetime | None = None,
) -> ShipmentState:
    """Return the state of one parcel from all its events and each source's latest observation.

    Datetimes in and out are aware UTC. Any permutation, repetition or split of the input gives the same state; there is
    no clock in it: reports from the future are told by their first receipt. `label_told_at` is when the label was made,
    where a platform or shop tells it without an event: no scan of that day counts as before it.
    """
    line = timeline(events, label_told_at)
    story = tell(line.placed, outranked_ends(line.placed))
    seen = snapshots.ranked(observations)
    heard = voices(line.placed, story)
    first_scan_at, label_at = _starts(line, story)
    found = reasons(line.placed, story.scans)
    shown = snapshots.estimate(seen, first_scan_at)
    proof = snapshots.proof(seen, _delivery(story)) if story.delivered_at else snapshots.Proof()
    deciding = story.deciding
    return ShipmentState(
        status=str(story.status),
        status_at=deciding.at if deciding else None,
        status_precision=deciding.event.precision if deciding else Precision.INSTANT.value,
        status_identity=deciding.event.identity if deciding else 0,
        status_local_date=deciding.event.local_date if deciding else None,
        reason=story.reason,
        is_hint=deciding.event.hint if deciding else False,
        evidence=word_for(story.evidence.rank),
        evidence_at=story.evidence.at,
        label_at=label_at,
        first_scan_at=first_scan_at,
        first_scan_precision=story.scans[0].event.precision if story.scans else Precision.INSTANT.value,
        last_scan_at=max(story.scans[-1].at, first_scan_at) if story.scans and first_scan_at else None,
        last_event_at=max((one.at for one in line.placed if not is_word_of_a_person(one.event)), default=None),
        last_place=snapshots.last_place(scan.event for scan in reversed(story.scans)),
        out_for_delivery_at=story.out_for_delivery_at,
        available_at=story.available_at,
        delivered_at=story.delivered_at,
        ended_at=story.ended_at,
        returning_since=story.returning_since,
        is_returning=story.is_returning,
        reasons=found,
        moved_after_end_at=story.moved_after_end_at,
        holds_messages=story.moved_after_end_at is not None,
        conflict_since=conflict_since(heard, line.placed),
        source_words=tuple(voice.word for voice in heard),
        future_identities=line.future,
        estimate_at=shown.estimate_at if shown else None,
        estimate_until=shown.estimate_until if shown else None,
        estimate_precision=shown.estimate_precision if shown else "",
        estimate_source_id=shown.source_id if shown else None,
        estimate_told=shown is not None
        and snapshots.is_tellable(shown, first_scan_at)
        and not snapshots.is_overtaken(shown, line.placed),
        return_by=next((one.return_by for one in seen if one.return_by), None),
        not_found_since=snapshots.not_found_since(seen, line.placed),
        signed_by=proof.signed_by,
        delivered_place=proof.place,
        delivered_to=proof.delivered_to,
        proof_url=proof.url,
        attempts=attempts(found),
        unmapped=sum(one.event.milestone == Milestone.UNMAPPED for one in line.placed),
        steps=tuple(story.steps),
    )


def _starts(line: Timeline, story: Story) -> tuple[datetime | None, datetime | None]:
    """Return when the parcel was first scanned and when its label existed at the latest.

    The first scan is never before the label: clocks a few hours apart move the scan; a label told a day or more after
    it is a late report.
    """
    label_at = line.label_at
    if not story.scans:
        return None, label_at
    scan_at = story.scans[0].at
    if label_at is None or label_at <= scan_at:
        return scan_at, label_at
    return (label_at, label_at) if label_at - scan_at < DAY else (scan_at, scan_at)


def _delivery(story: Story) -> EventFact | None:
    """Return the event that made the delivery, if it is the deciding one."""
    if story.deciding is None or story.status != ShipmentStatus.DELIVERED:
        return None
    return story.deciding.event
