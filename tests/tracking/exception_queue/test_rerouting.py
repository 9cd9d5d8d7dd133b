"""A changed rule set and the cases that are open already."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from tests.tracking.exception_queue.desks import HOUR, TUESDAY, join, make_case, make_rule, make_team
from tracking.configuration import operations as configuration
from tracking.configuration.queries import effects, in_force
from tracking.exception_queue import operations
from tracking.models import CaseActivity, ConfigurationApplication, ConfigurationVersion, DomainEvent, ExceptionCase
from tracking.models import Team as TeamRow
from tracking.routing.rule_sets import new_rule

MINUTE = timedelta(minutes=1)


@pytest.fixture
def team(db: None) -> TeamRow:
    team = make_team()
    make_rule(team)
    return team


@pytest.fixture
def eve(db: None) -> User:
    user = User.objects.create(username="eve")
    user.user_permissions.set(Permission.objects.filter(codename__in=("edit_policies", "publish_configuration")))
    return user


def rules_with(**facts: Any) -> list[dict[str, Any]]:
    found = in_force("routing")
    return [new_rule(found, **{"name": "New rule", **facts}), *found]


def publish(**facts: Any) -> ConfigurationVersion:
    return configuration.publish_content(kind="routing", content=rules_with(**facts), now=TUESDAY, note="")


def apply(version: ConfigurationVersion, eve: User, *cases: ExceptionCase) -> ConfigurationApplication:
    ids = [case.pk for case in cases]
    return configuration.apply_version(version_id=version.pk, ids=ids, actor=eve, now=TUESDAY)


def again(case: ExceptionCase) -> ExceptionCase:
    return ExceptionCase.objects.select_related("team", "owner").get(pk=case.pk)


def test_a_draft_says_which_open_cases_it_would_move(team: TeamRow) -> None:
    ann, other = join(team, "ann"), make_team("desk")
    join(other, "dan")
    lost = make_case(team, ann, kind="lost", due=TUESDAY + HOUR)
    late = make_case(team, kind="lost", due=TUESDAY)
    make_case(team, ann)
    make_case(team, ann, kind="lost", state="resolved", outcome="arrived", resolved_at=TUESDAY)
    draft = rules_with(kinds=["lost"], team=other.pk)
    found = effects("routing", draft, TUESDAY)
    assert [(effect.id, effect.before, effect.after) for effect in found] == [
        (late.pk, "support, unowned", "desk, somebody on shift, by “New rule”"),
        (lost.pk, "support, ann", "desk, somebody on shift, by “New rule”"),
    ]
    assert "nobody on shift" in effects("routing", draft, TUESDAY - 10 * HOUR)[0].after
    assert again(lost).team == team


def test_what_a_person_assigned_is_never_moved_by_a_rule(team: TeamRow, eve: User) -> None:
    ann, other = join(team, "ann"), make_team("desk")
    case = make_case(team, kind="lost")
    operations.take(case_id=case.pk, actor=ann, now=TUESDAY)
    version = publish(kinds=["lost"], team=other.pk)
    assert effects("routing", in_force("routing"), TUESDAY) == []
    assert apply(version, eve, case).changed_ids == []
    assert (again(case).team, again(case).owner) == (team, ann)


def test_a_rule_for_one_person_moves_cases_of_others_in_the_team(team: TeamRow, eve: User) -> None:
    ann, ben = join(team, "ann"), join(team, "ben")
    case, hers = make_case(team, ben, kind="lost"), make_case(team, ann, kind="lost")
    version = publish(kinds=["lost"], team=team.pk, strategy="person", person=ann.pk)
    assert [effect.id for effect in effects("routing", version.content, TUESDAY)] == [case.pk]
    assert apply(version, eve, case, hers).changed_ids == [case.pk]
    assert again(case).owner == ann


def test_applying_leaves_a_line_and_names_rule_and_version(team: TeamRow, eve: User) -> None:
    ann, other = join(team, "ann"), make_team("desk")
    dan = join(other, "dan")
    case = make_case(team, ann, kind="lost")
    version = publish(kinds=["lost"], team=other.pk)
    applied = apply(version, eve, case)
    now = again(case)
    assert (now.team, now.owner, now.routed_by_version) == (other, dan, version.number)
    assert now.routed_by is not None
    assert now.routed_by.name == "New rule"
    line = CaseActivity.objects.get(case=case)
    assert (line.kind, line.actor, line.case_version) == ("routed", eve, now.version)
    assert (line.before["team_id"], line.after["team_id"]) == (team.pk, other.pk)
    assert DomainEvent.objects.filter(kind="case.routed", case_id=case.pk).count() == 1
    assert applied.changed_ids == [case.pk]
    assert effects("routing", version.content, TUESDAY) == []


def test_undo_puts_all_back_but_what_somebody_touched(team: TeamRow, eve: User) -> None:
    ann, other = join(team, "ann"), make_team("desk")
    dan = join(other, "dan")
    case, taken, ended = (make_case(team, ann, kind="lost") for _ in range(3))
    applied = apply(publish(kinds=["lost"], team=other.pk), eve, case, taken, ended)
    operations.take(case_id=taken.pk, actor=dan, now=TUESDAY + MINUTE)
    operations.resolve(case_id=ended.pk, actor=dan, now=TUESDAY + MINUTE, outcome="arrived")
    undone = configuration.undo_application(application_id=applied.pk, actor=eve, now=TUESDAY + HOUR)
    assert undone.kept_ids == [taken.pk, ended.pk]
    assert (again(case).team, again(case).owner) == (team, ann)
    assert (again(taken).team, again(taken).owner) == (other, dan)
    line = CaseActivity.objects.filter(case=case).latest("id")
    assert (line.kind, line.actor) == ("undone", eve)
    assert line.undoes is not None
    assert line.undoes.kind == "routed"


def test_a_rule_that_fits_nobody_on_shift_leaves_the_case_unowned_with_its_team(team: TeamRow, eve: User) -> None:
    other = make_team("desk")
    join(other, "dan", days=range(5, 7))
    case = make_case(team, join(team, "ann"), kind="lost")
    apply(publish(kinds=["lost"], team=other.pk), eve, case)
    assert (again(case).team, again(case).owner) == (other, None)


def test_a_partners_case_keeps_an_internal_owner(team: TeamRow, eve: User) -> None:
    ann = join(team, "ann")
    partner = TeamRow.objects.create(name="Carrier desk", slug="carrier", is_external=True, internal_team=team)
    case = make_case(team, None, kind="lost")
    apply(publish(kinds=["lost"], team=partner.pk), eve, case)
    assert (again(case).team, again(case).owner) == (partner, ann)


def test_preview_and_application_ask_as_often_for_many_cases_as_for_few(
    team: TeamRow, eve: User, django_assert_max_num_queries: Any
) -> None:
    other = make_team("desk")
    join(other, "dan")
    cases = [make_case(team, kind="lost") for _ in range(60)]
    version = publish(kinds=["lost"], team=other.pk)
    with django_assert_max_num_queries(10):
        assert len(effects("routing", version.content, TUESDAY)) == 60
    with django_assert_max_num_queries(30):
        assert len(apply(version, eve, *cases).changed_ids) == 60
