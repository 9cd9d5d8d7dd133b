"""Who gets a case: rules in order, people on shift in turn, due times in working hours."""

from datetime import UTC, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User

from tracking.models import Absence, ExceptionCase, RoutingRule, Shift, Shipment, Team, TeamMember, WorkingHours
from tracking.routing.matching import CaseFacts, Rule, first_match
from tracking.routing.operations import Desk, NoTeam

TUESDAY = datetime(2026, 3, 3, 15, tzinfo=UTC)  # 10:00 in New York
FACTS = CaseFacts("stalled", "medium", carrier_id=1, warehouse_id=2, country="US")
DAY_START, DAY_END = time(9), time(17)


def rule(position: int, **conditions: object) -> Rule:
    return Rule(id=position, position=position, version=1, team_id=position, strategy="round_robin", **conditions)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("conditions", "takes"),
    [
        ({}, True),
        ({"kinds": ("stalled", "lost")}, True),
        ({"kinds": ("lost",)}, False),
        ({"severities": ("medium",)}, True),
        ({"severities": ("high",)}, False),
        ({"carrier_id": 1}, True),
        ({"carrier_id": 9}, False),
        ({"warehouse_id": 2}, True),
        ({"warehouse_id": 9}, False),
        ({"country": "US"}, True),
        ({"country": "MX"}, False),
        ({"kinds": ("stalled",), "carrier_id": 9}, False),
        ({"kinds": ("lost",), "is_last": True}, True),
    ],
)
def test_a_rule_takes_what_all_its_conditions_hold_for(conditions: dict[str, object], takes: bool) -> None:
    assert (first_match([rule(1, **conditions)], FACTS) is not None) is takes


def test_the_first_fitting_rule_wins_and_the_last_comes_last() -> None:
    rules = [rule(1, is_last=True), rule(30), rule(20), rule(10, kinds=("lost",))]
    found = first_match(rules, FACTS)
    assert found is not None
    assert found.position == 20
    assert first_match(rules[:1], FACTS) == rules[0]
    assert first_match([], FACTS) is None


@pytest.fixture
def team(db: None) -> Team:
    return Team.objects.create(name="Support", slug="support", time_zone="America/New_York", country="US")


def member(team: Team, name: str, **facts: object) -> TeamMember:
    row = TeamMember.objects.create(team=team, user=User.objects.create(username=name), **facts)
    Shift.objects.bulk_create(Shift(member=row, weekday=day, start=DAY_START, end=DAY_END) for day in range(5))
    return row


def stored(team: Team, **facts: object) -> RoutingRule:
    return RoutingRule.objects.create(**({"position": 1, "name": "All", "is_last": True, "team": team} | facts))


def owners(desk: Desk, times: int, now: datetime = TUESDAY) -> list[str]:
    ids = [desk.owner_for(desk.rule_for(FACTS), now) for _ in range(times)]
    names = dict(User.objects.values_list("pk", "username"))
    return [names[each] if each else "" for each in ids]


def test_round_robin_is_fair_within_a_batch_and_over_batches(team: Team) -> None:
    stored(team)
    for name in ("ann", "ben", "cat"):
        member(team, name)
    first = Desk()
    assert owners(first, 4) == ["ann", "ben", "cat", "ann"]
    first.save()
    assert owners(Desk(), 3, TUESDAY + timedelta(minutes=1)) == ["ben", "cat", "ann"]


def test_nobody_on_shift_leaves_the_case_unowned(team: Team) -> None:
    stored(team)
    member(team, "ann")
    at_eight, at_five = TUESDAY - timedelta(hours=2), TUESDAY + timedelta(hours=7)
    sunday = TUESDAY - timedelta(days=2)
    assert [owners(Desk(), 1, at) for at in (at_eight, at_five, sunday)] == [[""], [""], [""]]
    assert owners(Desk(), 1, TUESDAY - timedelta(hours=1)) == ["ann"]


def test_shifts_keep_the_teams_local_time_in_summer_and_winter(team: Team) -> None:
    stored(team)
    member(team, "ann")
    nine_in_winter = datetime(2026, 3, 6, 14, tzinfo=UTC)
    nine_in_summer = datetime(2026, 3, 9, 13, tzinfo=UTC)
    for nine in (nine_in_winter, nine_in_summer):
        assert owners(Desk(), 1, nine - timedelta(minutes=1)) == [""]
        assert owners(Desk(), 1, nine) == ["ann"]


@pytest.mark.parametrize(
    ("facts", "owner"),
    [
        ({"starts_at": TUESDAY}, ""),
        ({"starts_at": TUESDAY - timedelta(days=2), "ends_at": TUESDAY}, "ann"),
        ({"starts_at": TUESDAY - timedelta(days=2), "ends_at": TUESDAY + timedelta(minutes=1)}, ""),
        ({"starts_at": TUESDAY + timedelta(days=1)}, "ann"),
    ],
)
def test_who_is_away_gets_none(team: Team, facts: dict[str, object], owner: str) -> None:
    stored(team)
    Absence.objects.create(user=member(team, "ann").user, **facts)
    assert owners(Desk(), 1) == [owner]


def test_who_takes_no_cases_gets_none(team: Team) -> None:
    stored(team)
    member(team, "ann", takes_cases=False)
    assert owners(Desk(), 1) == [""]


def test_a_login_that_was_closed_gets_none(team: Team) -> None:
    stored(team)
    member(team, "ann")
    User.objects.update(is_active=False)
    assert owners(Desk(), 1) == [""]


def test_a_rule_may_leave_cases_unowned(team: Team) -> None:
    stored(team, strategy="unowned")
    member(team, "ann")
    assert owners(Desk(), 1) == [""]


def test_least_loaded_counts_open_cases_and_those_just_given(team: Team) -> None:
    stored(team, strategy="least_loaded")
    ann, _ = member(team, "ann"), member(team, "ben")
    for _ in range(2):
        parcel = Shipment.objects.create(created_at=TUESDAY)
        ExceptionCase.objects.create(
            shipment=parcel, kind="stalled", cause="carrier", severity="medium", since=TUESDAY, team=team,
            owner=ann.user, next_action="Look", next_action_due_at=TUESDAY, first_response_due_at=TUESDAY,
            time_left_at=TUESDAY, opened_at=TUESDAY,
        )  # fmt: skip
    assert owners(Desk(), 4) == ["ben", "ben", "ann", "ben"]


def test_a_rule_that_is_off_or_no_rule_at_all_falls_to_the_first_team(team: Team) -> None:
    stored(team, is_active=False)
    other = Team.objects.create(name="Other", slug="other")
    assert Desk().rule_for(FACTS).team_id == team.pk < other.pk


def test_without_any_team_it_says_what_to_do(db: None) -> None:
    with pytest.raises(NoTeam, match="load_presets"):
        Desk().rule_for(FACTS)


def test_due_times_count_the_teams_working_hours(team: Team) -> None:
    WorkingHours.objects.bulk_create(
        WorkingHours(team=team, weekday=day, start=DAY_START, end=DAY_END) for day in range(5)
    )
    desk = Desk()
    assert desk.due(team.pk, TUESDAY, 4) == TUESDAY + timedelta(hours=4)
    assert desk.due(team.pk, TUESDAY, 8) == TUESDAY + timedelta(days=1)
    friday_four = TUESDAY + timedelta(days=3, hours=6)
    monday_ten_in_summer = datetime(2026, 3, 9, 14, tzinfo=UTC)
    assert desk.due(team.pk, friday_four, 2) == monday_ten_in_summer


def test_a_public_holiday_is_no_working_day(team: Team) -> None:
    WorkingHours.objects.bulk_create(
        WorkingHours(team=team, weekday=day, start=DAY_START, end=DAY_END) for day in range(5)
    )
    before_new_year = datetime(2026, 12, 31, 21, tzinfo=UTC)  # Thursday 16:00; Friday is New Year's Day
    assert Desk().due(team.pk, before_new_year, 2) == datetime(2027, 1, 4, 15, tzinfo=UTC)


def test_a_team_without_hours_works_round_the_clock(team: Team) -> None:
    assert Desk().due(team.pk, TUESDAY, 30) == TUESDAY + timedelta(hours=30)


def test_a_desk_asks_as_often_for_many_cases_as_for_few(team: Team, django_assert_max_num_queries: object) -> None:
    stored(team)
    for number in range(6):
        member(team, f"p{number}")
    with django_assert_max_num_queries(6):  # type: ignore[operator]
        desk = Desk()
        owners_given = {desk.owner_for(desk.rule_for(FACTS), TUESDAY) for _ in range(50)}
        desk.due(team.pk, TUESDAY, 4)
    assert len(owners_given) == 6
