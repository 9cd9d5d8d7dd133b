"""Sources that have fallen silent: found, reported once, and over as soon as they are heard again."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from tracking.connectors.registry import get
from tracking.domain_events import News, publish
from tracking.ingest.allowance import OPENS_AFTER
from tracking.ingest.hearing import last_heard, usual_gap
from tracking.ingest.reconciliation import note_losing
from tracking.models import ExceptionCase, FeedIncident, PollState, Source
from tracking.shipments.feeders import Fed, count_fed, look_again
from tracking.transactions import alone, whole
from tracking.vocabulary import FeedState

LOCK = "feeds"
SHORTEST = timedelta(hours=6)
TIMES_USUAL = 4
FEWEST_PARCELS = 20
ASKED_LATE = timedelta(minutes=10)  # a question that is due for longer than this should have been asked
COUNT_EVERY = timedelta(minutes=10)  # how often the parcels of a source in trouble are counted


@dataclass(slots=True)
class Watched:
    """What a look at all sources led to: incidents opened and closed."""

    opened: int = 0
    closed: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a source counts as silent, since when, and which silence would have been too long."""

    reason: str
    began_at: datetime
    limit: timedelta | None = None


def watch_feeds(*, now: datetime) -> Watched:
    """Open an incident for each source that fell silent while 20 active parcels or more depend on it, close those that
    are over, at `now` (aware UTC), and say of each source whether its webhooks are being lost.

    One watcher at a time; a few queries while all sources are well.
    """
    done = Watched()
    with alone(LOCK) as is_ours:
        if not is_ours:
            return done
        sources = {row.pk: row for row in Source.objects.order_by("pk")}
        incidents = {row.source_id: row for row in FeedIncident.objects.filter(ended_at=None)}
        for source_id, incident in incidents.items():
            done.closed += _close_if_over(incident, sources[source_id], now)
        silent = {pk for pk, row in incidents.items() if row.ended_at is None}
        for source in sources.values():
            if source.pk not in incidents and (trouble := trouble_of(source, now)):
                done.opened += _open(source, trouble, silent, now)
        note_losing(now=now)
    return done


def trouble_of(source: Source, now: datetime) -> Trouble | None:
    """Return why a source counts as silent at `now`, None when it can be heard or nothing is awaited of it.

    Silent: three failed calls in a row and nothing heard since the first of them, or no message for longer than 6 h and
    four times the usual gap of this weekday and hour.
    """
    if not is_awaited(source):
        return None
    heard = last_heard(source, answers_count=_is_asked(source))
    failing = source.failing_since
    if source.failures_in_a_row >= OPENS_AFTER and failing and (heard is None or heard < failing):
        return Trouble(FeedIncident.Reason.FAILED_POLLS, failing)
    if heard is None or now - heard <= SHORTEST or _rests(source, now):
        return None
    limit = max(SHORTEST, TIMES_USUAL * usual_gap(source.pk, now))
    return Trouble(FeedIncident.Reason.SILENT, heard, limit) if now - heard > limit else None


def is_awaited(source: Source) -> bool:
    """True when news of a source is to be expected: it is active, and asked or pushes."""
    pushes = not source.is_sealed and bool(source.all_settings().get("webhook_secret"))
    return source.is_active and (source.polling_is_on or pushes)


def _is_asked(source: Source) -> bool:
    return source.polling_is_on and get(source.kind).poll.style != "none"


def _rests(source: Source, now: datetime) -> bool:
    """True when a source answers our questions and none is due: about few parcels we ask seldom."""
    if get(source.kind).poll.style != "numbers" or not source.polling_is_on or source.last_success_at is None:
        return False
    is_used_up = source.quota_remaining == 0 and source.quota_resets_at and source.quota_resets_at > now
    if source.failures_in_a_row or is_used_up:
        return False
    return not PollState.objects.filter(source=source, next_poll_at__lte=now - ASKED_LATE).exists()


def _open(source: Source, trouble: Trouble, silent: set[int], now: datetime) -> int:
    """Open the incident if enough parcels depend on the source."""
    if source.parcels_counted_at and now - source.parcels_counted_at < COUNT_EVERY:
        return 0
    fed = count_fed(source.pk, silent=silent | {source.pk}, now=now)
    if fed.parcels < FEWEST_PARCELS:
        Source.objects.filter(pk=source.pk).update(parcels_counted_at=now)
        return 0
    _write_incident(source=source, trouble=trouble, fed=fed, now=now)
    silent.add(source.pk)
    return 1


@whole
def _write_incident(*, source: Source, trouble: Trouble, fed: Fed, now: datetime) -> None:
    look_again(source.pk, now=now)
    incident = FeedIncident.objects.create(
        source=source,
        reason=trouble.reason,
        began_at=trouble.began_at,
        opened_at=now,
        parcels=fed.parcels,
        parcels_alone=fed.alone,
        limit=trouble.limit,
    )
    state = FeedState.SILENT if trouble.reason == FeedIncident.Reason.SILENT else FeedState.FAILING
    Source.objects.filter(pk=source.pk).update(feed_state=state, parcels_counted_at=None)
    publish([_news("feed.incident_opened", incident, source, now)])


def _close_if_over(incident: FeedIncident, source: Source, now: datetime) -> int:
    because = _end_of(incident, source, now)
    if because:
        _end_incident(incident=incident, source=source, because=because, now=now)
    return int(bool(because))


def _end_of(incident: FeedIncident, source: Source, now: datetime) -> str:
    heard = last_heard(source, answers_count=_is_asked(source))
    if heard and heard > incident.began_at:
        return FeedIncident.Ended.HEARD
    if not is_awaited(source):
        return FeedIncident.Ended.NO_LONGER_ASKED
    if source.parcels_counted_at and now - source.parcels_counted_at < COUNT_EVERY:
        return ""
    Source.objects.filter(pk=source.pk).update(parcels_counted_at=now)
    is_idle = not count_fed(source.pk, silent=[source.pk], now=now).parcels
    return FeedIncident.Ended.NO_PARCELS if is_idle else ""


@whole
def _end_incident(*, incident: FeedIncident, source: Source, because: str, now: datetime) -> None:
    look_again(source.pk, now=now)
    incident.ended_at, incident.ended_because = now, because
    incident.save(update_fields=["ended_at", "ended_because"])
    Source.objects.filter(pk=source.pk, feed_state=FeedState.SILENT).update(feed_state=FeedState.OK)
    Source.objects.filter(pk=source.pk).update(parcels_counted_at=None)
    publish([_news("feed.incident_closed", incident, source, now)])


def _news(kind: str, incident: FeedIncident, source: Source, now: datetime) -> News:
    payload = {
        "incident": incident.pk,
        "source": source.pk,
        "source_name": str(source),
        "reason": incident.reason,
        "began_at": incident.began_at.isoformat(),
        "ended_because": incident.ended_because,
        "parcels": incident.parcels,
        "parcels_alone": incident.parcels_alone,
        "cases": ExceptionCase.objects.filter(incident=incident).count(),
    }
    return News(kind, now, payload=payload)
