"""When a message leaves, and why then. Pure: the moment is passed in."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from notifications.rules.contract import Desk, Rule
from notifications.vocabulary import Approval, Why
from tracking.calendars.days import ONE_DAY, at_local, local_day
from tracking.vocabulary import CareLevel

MINUTE = timedelta(minutes=1)


class Timing(NamedTuple):
    """When (aware UTC, None = not before somebody approves), what decided it, and who must agree."""

    send_at: datetime | None
    why: str
    approval: str


def timing(
    rule: Rule, *, now: datetime, zone: str, care_level: str, undo_seconds: int, is_digest: bool, desk: Desk
) -> Timing:
    """Work out when a message leaves. `undo_seconds` > 0: a person's action caused it and may be undone that long."""
    send_at, why = now + rule.delay_minutes * MINUTE, Why.DELAY if rule.delay_minutes else Why.NOW
    if undo_seconds and send_at < now + timedelta(seconds=undo_seconds):
        send_at, why = now + timedelta(seconds=undo_seconds), Why.DELAY
    if is_digest and send_at < now + rule.digest_minutes * MINUTE:
        send_at, why = now + rule.digest_minutes * MINUTE, Why.DIGEST
    awake = after_quiet_hours(rule, send_at, zone)
    if awake > send_at:
        send_at, why = awake, Why.QUIET_HOURS
    approval = rule.high_care_approval if care_level == CareLevel.HIGH else rule.approval
    if approval == Approval.APPROVE:
        return Timing(None, Why.APPROVAL, approval)
    if approval == Approval.APPROVE_OR_SEND:
        agreed = desk.working(now, rule.approval_minutes / 60) if desk.working else now + rule.approval_minutes * MINUTE
        return Timing(after_quiet_hours(rule, max(agreed, send_at), zone), Why.APPROVAL, approval)
    return Timing(send_at, why, approval)


def after_quiet_hours(rule: Rule, at: datetime, zone: str) -> datetime:
    """Return `at` (aware) itself, or the end of the quiet hours it falls into (aware UTC).

    Quiet hours may pass midnight; equal ends mean none. A clock change inside them moves nothing but the clock.
    """
    start, end = rule.quiet_from, rule.quiet_until
    if start is None or end is None or start == end:
        return at
    for day in (local_day(zone, at) - ONE_DAY, local_day(zone, at)):
        last = day if start < end else day + ONE_DAY
        begins, ends = at_local(zone, day, start), at_local(zone, last, end)
        if begins <= at < ends:
            return ends.astimezone(UTC)
    return at
