"""Settings that nobody means: the engine goes on and comes to an end."""

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.tracking.exception_queue.desks import HOUR, TUESDAY, join, make_case, make_ladder, make_rule, make_team
from tests.tracking.shipments.telling import MONDAY, ONE, event, fulfilment, only_parcel, open_kinds, order, tell
from tracking.exception_queue.escalation import look_at_clocks
from tracking.exception_queue.sweep import sweep
from tracking.models import DomainEvent, ExceptionCase, PickupCutoff, Shipment, Warehouse, WindowPolicy, WorkingHours


def steps() -> int:
    return DomainEvent.objects.filter(kind="case.escalated").count()


def test_a_zero_window_fires_at_once_and_the_sweep_ends(stage: None) -> None:
    WindowPolicy.objects.create(kind="stalled", window="stalled", days=0)
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)
    sweep(clock=lambda: MONDAY + HOUR)
    assert "stalled" in open_kinds(only_parcel())
    assert sweep(clock=lambda: MONDAY + HOUR).looked_at == 0
    next_check = Shipment.objects.values_list("next_check_at", flat=True).get(pk=only_parcel().pk)
    assert next_check is None or next_check > MONDAY + HOUR


@pytest.mark.parametrize("closed", ["no weekday", "every pickup day"])
def test_a_warehouse_that_never_opens_stops_nothing(stage: None, closed: str) -> None:
    house = Warehouse.objects.create(name="Closed", is_default=True)
    if closed == "every pickup day":
        PickupCutoff.objects.create(warehouse=house, weekday=0, cutoff="17:00")
        house.closed_days = [date(2026, 3, 2) + timedelta(weeks=week) for week in range(60)]
        house.save()
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "label_created", MONDAY), at=MONDAY)
    Shipment.objects.update(warehouse=house, next_check_at=MONDAY)
    assert sweep(clock=lambda: MONDAY + 200 * HOUR).looked_at == 1
    assert sweep(clock=lambda: MONDAY + 200 * HOUR).looked_at == 0


def test_a_team_without_hours_works_round_the_clock_on_the_ladder_too(db: None) -> None:
    team = make_team()
    WorkingHours.objects.all().delete()
    make_ladder(steps=((0, "notify_lead"), (30, "notify_lead")))
    make_case(team)
    for hours, taken in ((0, 1), (29, 1), (30, 2)):
        look_at_clocks(clock=lambda at=TUESDAY + hours * HOUR: at)  # type: ignore[misc]
        assert steps() == taken


def test_the_ladder_counts_real_hours_over_the_change_to_summer_time(db: None) -> None:
    team = make_team()
    make_rule(team)
    ann = join(team, "ann")
    make_ladder(steps=((2, "notify_owner"),))
    friday_four = datetime(2026, 3, 6, 21, tzinfo=UTC)  # 16:00 in New York, winter time
    make_case(team, ann, due=friday_four)
    monday_ten = datetime(2026, 3, 9, 14, tzinfo=UTC)  # 10:00 in New York, summer time
    look_at_clocks(clock=lambda: friday_four)
    assert ExceptionCase.objects.get().escalation_due_at == monday_ten
    look_at_clocks(clock=lambda: monday_ten - timedelta(minutes=1))
    assert steps() == 0
    look_at_clocks(clock=lambda: monday_ten)
    assert steps() == 1
