"""How often a source may be called: token bucket and quota in its row, and a circuit that opens after failures."""

from datetime import datetime, timedelta

from django.db import transaction

from tracking.connectors.contract import Connector, Quota
from tracking.connectors.http import CallFailed
from tracking.ingest.hearing import note_heard
from tracking.models import Source
from tracking.vocabulary import FeedState

OPENS_AFTER = 3  # temporary failures in a row
LONGEST_BLOCK = timedelta(hours=1)
MOST_DOUBLINGS = 10  # far beyond the longest block
BURST_SHARE = 3  # a third of the calls may come at once, the rest is spread: never more than allowed in any period
FIRST_BLOCK = timedelta(minutes=2)
WRONG_CREDENTIALS_BLOCK = timedelta(minutes=15)


def take_call(source_id: int, connector: Connector, *, now: datetime) -> bool:
    """Take one call from the source's bucket; False when it is empty, its quota is used up or its circuit is open."""
    with transaction.atomic():
        source = _locked(source_id)
        if source.blocked_until and source.blocked_until > now:
            return False
        if source.quota_remaining == 0 and source.quota_resets_at and source.quota_resets_at > now:
            return False
        capacity, seconds = bucket_of(source, connector)
        if capacity == 0:
            return True
        full = float(max(capacity // BURST_SHARE, 1))
        tokens = full if source.bucket_tokens is None else source.bucket_tokens
        since = source.bucket_at or now
        tokens = min(full, tokens + max((now - since).total_seconds(), 0.0) * _rate(capacity, full, seconds))
        taken = tokens >= 1
        source.bucket_tokens, source.bucket_at = tokens - (1 if taken else 0), max(now, since)
        source.save(update_fields=["bucket_tokens", "bucket_at"])
        return taken


def _locked(source_id: int) -> Source:
    """The source's row without its secrets, which counting calls does not need."""
    return Source.objects.select_for_update(no_key=True).defer("secrets", "token").get(pk=source_id)


def _rate(capacity: int, full: float, seconds: int) -> float:
    """Tokens a second, so that a full bucket and what flows in during one period make the calls allowed."""
    return max(capacity - full, 1.0) / seconds


def bucket_of(source: Source, connector: Connector) -> tuple[int, int]:
    """Return (calls, per seconds) that apply to a source: its own setting, else the vendor's fact."""
    calls = source.calls_allowed or connector.poll.calls
    return calls, (source.period_seconds or connector.poll.per_seconds or 3600)


def note_success(source_id: int, quota: Quota, *, now: datetime) -> None:
    """Record a call that worked: the circuit closes, the vendor's word on the quota is kept."""
    changes: dict[str, object] = {
        "last_success_at": now,
        "failures_in_a_row": 0,
        "failing_since": None,
        "blocked_until": None,
    }
    if quota != Quota():
        changes |= {
            "quota_limit": quota.limit,
            "quota_remaining": quota.remaining,
            "quota_resets_at": quota.resets_at,
            "quota_told_at": now,
        }
    rows = Source.objects.filter(pk=source_id)
    rows.update(**changes)
    rows.filter(feed_state__in=[FeedState.SETUP, FeedState.FAILING]).update(feed_state=FeedState.OK)
    note_heard([(source_id, now)])


def note_failure(source_id: int, failure: CallFailed, *, now: datetime) -> datetime | None:
    """Record a call that failed; return until when the circuit is open, None when it stays closed."""
    with transaction.atomic():
        source = _locked(source_id)
        source.failures_in_a_row += 1
        source.failing_since = source.failing_since or now
        source.last_failure_at, source.last_failure = now, failure.message[:500]
        source.blocked_until = _blocked_until(failure, source.failures_in_a_row, now)
        if source.failures_in_a_row >= OPENS_AFTER or failure.kind in ("auth", "scope", "refused"):
            source.feed_state = FeedState.FAILING
        source.save(
            update_fields=[
                "failures_in_a_row",
                "failing_since",
                "last_failure_at",
                "last_failure",
                "blocked_until",
                "feed_state",
            ]
        )
        return source.blocked_until


def _blocked_until(failure: CallFailed, in_a_row: int, now: datetime) -> datetime | None:
    if failure.retry_after is not None:
        return now + timedelta(seconds=max(failure.retry_after, 1))
    if failure.kind in ("auth", "scope", "refused"):
        return now + WRONG_CREDENTIALS_BLOCK
    if failure.kind == "quota":
        return now + LONGEST_BLOCK
    if in_a_row < OPENS_AFTER:
        return None
    return now + min(FIRST_BLOCK * 2 ** min(in_a_row - OPENS_AFTER, MOST_DOUBLINGS), LONGEST_BLOCK)
