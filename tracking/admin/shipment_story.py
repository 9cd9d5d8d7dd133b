"""The story of one parcel in lines, as the shipment page shows it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tracking.admin.reader import Reader
from tracking.detectors import words
from tracking.detectors.contract import Watch
from tracking.exception_queue.concerns import Decided
from tracking.models import CaseActivity, StatusChange, TrackingEvent
from tracking.shipments.queries import Entry, Story, written
from tracking.vocabulary import ActivityKind, Precision

LATE_NEWS = timedelta(hours=1)
SIGNAL_NOTES = frozenset({ActivityKind.SIGNAL_ADDED, ActivityKind.SIGNAL_CLEARED})


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `moment` as exact as known, `note` under it, `sentence` what the customer read from then on."""

    kind: str
    subject: Any
    iso: str
    moment: str
    note: str = ""
    heard_later: str = ""
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class WatchLine:
    """What one detector says of the parcel now, in words."""

    kind: str
    fired: str
    due: str
    words: str
    windows: tuple[Decided, ...] = ()  # which rows decided its windows


def lines(story: Story, reader: Reader, language: str) -> list[Line]:
    """The story's entries as lines, newest first."""
    return [_line(entry, reader, language) for entry in story.entries if not _is_repeated(entry)]


def _is_repeated(entry: Entry) -> bool:
    """A case notes every signal it gains or loses; the signals have lines of their own here."""
    return isinstance(entry.subject, CaseActivity) and entry.subject.kind in SIGNAL_NOTES


def _line(entry: Entry, reader: Reader, language: str) -> Line:
    subject, iso = entry.subject, entry.at.isoformat(timespec="seconds")
    if isinstance(subject, TrackingEvent):
        return _event(subject, iso, reader)
    if isinstance(subject, StatusChange):
        return Line(entry.kind, subject, iso, reader.moment(entry.at), sentence=written(subject, language))
    return Line(entry.kind, subject, iso, reader.moment(entry.at))


def _event(event: TrackingEvent, iso: str, reader: Reader) -> Line:
    later = event.received_at - event.occurred_at
    heard = words.duration(later) if event.precision == Precision.INSTANT and later >= LATE_NEWS else ""
    if event.precision == Precision.DATE:
        day = event.local_date or reader.local(event.occurred_at).date()
        return Line("event", event, day.isoformat(), f"{day:%a} {day.day} {day:%b}", "day only")
    note = "place's own time" if event.precision == Precision.LOCAL else ""
    return Line("event", event, iso, reader.moment(event.occurred_at), note, heard)


def watch_lines(watches: Iterable[Watch], reader: Reader, decided: Mapping[str, Sequence[Decided]]) -> list[WatchLine]:
    """What every detector says, those that fired first, then by when they would fire.

    `decided`: by kind, which rows decided its windows.
    """
    return [_watch(watch, reader, decided.get(watch.kind, ())) for watch in sorted(watches, key=_urgency)]


def _urgency(watch: Watch) -> tuple[int, float, str]:
    if watch.signal is not None:
        return 0, watch.signal.since.timestamp(), watch.kind
    return (1, watch.due_at.timestamp(), watch.kind) if watch.due_at else (2, 0.0, watch.kind)


def _watch(watch: Watch, reader: Reader, decided: Sequence[Decided]) -> WatchLine:
    said = (watch.value, f"window: {watch.window}" if watch.window else "", watch.why_not)
    return WatchLine(
        kind=watch.kind,
        fired=reader.moment(watch.signal.since) if watch.signal else "",
        due=reader.moment(watch.due_at) if watch.due_at else "",
        words=" · ".join(part for part in said if part),
        windows=tuple(decided),
    )
