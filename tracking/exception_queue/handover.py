"""Cases that change hands because their owner is not there: away, gone for good, or at the end of a shift."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet

from tracking.domain_events import News, publish
from tracking.exception_queue import operations
from tracking.exception_queue.clocks import facts_for_rules
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.moves import Moves, lock_open
from tracking.models import Absence, ExceptionCase, ShiftHandover, Shipment, TeamMember
from tracking.models.case import OPEN
from tracking.routing.operations import Desk
from tracking.routing.shifts import last_end, next_start
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind

BATCH = 200
BREACHING = timedelta(hours=1)
REPORTED_WITHIN = timedelta(hours=12)  # the end of a shift is told late after a stop of the machine, but not days later
USUAL_BREAK = timedelta(hours=24)  # "due before the person is back" for who has no further shift


@dataclass(slots=True)
class HandedOver:
    """What a look at people led to."""

    cases: int = 0
    shifts: int = 0


def look_at_people(*, now: datetime) -> HandedOver:
    """Hand over the cases of who is away or gone since the last look, and report the shifts that ended."""
    total = HandedOver()
    for absence in _begun(now):
        total.cases += hand_over(
            user_id=absence.user_id, deputy_id=absence.deputy_id, now=now, why=f"{absence.user} is away."
        )
        Absence.objects.filter(pk=absence.pk).update(handed_over_at=now)
    for user in _gone():
        total.cases += hand_over(user_id=user.pk, deputy_id=None, now=now, why=f"{user}'s login is closed.")
    total.shifts = report_ended_shifts(now=now)
    return total


def _begun(now: datetime) -> QuerySet[Absence]:
    lasting = Q(ends_at=None) | Q(ends_at__gt=now)
    return (
        Absence.objects.filter(lasting, starts_at__lte=now, handed_over_at=None).select_related("user").order_by("pk")
    )


def _gone() -> QuerySet[User]:
    """People whose login is closed and who still own open cases; asked person by person, not case by case."""
    owned = ExceptionCase.objects.filter(OPEN, owner=OuterRef("pk"))
    return User.objects.filter(Exists(owned), is_active=False).order_by("pk")


def hand_over(*, user_id: int, deputy_id: int | None, now: datetime, why: str) -> int:
    """Give the open cases of a person to their deputy, or let rules and team find somebody; return how many.

    One activity a case. Where a person had chosen the owner the case stays in its team, and the activity says so.
    """
    done = 0
    while True:
        part = _hand_over_some(user_id=user_id, deputy_id=deputy_id, now=now, why=why)
        done += part
        if part < BATCH:
            return done


@whole
def _hand_over_some(*, user_id: int, deputy_id: int | None, now: datetime, why: str) -> int:
    owned = ExceptionCase.objects.filter(OPEN, owner_id=user_id).order_by("time_left_at", "id")
    cases = lock_open(owned.values_list("pk", flat=True)[:BATCH])
    if not cases:
        return 0
    desk, moves = Desk(), Moves(now)
    deputy = _present(deputy_id, user_id, desk, now)
    parcels = Shipment.objects.select_related("order").in_bulk([case.shipment_id for case in cases])
    for case in cases:
        if case.owner_id == user_id:
            _give_away(case, parcels[case.shipment_id], deputy, desk, moves, why)
    moves.write()
    desk.save()
    return len(cases)


def _present(deputy_id: int | None, user_id: int, desk: Desk, now: datetime) -> User | None:
    """The deputy, if they can take cases: not the person again, not gone, not away."""
    if deputy_id in (None, user_id):
        return None
    deputy = User.objects.filter(pk=deputy_id, is_active=True).first()
    return deputy if deputy and not desk.is_away(deputy.pk, now) else None


def _give_away(case: ExceptionCase, parcel: Shipment, deputy: User | None, desk: Desk, moves: Moves, why: str) -> None:
    before = {"owner_id": case.owner_id, "team_id": case.team_id, "owner_set_by_person": case.owner_set_by_person}
    was = {case.owner_id} if case.owner_id else set()
    if deputy:
        case.owner_id, words = deputy.pk, f"{deputy} is the deputy."
    elif case.owner_set_by_person:
        case.owner_id = desk.anybody_of(case.team_id, moves.now, but_not=was)
        words = "A person had chosen the owner, so it stays with the team."
    else:
        rule = desk.rule_for(facts_for_rules(case, parcel))
        case.team_id, case.routed_by_id, case.routed_by_version = rule.team_id, rule.id or None, rule.version
        case.owner_id = desk.owner_for(rule, moves.now, but_not=was)
        words = f"Routed again by rule {rule.position}, version {rule.version}."
    if case.owner_id is None:
        words += " Nobody is on shift: it is unowned."
    case.owner_set_by_person = case.owner_set_by_person and deputy is not None
    after = {"owner_id": case.owner_id, "team_id": case.team_id, "owner_set_by_person": case.owner_set_by_person}
    changed = [name for name in before if before[name] != after[name]]
    moves.note(
        case,
        ActivityKind.HANDED_OVER,
        {name: before[name] for name in changed},
        {name: after[name] for name in changed},
        f"{why} {words}",
    )
    moves.tell(case, "case.handed_over", was=before["owner_id"], note=f"{why} {words}")


# -- the end of a shift ------------------------------------------------------------------------------------------------


def report_ended_shifts(*, now: datetime) -> int:
    """Write down what people left open whose shift ended, each shift once; return how many."""
    rows = TeamMember.objects.filter(user__is_active=True, shifts__isnull=False).distinct().order_by("pk")
    ended = {}
    for member in rows.select_related("team", "user").prefetch_related("shifts"):
        if end := last_end(member, now, REPORTED_WITHIN):
            ended[member] = end
    known = set(ShiftHandover.objects.filter(ended_at__gt=now - REPORTED_WITHIN).values_list("member_id", "ended_at"))
    return sum(
        _report(member=member, ended_at=end, now=now) for member, end in ended.items() if (member.pk, end) not in known
    )


@whole
def _report(*, member: TeamMember, ended_at: datetime, now: datetime) -> bool:
    back_at = next_start(member, ended_at)
    owned = ExceptionCase.objects.filter(OPEN, owner_id=member.user_id).order_by("time_left_at", "id")
    cases = list(owned.values_list("pk", "time_left_at"))
    row, is_new = ShiftHandover.objects.get_or_create(
        member=member,
        ended_at=ended_at,
        defaults={
            "back_at": back_at,
            "open_ids": [key for key, _ in cases],
            "due_ids": [key for key, left in cases if left < (back_at or ended_at + USUAL_BREAK)],
            "breaching_ids": [key for key, left in cases if left <= ended_at + BREACHING],
        },
    )
    if is_new:
        publish([News("shift.ended", now, payload=_digest(row))])
    return is_new


def _digest(row: ShiftHandover) -> dict[str, object]:
    return {
        "handover": row.pk,
        "user": row.member.user_id,
        "team": row.member.team_id,
        "ended_at": row.ended_at.isoformat(),
        "back_at": row.back_at.isoformat() if row.back_at else None,
        "open": len(row.open_ids),
        "due": len(row.due_ids),
        "breaching": len(row.breaching_ids),
        "open_ids": row.open_ids,
        "due_ids": row.due_ids,
        "breaching_ids": row.breaching_ids,
    }


def take_over(*, handover_id: int, case_ids: Iterable[int], actor: User, now: datetime) -> operations.BulkResult:
    """Make the actor the owner of cases that somebody left at the end of a shift; those that moved on are skipped.

    Raises ActionRefused, and ShiftHandover.DoesNotExist.
    """
    row = ShiftHandover.objects.select_related("member").get(pk=handover_id)
    if row.member.user_id == actor.pk:
        raise ActionRefused("These cases are yours.")
    wanted = set(case_ids) & set(row.open_ids)
    theirs = ExceptionCase.objects.filter(OPEN, pk__in=wanted, owner_id=row.member.user_id)
    ids = set(theirs.values_list("pk", flat=True))
    result = operations.in_bulk(operations.assign, ids, actor=actor, owner=actor, now=now)
    moved_on = "Somebody else has it by now, or it is resolved."
    result.skipped += [(case_id, moved_on) for case_id in sorted(wanted - ids)]
    if result.done:
        ShiftHandover.objects.filter(pk=row.pk).update(taken_by=actor, taken_at=now)
    return result
