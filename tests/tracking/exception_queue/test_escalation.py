"""The ladder after a clock ran out, and acknowledged cases that nobody touches."""

from datetime import datetime, timedelta

import pytest
from django.db import connection

from tests.tracking.exception_queue.desks import HOUR, TUESDAY, join, make_case, make_ladder, make_rule, make_team
from tests.tracking.exception_queue.people import person
from tests.tracking.shipments.telling import MONDAY, ONE, event, fulfilment, order, tell
from tracking.exception_queue import operations
from tracking.exception_queue.escalation import Climbed, look_at_clocks
from tracking.exception_queue.sweep import sweep
from tracking.models import CaseActivity, DomainEvent, EscalationStep, ExceptionCase, Shipment, Team
from tracking.models.case import NO_LADDER_YET, OPEN, QUIET_UNKNOWN
from tracking.vocabulary import Severity

MINUTE = timedelta(minutes=1)


@pytest.fixture
def team(db: None) -> Team:
    team = make_team()
    make_rule(team)
    return team


def look(at: datetime) -> Climbed:
    return look_at_clocks(clock=lambda: at)


def told() -> list[tuple[int, str, dict[str, object]]]:
    """Steps of all ladders so far: number, action, who is told."""
    rows = DomainEvent.objects.filter(kind="case.escalated").order_by("id")
    return [(row.payload["step"], row.payload["action"], row.payload["target"]) for row in rows]


def test_steps_come_in_working_hours_after_the_breach_each_once(team: Team) -> None:
    ann, lee = join(team, "ann"), join(team, "lee", is_lead=True)
    make_ladder()
    case = make_case(team, ann, due=TUESDAY + 5 * HOUR)  # 15:00 in New York, two hours before the day ends
    moments = [
        (timedelta(0), 0),
        (5 * HOUR - MINUTE, 0),
        (5 * HOUR, 1),
        (5 * HOUR + MINUTE, 1),
        (6 * HOUR, 2),
        (7 * HOUR, 3),
    ]
    for wait, steps in moments:
        look(TUESDAY + wait)
        assert len(told()) == steps
    look(TUESDAY + 20 * HOUR)  # the night
    look(TUESDAY + 24 * HOUR)  # 10:00 the next day: three working hours
    assert len(told()) == 3
    look(TUESDAY + 25 * HOUR)
    look(TUESDAY + 26 * HOUR)
    assert told() == [
        (1, "notify_owner", {"users": [ann.pk]}),
        (2, "notify_lead", {"users": [lee.pk]}),
        (3, "raise_severity", {"users": [ann.pk]}),
        (4, "reassign", {"users": [lee.pk]}),
    ]
    now = ExceptionCase.objects.get()
    assert (now.severity, now.severity_steps, now.owner, now.escalation_due_at) == ("high", 1, lee, None)
    assert CaseActivity.objects.filter(case=case, kind="escalated").count() == 4
    assert now.version == case.version + 4


def test_the_first_response_clock_breaks_the_ladder_loose_too(team: Team) -> None:
    make_ladder()
    make_case(team, join(team, "ann"), due=TUESDAY, next_action_due_at=TUESDAY + 30 * HOUR)
    look(TUESDAY)
    assert len(told()) == 1


def test_who_acts_leaves_the_ladder_and_a_new_breach_begins_a_new_one(team: Team) -> None:
    ann = join(team, "ann")
    make_ladder()
    case = make_case(team, ann)
    look(TUESDAY)
    later = TUESDAY + 4 * HOUR
    operations.set_next_action(case_id=case.pk, actor=ann, now=TUESDAY + MINUTE, text="Ring them", due_at=later)
    look(TUESDAY + 3 * HOUR)
    assert [step for step, _, _ in told()] == [1]
    look(later)
    look(later + HOUR)
    assert [step for step, _, _ in told()] == [1, 1, 2]


def test_a_note_alone_does_not_stop_the_ladder_but_a_resolution_does(team: Team) -> None:
    ann = join(team, "ann")
    make_ladder()
    case = make_case(team, ann, first_responded_at=TUESDAY - HOUR)
    look(TUESDAY)
    operations.add_note(case_id=case.pk, actor=ann, now=TUESDAY + MINUTE, note="Still nobody there")
    look(TUESDAY + HOUR)
    assert len(told()) == 2
    operations.resolve(case_id=case.pk, actor=ann, now=TUESDAY + HOUR, outcome="arrived")
    look(TUESDAY + 9 * HOUR)
    assert len(told()) == 2


def test_after_a_long_stop_the_steps_keep_their_distance(team: Team) -> None:
    make_ladder()
    make_case(team, join(team, "ann"))
    morning = TUESDAY + timedelta(days=7) - HOUR  # nine o'clock
    look(morning)
    assert len(told()) == 1
    look(morning + HOUR - MINUTE)
    assert len(told()) == 1
    look(morning + HOUR)
    assert len(told()) == 2


def test_steps_of_the_same_hour_come_together(team: Team) -> None:
    make_ladder(steps=((0, "notify_owner"), (0, "notify_lead")))
    make_case(team, join(team, "ann"))
    look(TUESDAY)
    assert [action for _, action, _ in told()] == ["notify_owner", "notify_lead"]


def test_an_unowned_case_goes_to_the_lead_and_without_lead_to_the_team(team: Team) -> None:
    make_ladder(steps=((0, "notify_owner"), (1, "notify_lead")))
    make_case(team)
    look(TUESDAY)
    lee = join(team, "lee", is_lead=True)
    look(TUESDAY + HOUR)
    assert [target for _, _, target in told()] == [{"team": team.pk}, {"users": [lee.pk]}]


def test_a_critical_case_gets_no_graver_so_the_lead_is_told(team: Team) -> None:
    lee = join(team, "lee", is_lead=True)
    make_ladder("critical", ((0, "raise_severity"),))
    make_case(team, join(team, "ann"), severity="critical")
    look(TUESDAY)
    case = ExceptionCase.objects.get()
    assert (case.severity, case.severity_steps, told()[0][2]) == ("critical", 0, {"users": [lee.pk]})


@pytest.mark.parametrize(("by_person", "keeps"), [(True, True), (False, False)])
def test_the_ladder_takes_no_case_from_whom_a_person_gave_it(team: Team, by_person: bool, keeps: bool) -> None:
    ann = join(team, "ann")
    join(team, "ben")
    make_ladder(steps=((0, "reassign"),))
    make_case(team, ann, owner_set_by_person=by_person)
    look(TUESDAY)
    assert (ExceptionCase.objects.get().owner == ann) is keeps


def test_a_step_may_give_the_case_to_another_team(team: Team) -> None:
    other = make_team("night")
    make_ladder(steps=((0, "reassign"),))
    EscalationStep.objects.update(team=other)
    make_case(team, join(team, "ann"))
    look(TUESDAY)
    case = ExceptionCase.objects.get()
    assert (case.team, case.owner) == (other, None)
    nora = join(other, "nora")
    ExceptionCase.objects.update(team=team, time_left_at=TUESDAY + MINUTE)
    look(TUESDAY + MINUTE)
    assert ExceptionCase.objects.get().owner == nora


def test_no_ladder_no_step(team: Team) -> None:
    make_case(team, join(team, "ann"))
    assert look(TUESDAY + 9 * HOUR) == Climbed()
    assert ExceptionCase.objects.get().breach_at == TUESDAY


# -- quiet cases -------------------------------------------------------------------------------------------------------


def acknowledged(team: Team, **facts: object) -> ExceptionCase:
    ann = join(team, "ann")
    make_ladder(steps=(), quiet_hours=8)
    case = make_case(team, ann, due=TUESDAY + timedelta(days=20), **facts)
    return operations.acknowledge(case_id=case.pk, actor=ann, now=TUESDAY)


def test_an_acknowledged_case_that_nobody_touches_is_new_again(team: Team) -> None:
    case = acknowledged(team)
    look(TUESDAY + 24 * HOUR - MINUTE)
    assert ExceptionCase.objects.get().state == "acknowledged"
    look(TUESDAY + 24 * HOUR)  # eight working hours: seven on Tuesday, one on Wednesday
    assert ExceptionCase.objects.get().state == "new"
    line = CaseActivity.objects.filter(case=case).latest("id")
    assert (line.kind, line.note) == ("woken", "Nobody has touched it for 8 working hours.")
    assert DomainEvent.objects.filter(kind="case.went_quiet", case_id=case.pk).count() == 1
    look(TUESDAY + 50 * HOUR)
    assert DomainEvent.objects.filter(kind="case.went_quiet").count() == 1


def test_every_touch_of_a_person_begins_the_time_anew(team: Team) -> None:
    case = acknowledged(team)
    assert case.owner
    look(TUESDAY + HOUR)
    operations.add_note(case_id=case.pk, actor=case.owner, now=TUESDAY + 6 * HOUR, note="Waiting for a call")
    look(TUESDAY + 24 * HOUR)
    assert ExceptionCase.objects.get().state == "acknowledged"
    look(TUESDAY + 30 * HOUR)
    assert ExceptionCase.objects.get().state == "new"


def test_what_a_person_planned_for_later_is_no_neglect(team: Team) -> None:
    case = acknowledged(team)
    assert case.owner
    friday = TUESDAY + timedelta(days=3)
    operations.set_next_action(case_id=case.pk, actor=case.owner, now=TUESDAY, text="Ring them", due_at=friday)
    look(TUESDAY + 30 * HOUR)
    assert ExceptionCase.objects.get().state == "acknowledged"
    look(friday)
    assert ExceptionCase.objects.get().state == "new"


def test_the_time_a_case_waited_does_not_count(stage: None) -> None:
    for severity in Severity.values:
        make_ladder(severity, steps=(), quiet_hours=8)
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "refused", MONDAY), at=MONDAY)
    case, ann, until = ExceptionCase.objects.get(), person("ann"), MONDAY + 48 * HOUR
    operations.wait(case_id=case.pk, actor=ann, now=MONDAY, until=until)
    sweep(clock=lambda: MONDAY + 40 * HOUR)
    for at, state in (
        (until, "acknowledged"),
        (until + 8 * HOUR - MINUTE, "acknowledged"),
        (until + 8 * HOUR, "new"),
    ):
        sweep(clock=lambda at=at: at)  # type: ignore[misc]
        assert ExceptionCase.objects.get().state == state, at
    assert DomainEvent.objects.filter(kind="case.went_quiet").count() == 1


# -- what a look costs -------------------------------------------------------------------------------------------------


def rows_read() -> int:
    """Rows that this transaction has read of cases and parcels so far, by index or by scan."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables "
            "WHERE relname IN ('tracking_exceptioncase', 'tracking_shipment')"
        )
        return int(cursor.fetchone()[0])


def fill(team: Team, many: int) -> None:
    """Open cases whose clocks run for weeks: half of them acknowledged and long planned."""
    later = TUESDAY + timedelta(days=30)
    parcels = Shipment.objects.bulk_create(Shipment(created_at=TUESDAY) for _ in range(many))
    ExceptionCase.objects.bulk_create(
        ExceptionCase(
            shipment=parcel, kind="stalled", cause="carrier", severity="medium", since=TUESDAY, team=team,
            next_action="Look", next_action_due_at=later, first_response_due_at=later, time_left_at=later,
            opened_at=TUESDAY, state="acknowledged" if number % 2 else "new", last_person_action_at=TUESDAY,
            quiet_since=TUESDAY, quiet_due_at=later,
        )
        for number, parcel in enumerate(parcels)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tracking_exceptioncase")
        cursor.execute("ANALYZE tracking_shipment")


def test_a_look_reads_no_more_rows_among_many_cases_than_among_few(team: Team) -> None:
    make_ladder(quiet_hours=8)
    read = []
    for many in (300, 3000):
        fill(team, many)
        for _ in range(20):
            make_case(team)
        before = rows_read()
        assert look(TUESDAY).escalated == 20
        read.append(rows_read() - before)
        ExceptionCase.objects.filter(breach_at__isnull=False).delete()
    few, more = read
    assert few > 20
    assert more <= few * 1.1


def test_each_question_has_its_index(team: Team) -> None:
    fill(team, 2000)
    for question, column, index in (
        (NO_LADDER_YET, "time_left_at", "case_breach_next"),
        (OPEN, "escalation_due_at", "case_escalation"),
        (QUIET_UNKNOWN, "last_person_action_at", "case_quiet_next"),
    ):
        rows = ExceptionCase.objects.filter(question, **{f"{column}__lte": TUESDAY}).order_by(column)
        assert index in rows.values_list("pk")[:200].explain()
