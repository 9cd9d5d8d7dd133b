"""Every pretend story played whole: a person learns of each trouble in time, and of no trouble that there is not."""

import os
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.journeys.customers import unlike_agents
from tests.journeys.diary import Diary, Plans
from tests.journeys.ledger import ledger
from tests.journeys.messaging import Messaging, messaging
from tests.journeys.player import CARRIERS, Player
from tests.journeys.stage import set_stage
from tests.journeys.told import faults_of_messages
from tests.tracking.sandbox.helpers import MONDAY, only
from tracking.models import ExceptionCase, Shipment, Signal, Source
from tracking.sandbox.accounts import ORIGIN
from tracking.sandbox.engine import World
from tracking.sandbox.orders import PlayedOrder
from tracking.sandbox.story import stories
from tracking.sandbox.truth import ShouldKnow, Truth, truth
from tracking.vocabulary import ShipmentStatus

pytestmark = pytest.mark.django_db

RECORDS = Path(__file__).parent / "records"
MESSAGES = RECORDS / "messages"
AFTERWARDS = timedelta(days=6)
RECONCILED = timedelta(minutes=20)
PLATFORMS = {"shipstation": "shipstation-main"}
EARLY = timedelta(minutes=15)  # webhooks are posted some minutes after the carrier knows
STATUS = {
    "delivered": ShipmentStatus.DELIVERED,
    "misdelivered": ShipmentStatus.DELIVERED,
    "returned": ShipmentStatus.RETURNED,
    "returning": ShipmentStatus.RETURNING,
    "cancelled": ShipmentStatus.CANCELLED,
}


def _played(
    name: str,
    until: datetime | None = None,
    look: Callable[[datetime], None] | None = None,
    post: Messaging | None = None,
) -> World:
    world = World.single(name, MONDAY, origin=post.sandbox.origin if post else ORIGIN)
    set_stage(MONDAY)
    order = only(world)
    if post:
        post.connect(world)
    player = Player(
        world, MONDAY, polled=CARRIERS | polled_platforms(order), look=look, due=post.next_due if post else None
    )
    end = until or end_of(order)
    for at in [MONDAY, *(move.at for move in order.platform_moves if move.step.does != "say")]:
        _reconcile(player, min(at, end))
    player.play(end)
    return world


def _reconcile(player: Player, at: datetime) -> None:
    """Ask the platforms around a moment at which they do something: to ask every half hour would only take time."""
    platforms = Source.objects.filter(slug__in=PLATFORMS.values())
    player.play(max(at, player.now))
    platforms.filter(slug__in=player.polled).update(polling_is_on=True, next_poll_at=player.now + RECONCILED)
    player.play(player.now + RECONCILED)
    platforms.update(polling_is_on=False)


def polled_platforms(order: PlayedOrder) -> frozenset[str]:
    """The platforms of a story that have to be asked, because their webhooks do not tell everything."""
    return frozenset(PLATFORMS[move.step.source] for move in order.platform_moves if move.step.source in PLATFORMS)


def end_of(order: PlayedOrder) -> datetime:
    """Well after the last thing that happens or should be known."""
    moments = [scan.at for scans in order.scans.values() for scan in scans]
    moments += [known.moment(order) for known in truth(order.story.name).should_know]
    return max([order.placed_at, *moments]) + AFTERWARDS


def _shipment(order: PlayedOrder, key: str) -> Shipment:
    number = order.vendor_numbers.get(key)
    rows = Shipment.objects.filter(merged_into=None)
    return rows.filter(numbers__number=number).distinct().get() if number else rows.get()


def _missed(order: PlayedOrder, known: ShouldKnow) -> str:
    signal = Signal.objects.filter(shipment=_shipment(order, known.number), kind=known.signal).first()
    if signal is None:
        return f"nobody hears of {known.signal}"
    moment = known.moment(order)
    if not moment - EARLY <= signal.fired_at <= moment + known.within:
        return f"{known.signal} at {signal.fired_at}, expected {moment}"
    if (end := known.end(order)) and not (signal.ended_at and signal.ended_at <= end + timedelta(hours=1)):
        return f"{known.signal} ended {signal.ended_at}, expected {end}"
    return ""


@pytest.mark.parametrize("name", sorted(stories()))
def test_the_product_finds_out_what_really_happened(name: str, settings: Any) -> None:
    """A person knows of each trouble in time and of none that there is not; the parcel ends where it really ended;
    the customer and every connected system hear what is true, once, and each silence has its reason."""
    plans = Plans()
    with messaging(settings, MONDAY) as post:

        def look(now: datetime) -> None:
            plans.look(now)
            post.look(now)

        order, facts = only(_played(name, look=look, post=post)), truth(name)
    records = {
        RECORDS / f"{name}.txt": f"{order.story.title}\n\n{Diary(order.house.zone, plans).text()}",
        MESSAGES / f"{name}.txt": f"{order.story.title}\n\n{ledger(order.house.zone, post.arrived)}",
    }
    keep(records)
    raised = set(Signal.objects.values_list("kind", flat=True))
    faults = [_missed(order, known) for known in facts.should_know]
    faults += [f"a false alarm: {kind}" for kind in sorted(raised & set(facts.never))]
    faults += unlike_agents(end_of(order))
    faults += faults_of_messages(name, post.arrived)
    assert [fault for fault in (*faults, *_wrong_end(order, facts)) if fault] == []
    compare(records)


def compare(records: Mapping[Path, str]) -> None:
    """Hold plays against their kept records."""
    keep(records)
    assert records == {kept: kept.read_text("utf-8") for kept in records}


def keep(records: Mapping[Path, str]) -> None:
    """UPDATE_RECORDS=1 keeps the records of a play, to be read before they are committed."""
    if os.environ.get("UPDATE_RECORDS") == "1":
        for kept, record in records.items():
            kept.write_text(record, "utf-8")


def _wrong_end(order: PlayedOrder, facts: Truth) -> list[str]:
    shipments = list(Shipment.objects.filter(merged_into=None).order_by("id"))
    scans = [(row.first_scan_at, row.first_scan_precision) for row in shipments if row.first_scan_at]
    scan, expected = min(scans, default=None), _first_scan(order, facts, min(scans)[1] if scans else "")
    cases = ExceptionCase.objects.count()
    status = STATUS.get(facts.outcome, shipments[-1].status)
    return [
        f"{len(shipments)} parcels, there are {facts.parcels}" if facts.parcels not in {None, len(shipments)} else "",
        f"{cases} cases, worth {facts.cases}" if facts.cases not in {None, cases} else "",
        f"first scan {scan}, it was {expected}" if scan != expected else "",
        f"{shipments[-1].status}, in fact {status}" if shipments[-1].status != status else "",
    ]


def _first_scan(order: PlayedOrder, facts: Truth, precision: str) -> tuple[datetime, str] | None:
    """The true moment, or the midnight of its day where the carrier told the day alone."""
    if not facts.moving_since:
        return None
    zone = order.house.zone
    moment = order.moment(facts.moving_since, zone)
    if precision == "date":
        moment = moment.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0)
    return moment, precision


def test_a_parcel_that_never_left_has_one_open_case_with_a_next_action() -> None:
    _played("label_never_lodged", until=MONDAY + timedelta(days=4))
    case = ExceptionCase.objects.get()
    assert case.kind == "no_first_scan"
    assert case.next_action
    assert case.next_action_due_at > case.opened_at
