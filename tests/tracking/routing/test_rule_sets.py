"""Rule sets: what may be published, what becomes of the stored rules, how they read."""

from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.tracking.exception_queue.desks import join, make_rule, make_team
from tracking.models import Carrier, RoutingRule, Service, Team
from tracking.routing.rule_checks import never_matching, validate
from tracking.routing.rule_sets import enact, in_force, new_rule
from tracking.routing.rule_words import Words


@pytest.fixture
def team(db: None) -> Team:
    team = make_team()
    make_rule(team)
    return team


def content(team: Team, *rules: dict[str, Any]) -> list[dict[str, Any]]:
    """What is in force, with these rules before it."""
    found = in_force()
    for facts in reversed(rules):
        found.insert(0, new_rule(found, **{"name": f"Rule {len(found)}", "team": team.pk, **facts}))
    return found


def test_what_is_in_force_may_be_published_as_it_is(team: Team) -> None:
    before = in_force()
    assert validate(before) == []
    assert enact(before, 7) == before
    assert RoutingRule.objects.get().version == 7


def test_new_rules_get_rows_and_the_order_of_the_list(team: Team) -> None:
    wanted = content(team, {"name": "Lost", "kinds": ["lost"]}, {"name": "Late", "kinds": ["stalled"]})
    assert [rule["key"][0] for rule in wanted] == ["n", "n", "r"]
    kept = enact(wanted, 2)
    assert kept == in_force()
    assert [rule["name"] for rule in kept] == ["Lost", "Late", "Everything else"]
    assert [row.position for row in RoutingRule.objects.all()] == [1, 2, 3]


def test_a_dropped_rule_keeps_its_row_and_may_come_back(team: Team) -> None:
    carrier = Carrier.objects.create(code="acme", name="Acme")
    first = enact(content(team, {"name": "Acme", "carrier": carrier.pk}), 1)
    enact(first[1:], 2)
    row = RoutingRule.objects.get(name="Acme")
    assert (row.is_retired, row.is_active, row.carrier) == (True, False, None)
    assert [rule["name"] for rule in in_force()] == ["Everything else"]
    enact(first, 3)
    row.refresh_from_db()
    assert (row.is_retired, row.is_active, row.carrier, row.version) == (False, True, carrier, 3)
    assert RoutingRule.objects.count() == 2


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": " "}, "Give it a name."),
        ({"kinds": ["nonsense"]}, "There is no kind “nonsense”."),
        ({"severities": ["urgent"]}, "There is no severity “urgent”."),
        ({"care_level": "some"}, "no such care level"),
        ({"carrier": 999}, "The carrier it asks for is gone."),
        ({"warehouse": 999}, "The warehouse it asks for is gone."),
        ({"minimum": 200, "maximum": 100, "currency": "USD"}, "above the highest"),
        ({"minimum": 200}, "in which currency"),
        ({"team": 999}, "Choose a team."),
        ({"strategy": "magic"}, "how a person is found"),
        ({"strategy": "person"}, "Choose a person of support"),
        ({"name": "everything ELSE"}, "Two rules are called"),
    ],
)
def test_what_is_refused(team: Team, facts: dict[str, Any], said: str) -> None:
    assert said in " ".join(validate(content(team, facts)))


def test_a_service_of_another_carrier_is_refused(team: Team) -> None:
    one, two = (Carrier.objects.create(code=code, name=code) for code in ("one", "two"))
    service = Service.objects.create(carrier=one, name="Ground")
    assert validate(content(team, {"carrier": one.pk, "service": service.pk})) == []
    assert "another carrier" in validate(content(team, {"carrier": two.pk, "service": service.pk}))[0]


@pytest.mark.parametrize("change", ["removed", "moved", "switched off", "conditioned", "doubled"])
def test_the_last_rule_stays_what_it_is(team: Team, change: str) -> None:
    wanted = content(team, {"name": "Lost", "kinds": ["lost"]})
    if change == "removed":
        wanted.pop()
    elif change == "moved":
        wanted.reverse()
    elif change == "doubled":
        wanted.insert(0, {**wanted[-1], "key": "n9", "name": "Other"})
    else:
        wanted[-1] |= {"is_active": False} if change == "switched off" else {"country": "US"}
    assert len(validate(wanted)) == 1


def test_a_person_has_to_be_in_the_team_and_take_cases(team: Team) -> None:
    ann, ben = join(team, "ann"), join(make_team("other"), "ben")
    assert validate(content(team, {"strategy": "person", "person": ann.pk})) == []
    assert len(validate(content(team, {"strategy": "person", "person": ben.pk}))) == 1
    User.objects.filter(pk=ann.pk).update(is_active=False)
    assert len(validate(content(team, {"strategy": "person", "person": ann.pk}))) == 1


def test_a_partner_needs_an_internal_team_whose_people_may_be_named(team: Team) -> None:
    partner = Team.objects.create(name="Carrier desk", slug="desk", is_external=True)
    assert "nobody would own the next action" in validate(content(team, {"team": partner.pk}))[0]
    Team.objects.filter(pk=partner.pk).update(internal_team=team)
    ann = join(team, "ann")
    assert validate(content(team, {"team": partner.pk, "strategy": "person", "person": ann.pk})) == []


@pytest.mark.parametrize("wrong", [{}, [{}], [1], [{"key": "r1"}], None])
def test_what_is_no_rule_set_is_said_to_be_none(team: Team, wrong: Any) -> None:
    assert validate(wrong) == ["This is not a list of routing rules."]


def test_overlapping_rules_are_named_with_what_stands_before_them(team: Team) -> None:
    wanted = content(
        team,
        {"name": "Lost", "kinds": ["lost"]},
        {"name": "Off", "is_active": False},
        {"name": "Lost in the US", "kinds": ["lost"], "country": "US"},
    )
    assert never_matching(wanted) == {wanted[2]["key"]: ["Lost"]}


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Everything"),
        ({"kinds": ["lost", "damaged"]}, "Lost or Damaged"),
        ({"country": "US", "tags": ["vip", "gift"]}, "to US · tagged vip or gift"),
        ({"causes": ["carrier"], "care_level": "high"}, "caused by Carrier · high care"),
        ({"minimum": 25_000, "currency": "USD"}, "order of USD 250.00 or more"),
        ({"maximum": 1_000, "currency": "USD"}, "order of at most USD 10.00"),
        ({"minimum": 0, "maximum": 1_000, "currency": "EUR"}, "order of EUR 0.00 to 10.00"),
        ({"carrier": 999}, "something gone"),
    ],
)
def test_a_rule_reads_as_a_line(team: Team, facts: dict[str, Any], words: str) -> None:
    assert Words().conditions(content(team, facts)[0]) == words


def test_targets_read_as_a_line(team: Team) -> None:
    ann = join(team, "ann")
    wanted = content(team, {"strategy": "person", "person": ann.pk}, {"strategy": "unowned"})
    assert [Words().target(rule) for rule in wanted[:2]] == ["support: ann, if on shift", "support: leave unowned"]
