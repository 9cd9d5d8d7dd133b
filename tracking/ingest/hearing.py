"""When sources are heard, hour by hour, and how long they are usually quiet."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil

from django.db import connection

from tracking.models import InboundMessage, Source

WEEKS = 4
NOTE = """
INSERT INTO tracking_feedhour (source_id, hour_at, heard, first_at, last_at)
SELECT source_id, date_trunc('hour', at, 'UTC') AS hour_at, count(*), min(at), max(at)
FROM unnest(%s::bigint[], %s::timestamptz[]) AS told (source_id, at)
GROUP BY 1, 2 ORDER BY 1, 2
ON CONFLICT (source_id, hour_at) DO UPDATE SET heard = tracking_feedhour.heard + excluded.heard,
    first_at = least(tracking_feedhour.first_at, excluded.first_at),
    last_at = greatest(tracking_feedhour.last_at, excluded.last_at)
"""
# The same hour of the four weeks before, each with what was heard in it and the gaps between heard hours that touch it.
QUIET = """
WITH gaps AS (
    SELECT last_at AS began_at, lead(first_at) OVER (ORDER BY hour_at) AS ended_at, hour_at, heard
    FROM tracking_feedhour WHERE source_id = %(source)s AND hour_at > %(since)s
), hours AS (SELECT unnest(%(hours)s::timestamptz[]) AS hour_at)
SELECT
    (SELECT COALESCE(sum(greatest(gaps.heard - 1, 0)), 0) FROM gaps JOIN hours USING (hour_at)),
    ARRAY(SELECT gaps.ended_at - gaps.began_at FROM gaps JOIN hours
          ON gaps.began_at < hours.hour_at + interval '1 hour' AND gaps.ended_at > hours.hour_at)
"""


def note_heard(told: Iterable[tuple[int, datetime]]) -> None:
    """Count moments (source id, aware UTC) at which sources were heard. One statement."""
    rows = list(told)
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(NOTE, [[pk for pk, _ in rows], [at for _, at in rows]])


def first_hearings(messages: Iterable[InboundMessage]) -> list[tuple[int, datetime]]:
    """Return when messages were received that are worked for the first time; reading one again is no hearing."""
    return [(row.source_id, row.received_at) for row in messages if row.attempts <= 1 and not row.is_replay]


def last_heard(source: Source, *, answers_count: bool) -> datetime | None:
    """Return when a source was last heard: a message, or (where we ask it) an answer."""
    moments = [source.last_message_at, source.last_success_at if answers_count else None]
    return max((at for at in moments if at), default=None)


def usual_gap(source_id: int, now: datetime) -> timedelta:
    """Return the 99th percentile of the gaps around this hour of this weekday (UTC), over the last 28 days.

    Zero when it is below an hour or nothing is known. Gaps inside an hour are only counted: what they last is below an
    hour in any case.
    """
    hour = now.replace(minute=0, second=0, microsecond=0)
    hours = [hour - timedelta(weeks=week) for week in range(1, WEEKS + 1)]
    with connection.cursor() as cursor:
        cursor.execute(QUIET, {"source": source_id, "hours": hours, "since": hour - timedelta(weeks=WEEKS, days=7)})
        short, between = cursor.fetchone()
    return percentile_99(short, between)


def percentile_99(short: int, between: Iterable[timedelta]) -> timedelta:
    """Return the smallest gap that 99 of 100 do not exceed: `short` gaps of no length worth knowing, and others."""
    gaps = sorted(between)
    rank = ceil(0.99 * (short + len(gaps))) - short
    return gaps[rank - 1] if rank > 0 else timedelta(0)
