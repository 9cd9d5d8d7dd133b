"""Cases change hands when their owner is away, gone, or at the end of a shift."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User

from tests.tracking.exception_queue.desks import HOUR, NINE, TUESDAY, join, make_case, make_rule, make_team
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.handover import look_at_people, take_over
from tracking.models import Absence, CaseActivity, DomainEvent, ExceptionCase, ShiftHandover, Team

MINUTE = timedelta(minutes=1)
FIVE_O_CLOCK = TUESDAY + 7 * HOUR


@pytest.fixture
def team(db: None) -> Team:
    team = make_team()
    make_rule(team)
    return team


def owner(case: ExceptionCase) -> User | None:
    return ExceptionCase.objects.get(pk=case.pk).owner


def last_note(case: ExceptionCase) -> str:
    return CaseActivity.objects.filter(case=case).latest("id").note


def away(user: User, deputy: User | None = None, **facts: object) -> Absence:
    return Absence.objects.create(**{"user": user, "deputy": deputy, "starts_at": TUESDAY, **facts})


# -- away --------------------------------------------------------------------------------------------------------------


def test_the_deputy_gets_the_cases_once_the_absence_begins(team: Team) -> None:
    ann, ben, cat = join(team, "ann"), join(team, "ben"), join(team, "cat")
    case, other = make_case(team, ann), make_case(team, ben)
    away(ann, cat)
    assert look_at_people(now=TUESDAY - MINUTE).cases == 0
    assert look_at_people(now=TUESDAY).cases == 1
    assert (owner(case), owner(other)) == (cat, ben)
    line = CaseActivity.objects.get(case=case)
    assert (line.kind, line.before, line.after) == ("handed_over", {"owner_id": ann.pk}, {"owner_id": cat.pk})
    assert line.note == "ann is away. cat is the deputy."
    assert DomainEvent.objects.get(kind="case.handed_over").payload["was"] == ann.pk


def test_an_absence_hands_over_once_and_later_cases_stay(team: Team) -> None:
    ann, ben = join(team, "ann"), join(team, "ben")
    away(ann, ben)
    look_at_people(now=TUESDAY)
    case = make_case(team, ben)
    operations.assign(case_id=case.pk, actor=ben, now=TUESDAY, owner=ann)
    look_at_people(now=TUESDAY + HOUR)
    assert owner(case) == ann


def test_an_absence_that_is_over_before_anybody_looked_moves_nothing(team: Team) -> None:
    ann, ben = join(team, "ann"), join(team, "ben")
    case = make_case(team, ann)
    away(ann, ben, starts_at=TUESDAY - 2 * HOUR, ends_at=TUESDAY)
    assert look_at_people(now=TUESDAY).cases == 0
    assert owner(case) == ann


def test_without_a_deputy_the_rules_find_somebody_on_shift(team: Team) -> None:
    ann, ben = join(team, "ann"), join(team, "ben")
    case = make_case(team, ann)
    away(ann)
    look_at_people(now=TUESDAY)
    assert owner(case) == ben
    assert last_note(case) == "ann is away. Routed again by rule 1000, version 1."


@pytest.mark.parametrize("deputy", ["away too", "gone", "themselves"])
def test_a_deputy_who_is_not_there_counts_as_none(team: Team, deputy: str) -> None:
    ann, ben, cat = join(team, "ann"), join(team, "ben"), join(team, "cat")
    case = make_case(team, ann)
    away(ann, ann if deputy == "themselves" else cat)
    if deputy == "away too":
        away(cat)
    if deputy == "gone":
        User.objects.filter(pk=cat.pk).update(is_active=False)
    join(make_team("other"), "dan")
    cat.memberships.update(takes_cases=False)
    look_at_people(now=TUESDAY)
    assert owner(case) == ben


def test_nobody_on_shift_leaves_the_case_to_the_team_and_says_so(team: Team) -> None:
    ann = join(team, "ann")
    case = make_case(team, ann)
    away(ann)
    look_at_people(now=TUESDAY)
    assert owner(case) is None
    assert last_note(case).endswith("Nobody is on shift: it is unowned.")


def test_a_persons_choice_of_team_stays_and_is_named(team: Team) -> None:
    other = make_team("night")
    ann, ben, nora = join(team, "ann"), join(team, "ben"), join(other, "nora")
    case = make_case(team, ann)
    operations.assign(case_id=case.pk, actor=ben, now=TUESDAY - HOUR, owner=nora)
    away(nora)
    look_at_people(now=TUESDAY)
    now = ExceptionCase.objects.get()
    assert (now.team, now.owner) == (other, None)
    line = CaseActivity.objects.latest("id")
    assert line.before == {"owner_id": nora.pk, "owner_set_by_person": True}
    assert "A person had chosen the owner, so it stays with the team." in line.note


# -- gone --------------------------------------------------------------------------------------------------------------


def test_who_is_deactivated_while_owning_cases_leaves_them_to_others(team: Team) -> None:
    ann, ben = join(team, "ann"), join(team, "ben")
    cases = [make_case(team, ann) for _ in range(3)]
    ended = make_case(team, ann, state="resolved", outcome="arrived", resolved_at=TUESDAY)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert look_at_people(now=TUESDAY).cases == 3
    assert {owner(case) for case in cases} == {ben}
    assert owner(ended) == ann
    assert last_note(cases[0]).startswith("ann's login is closed.")
    assert look_at_people(now=TUESDAY).cases == 0


def test_nobody_left_means_unowned_not_an_endless_loop(team: Team) -> None:
    ann = join(team, "ann")
    case = make_case(team, ann)
    User.objects.update(is_active=False)
    assert look_at_people(now=TUESDAY).cases == 1
    assert owner(case) is None


def test_handing_over_asks_as_often_for_many_cases_as_for_few(
    team: Team, django_assert_max_num_queries: object
) -> None:
    ann = join(team, "ann")
    join(team, "ben")
    for _ in range(60):
        make_case(team, ann)
    away(ann)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        assert look_at_people(now=TUESDAY).cases == 60


# -- the end of a shift ------------------------------------------------------------------------------------------------


def test_the_end_of_a_shift_is_reported_once_with_what_is_open(team: Team) -> None:
    ann = join(team, "ann")
    late = make_case(team, ann, due=TUESDAY)
    soon = make_case(team, ann, due=FIVE_O_CLOCK + 10 * HOUR)
    far = make_case(team, ann, due=FIVE_O_CLOCK + 90 * HOUR)
    make_case(team, None, due=TUESDAY)
    assert look_at_people(now=FIVE_O_CLOCK - MINUTE).shifts == 0
    assert look_at_people(now=FIVE_O_CLOCK).shifts == 1
    assert look_at_people(now=FIVE_O_CLOCK + MINUTE).shifts == 0
    row = ShiftHandover.objects.get()
    assert (row.ended_at, row.back_at) == (FIVE_O_CLOCK, FIVE_O_CLOCK + 16 * HOUR)
    assert row.breaching_ids == [late.pk]
    assert row.due_ids == [late.pk, soon.pk]
    assert row.open_ids == [late.pk, soon.pk, far.pk]
    payload = DomainEvent.objects.get(kind="shift.ended").payload
    assert (payload["user"], payload["open"], payload["due"], payload["breaching"]) == (ann.pk, 3, 2, 1)


def test_a_shift_that_goes_on_has_not_ended(team: Team) -> None:
    ann = join(team, "ann", days=range(7), start=time(0), end=time(23, 59, 59))
    make_case(team, ann)
    midnight = datetime(2026, 3, 4, 5, tzinfo=UTC)
    for at in (midnight - MINUTE, midnight, midnight + HOUR):
        assert look_at_people(now=at).shifts == 0


def test_shifts_end_by_the_teams_clock_in_winter_and_summer(team: Team) -> None:
    join(team, "ann", days=range(7), end=time(17))
    for five in (datetime(2026, 3, 7, 22, tzinfo=UTC), datetime(2026, 3, 8, 21, tzinfo=UTC)):
        assert look_at_people(now=five - MINUTE).shifts == 0
        assert look_at_people(now=five).shifts == 1


def test_after_a_stop_of_days_no_old_shift_is_reported(team: Team) -> None:
    join(team, "ann", days=range(1, 2))
    assert look_at_people(now=FIVE_O_CLOCK + 13 * HOUR).shifts == 0


def test_who_takes_over_gets_what_is_still_theirs(team: Team) -> None:
    ann, ben = join(team, "ann", end=time(12)), join(team, "ben", start=NINE)
    cases = [make_case(team, ann) for _ in range(3)]
    look_at_people(now=TUESDAY + 2 * HOUR)
    row = ShiftHandover.objects.get()
    operations.resolve(case_id=cases[0].pk, actor=ann, now=TUESDAY + 2 * HOUR, outcome="arrived")
    ids = [case.pk for case in cases[:2]]
    result = take_over(handover_id=row.pk, case_ids=[*ids, 999], actor=ben, now=TUESDAY + 3 * HOUR)
    assert result.done == [cases[1].pk]
    assert [case_id for case_id, _ in result.skipped] == [cases[0].pk]
    assert (owner(cases[1]), owner(cases[2])) == (ben, ann)
    assert ShiftHandover.objects.get().taken_by == ben
    with pytest.raises(ActionRefused):
        take_over(handover_id=row.pk, case_ids=ids, actor=ann, now=TUESDAY + 3 * HOUR)
