"""The playbook says what the engine does: each kind is made to fire, and its case compared with its row."""

from datetime import timedelta

import pytest

from tests.tracking.exception_queue.people import person
from tests.tracking.exception_queue.troubles import MAKERS, understand_more
from tests.tracking.shipments.telling import DAY, MONDAY, only_parcel
from tracking.detectors.contract import Window
from tracking.detectors.presets import WINDOWS
from tracking.exception_queue import operations, playbook
from tracking.exception_queue.escalation import look_at_clocks
from tracking.exception_queue.playbook_statuses import state_at
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.refresh import refresh
from tracking.models import (
    CaseActivity,
    EscalationPolicy,
    EscalationStep,
    ExceptionCase,
    KindPolicy,
    RoutingRule,
    Shipment,
    Signal,
    Team,
    WindowPolicy,
)
from tracking.presets import defaults
from tracking.routing.operations import Desk
from tracking.vocabulary import CareLevel, ShipmentStatus, SignalKind


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


SOONER = {"stalled": MONDAY + 2 * DAY}
"""Kinds that with high care would have become something graver by the moment at which they show without."""


@pytest.mark.usefixtures("set_up_rules")
@pytest.mark.parametrize("kind", SignalKind.values)
@pytest.mark.parametrize("care", CareLevel.values)
def test_each_cell_is_what_the_engine_does(kind: str, care: str) -> None:
    now = MAKERS[kind]()
    if care == CareLevel.HIGH:
        ExceptionCase.objects.all().delete()
        Signal.objects.all().delete()
        Shipment.objects.update(care_level=care)
        now = SOONER.get(kind, now)
    refresh(shipment_ids=[only_parcel().pk], now=now, cause="events")
    case = ExceptionCase.objects.exclude(state="resolved").get()
    assert case.kind == kind
    row = next(each for each in playbook.playbook().kinds if each.kind == kind)
    place = CareLevel.values.index(care)
    todo = row.todos[place]
    assert case.severity == row.severities[place]
    assert case.next_action in (todo.next_action, *row.phases)
    rule = next(target.rule for target in row.targets if not target.is_conditional)
    assert (case.team, case.routed_by) == (rule.team, rule)
    desk = Desk()
    assert case.next_action_due_at == desk.due(case.team_id, case.opened_at, todo.due_hours)
    assert case.first_response_due_at == desk.due(case.team_id, case.opened_at, todo.first_response_hours)
    assert {cell.name: (cell.domestic, cell.domestic_high)[place] for cell in row.windows} == windows_used(kind)


def windows_used(kind: str) -> dict[str, Window]:
    """The windows by which the detector of a kind judges the only parcel."""
    names = {row.window for row in WINDOWS if row.kind == kind}
    return {name: Policies().for_shipment(only_parcel()).windows[name] for name in names}


@pytest.mark.parametrize("kind", ["carrier_delay", "failed_attempt", "damaged", "lost"])
def test_the_ladder_is_climbed_as_it_is_written(stage: None, kind: str) -> None:
    defaults.load()
    MAKERS[kind]()
    case, desk = ExceptionCase.objects.get(), Desk()
    row = next(each for each in playbook.playbook().kinds if each.kind == kind)
    assert row.ladder
    for taken, step in enumerate(row.ladder):
        due = desk.due(case.team_id, case.time_left_at, step.after_hours)
        look_at_clocks(clock=lambda due=due: due - timedelta(minutes=1))  # type: ignore[misc]
        assert CaseActivity.objects.filter(kind="escalated").count() == taken
        look_at_clocks(clock=lambda due=due: due)  # type: ignore[misc]
        latest = CaseActivity.objects.filter(kind="escalated").latest("id")
        assert (latest.at, latest.after["step"], latest.after["action"]) == (due, taken + 1, step.action)


@pytest.mark.parametrize("kind", ["carrier_delay", "lost"])
def test_an_acknowledged_case_is_new_again_after_the_hours_that_are_written(stage: None, kind: str) -> None:
    defaults.load()
    now = MAKERS[kind]()
    case = ExceptionCase.objects.get()
    operations.acknowledge(case_id=case.pk, actor=person("ann"), now=now)
    row = next(each for each in playbook.playbook().kinds if each.kind == kind)
    assert row.quiet_hours
    back = Desk().due(case.team_id, now, row.quiet_hours)
    for moment, state in ((back - timedelta(minutes=1), "acknowledged"), (back, "new")):
        look_at_clocks(clock=lambda moment=moment: moment)  # type: ignore[misc]
        case.refresh_from_db()
        assert case.state == state


def test_presets_route_every_kind_by_its_cause(db: None) -> None:
    defaults.load()
    found = playbook.playbook()
    assert {row.kind: len(row.targets) for row in found.kinds} == dict.fromkeys(SignalKind.values, 1)
    assert not any(row.only_last_rule or row.has_no_action for row in found.kinds)
    by_kind = {row.kind: row.targets[0].rule.name for row in found.kinds}
    assert by_kind["no_first_scan"] == "Parcels that never left"
    assert by_kind["weather_delay"] == by_kind["lost"] == "Trouble at the carrier"
    assert by_kind["source_conflict"] == "Feeds that contradict each other"


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
