"""The playbook says what the engine does: each kind is made to fire, and its case compared with its row."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from tests.tracking.shipments.telling import (
    AUSTIN,
    BOSTON,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    estimate,
    event,
    fulfilment,
    mapping_row,
    only_parcel,
    order,
    tell,
)
from tracking.connectors.contract import Observation
from tracking.exception_queue import disputes, playbook
from tracking.exception_queue.playbook_statuses import state_at
from tracking.exception_queue.refresh import refresh
from tracking.models import (
    EscalationPolicy,
    EscalationStep,
    ExceptionCase,
    KindPolicy,
    MappingVersion,
    RoutingRule,
    Shipment,
    StatusMapping,
    Team,
    WindowPolicy,
)
from tracking.routing.operations import Desk
from tracking.vocabulary import ShipmentStatus, SignalKind

MORE_REASONS = ("payment_due", "customs_hold", "held_at_location")


@pytest.fixture
def set_up_rules(stage: None) -> None:
    """Settings of their own: a rule of its own for some kinds, another severity, window and next action, a ladder."""
    version = MappingVersion.objects.get()
    rows = [mapping_row(code, "exception", "item_scanned", code) for code in MORE_REASONS]
    rows.append(mapping_row("batch", "info", "batch_accepted"))
    for row in rows:
        row.version = version
    StatusMapping.objects.bulk_create(rows)
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


def scanned(at: datetime = MONDAY) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", at), at=at)


def later(span: timedelta) -> Callable[[], datetime]:
    def make() -> datetime:
        scanned()
        return MONDAY + span

    return make


def reported(word: str) -> Callable[[], datetime]:
    def make() -> datetime:
        scanned()
        tell("fedex", event(ONE, word, MONDAY + HOUR), at=MONDAY + HOUR)
        return MONDAY + DAY + 2 * HOUR if word == "customs_hold" else MONDAY + HOUR

    return make


def without_number() -> datetime:
    tell("shop", order(), fulfilment())
    return MONDAY + 2 * DAY


def label_alone() -> datetime:
    tell("shop", order(), fulfilment(ONE))
    return MONDAY + 2 * DAY


def not_known() -> datetime:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", Observation(ONE, "fedex", not_found=True), at=MONDAY + HOUR)
    return MONDAY + DAY + 2 * HOUR


def in_a_batch() -> datetime:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "batch", MONDAY), at=MONDAY)
    return MONDAY + 2 * DAY + HOUR


def promised(at: datetime) -> None:
    Shipment.objects.update(promise_at=at)


def late_estimate() -> datetime:
    scanned()
    promised(MONDAY + DAY)
    tell("fedex", estimate(ONE, MONDAY + 3 * DAY), at=MONDAY + HOUR)
    return MONDAY + HOUR


def promise_over() -> datetime:
    scanned()
    promised(MONDAY + DAY)
    return MONDAY + DAY + HOUR


def ready(return_by: date | None, after: timedelta) -> Callable[[], datetime]:
    def make() -> datetime:
        scanned()
        tell("fedex", event(ONE, "available_for_pickup", MONDAY + HOUR), at=MONDAY + HOUR)
        if return_by:
            tell("fedex", Observation(ONE, "fedex", return_by=return_by), at=MONDAY + HOUR)
        return MONDAY + after

    return make


def delivered_at(where: object) -> None:
    scanned()
    tell("fedex", event(ONE, "delivered", MONDAY + HOUR, place=where), at=MONDAY + HOUR)  # type: ignore[arg-type]


def elsewhere() -> datetime:
    delivered_at(BOSTON)
    return MONDAY + HOUR


def not_received() -> datetime:
    delivered_at(AUSTIN)
    disputes.open_dispute(
        shipment_id=only_parcel().pk, kind="delivered_not_received", actor=None, source="ticket", said="Nothing.",
        now=MONDAY + HOUR,
    )  # fmt: skip
    return MONDAY + HOUR


def moved_again() -> datetime:
    delivered_at(AUSTIN)
    tell("fedex", event(ONE, "in_transit", MONDAY + 2 * HOUR), at=MONDAY + 2 * HOUR)
    return MONDAY + 2 * HOUR


def contradicted() -> datetime:
    scanned()
    tell("fedex", event(ONE, "in_transit", MONDAY + 3 * HOUR), at=MONDAY + 3 * HOUR)
    tell("platform", event(ONE, "delivered", MONDAY + 2 * HOUR), at=MONDAY + 3 * HOUR)
    return MONDAY + 12 * HOUR


MAKERS: dict[str, Callable[[], datetime]] = {
    "missing_tracking": without_number,
    "unknown_number": not_known,
    "no_first_scan": label_alone,
    "batch_accepted_only": in_a_batch,
    "stalled": later(4 * DAY),
    "presumed_lost": later(12 * DAY),
    "will_miss_promise": late_estimate,
    "missed_promise": promise_over,
    "held_at_location": ready(None, 3 * DAY),
    "pickup_expiring": ready(date(2026, 3, 4), 2 * HOUR),
    "return_to_sender": reported("returning"),
    "misdelivery_suspected": elsewhere,
    "delivered_not_received": not_received,
    "movement_after_delivery": moved_again,
    "source_conflict": contradicted,
    "other": reported("exception"),
    **{
        kind: reported(kind)
        for kind in (
            "carrier_delay", "weather_delay", "address_issue", "payment_due", "failed_attempt", "customs_hold",
            "damaged", "lost", "refused",
        )
    },
}  # fmt: skip


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
