"""The playbook says what the engine does: each kind is made to fire, and its case compared with its row."""

import pytest

from tests.tracking.exception_queue.troubles import MAKERS, understand_more
from tests.tracking.shipments.telling import only_parcel
from tracking.exception_queue import playbook
from tracking.exception_queue.playbook_statuses import state_at
from tracking.exception_queue.refresh import refresh
from tracking.models import (
    EscalationPolicy,
    EscalationStep,
    ExceptionCase,
    KindPolicy,
    RoutingRule,
    Team,
    WindowPolicy,
)
from tracking.routing.operations import Desk
from tracking.vocabulary import ShipmentStatus, SignalKind


@pytest.fixture
def set_up_rules(stage: None) -> None:
    """Settings of their own: a rule of its own for some kinds, another severity, window and next action, a ladder."""
    understand_more()
    depot = Team.objects.create(name="Depot", slug="depot")
    RoutingRule.objects.create(
        position=1, name="Depot's", team=depot, kinds=["no_first_scan", "missing_tracking"], version=3
    )
    RoutingRule.objects.create(position=2, name="Dear ones", team=depot, kinds=["lost"], minimum_total_minor=10**9)
    KindPolicy.objects.create(
        kind="stalled", severity="high", cause="carrier", next_action="Ring them.", due_hours=3, first_response_hours=1
    )
    WindowPolicy.objects.create(kind="unknown_number", window="unknown_number", days=1)
    ladder = EscalationPolicy.objects.create(severity="high", quiet_hours=5)
    EscalationStep.objects.create(policy=ladder, after_hours=2, action="notify_lead")


def test_every_kind_can_be_made_to_fire() -> None:
    assert set(MAKERS) == set(SignalKind.values)


@pytest.mark.usefixtures("set_up_rules")
@pytest.mark.parametrize("kind", SignalKind.values)
def test_each_cell_is_what_the_engine_does(kind: str) -> None:
    now = MAKERS[kind]()
    refresh(shipment_ids=[only_parcel().pk], now=now, cause="events")
    case = ExceptionCase.objects.exclude(state="resolved").get()
    assert case.kind == kind
    row = next(each for each in playbook.playbook().kinds if each.kind == kind)
    assert case.severity == row.severities[0]
    assert case.next_action in (row.todos[0].next_action, *row.phases)
    rule = next(target.rule for target in row.targets if not target.is_conditional)
    assert (case.team, case.routed_by) == (rule.team, rule)
    desk = Desk()
    assert case.next_action_due_at == desk.due(case.team_id, case.opened_at, row.todos[0].due_hours)
    assert case.first_response_due_at == desk.due(case.team_id, case.opened_at, row.todos[0].first_response_hours)


@pytest.mark.usefixtures("set_up_rules")
def test_settings_show_and_gaps_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playbook, "_providers", [])
    found = playbook.playbook()
    rows = {row.kind: row for row in found.kinds}
    assert rows["stalled"].severities == ("high", "critical")
    assert rows["stalled"].todos[0].next_action == "Ring them."
    assert [step.action for step in rows["stalled"].ladder] == ["notify_lead"]
    assert rows["stalled"].quiet_hours == 5
    assert rows["stalled"].ladder_high == ()
    assert rows["stalled"].windows[0].lines == (
        "3 carrier days; high care 1.5 carrier days",
        "across a border 5 carrier days; high care 2.5 carrier days",
    )
    assert rows["unknown_number"].windows[0].domestic.days == 1
    assert [target.is_conditional for target in rows["lost"].targets] == [True, False]
    assert not rows["no_first_scan"].only_last_rule
    assert not rows["lost"].only_last_rule
    assert rows["damaged"].only_last_rule
    assert found.gaps == len(rows) - 3
    KindPolicy.objects.update(next_action=" ")
    assert playbook.playbook().gaps == len(rows) - 2


def test_statuses_are_those_that_events_give() -> None:
    assert {status: state_at(status).status for status in ShipmentStatus.values} == {
        status: status for status in ShipmentStatus.values
    }


@pytest.mark.usefixtures("stage")
def test_what_a_status_opens() -> None:
    rows = {row.status: row.consequence for row in playbook.playbook().statuses}
    assert rows["label_created"].by_clock == ("no_first_scan",)
    assert rows["in_transit"].by_clock == ("stalled", "presumed_lost")
    assert rows["returning"].at_once == ("return_to_sender",)
    assert rows["delivered"].at_once == rows["delivered"].by_clock == ()


@pytest.mark.usefixtures("stage")
def test_others_fill_what_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(playbook, "_providers", [])
    assert all(row.told.is_decided and not row.told.customer for row in playbook.playbook().kinds)
    line = playbook.Line("Lost (email)", "as soon as it is known")
    playbook.provide(lambda rows: {row.code: playbook.Told((line,), (), True) for row in rows if row.kind == "lost"})
    found = playbook.playbook()
    rows = {row.kind: row.told for row in found.kinds}
    assert rows["lost"].customer == (line,)
    assert not rows["damaged"].is_decided
    assert found.gaps == 2 * len(rows) - 1
