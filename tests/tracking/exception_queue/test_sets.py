"""Work on many parcels costs as many queries as work on few, and everybody takes locks in one order."""

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracking.exception_queue.people import person
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, event, fulfilment, order, tell
from tracking.connectors.contract import ShipmentUpdate
from tracking.exception_queue import corrections, operations
from tracking.exception_queue.refresh import refresh
from tracking.models import ExceptionCase, Shipment

pytestmark = pytest.mark.usefixtures("stage")

LOCK_RANK = {"tracking_order": 0, "tracking_fulfilment": 0, "tracking_shipment": 1, "tracking_exceptioncase": 2}


def numbers(first: int, count: int) -> list[str]:
    return [f"7946{first + index:08}" for index in range(count)]


def queries_of(work: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        work()
    return [each["sql"] for each in captured.captured_queries]


def announce(names: list[str], at: datetime = MONDAY) -> None:
    parts: list[object] = []
    for name in names:
        parts += [order(name, email=f"{name}@example.com"), fulfilment(name, of=name, name=f"f{name}")]
    tell("shop", *parts, at=at)


def report(names: list[str], word: str, at: datetime) -> None:
    updates = [
        ShipmentUpdate(name, "fedex", service="Ground", partner_numbers=((f"P{name}", "usps"),)) for name in names
    ]
    tell("fedex", *updates, *(event(name, word, at) for name in names), at=at)


def withdraw(names: list[str], at: datetime) -> None:
    parts = [fulfilment(name, of=name, name=f"f{name}", status="cancelled", version=at) for name in names]
    tell("shop", *parts, at=at)


def rename(names: list[str], at: datetime) -> None:
    parts = [fulfilment(f"N{name}", of=name, name=f"f{name}", version=at) for name in names]
    tell("shop", *parts, at=at)


def look_again(names: list[str], at: datetime) -> None:
    ids = list(Shipment.objects.filter(number__in=names).values_list("pk", flat=True))
    refresh(shipment_ids=ids, now=at, cause="observation")


def life_of(names: list[str]) -> dict[str, int]:
    """Let parcels live through everything; return the queries that each step took."""
    new = [f"N{name}" for name in names]
    gone = [f"W{name}" for name in names]
    steps: dict[str, Callable[[], object]] = {
        "announce": lambda: announce(names),
        "rename": lambda: rename(names, MONDAY + HOUR),
        "scan and hand over": lambda: report(new, "in_transit", MONDAY + 2 * HOUR),
        "open cases": lambda: report(new, "lost", MONDAY + 3 * HOUR),
        "look again": lambda: look_again(new, MONDAY + 9 * DAY),
        "end cases": lambda: report(new, "delivered", MONDAY + 10 * DAY),
        "announce others": lambda: announce(gone),
        "withdraw them": lambda: withdraw(gone, MONDAY + HOUR),
    }
    return {name: len(queries_of(step)) for name, step in steps.items()}


def test_messages_and_looks_cost_the_same_for_five_as_for_fifty() -> None:
    life_of(numbers(0, 2))  # what is made once: codes, services
    few, many = life_of(numbers(100, 5)), life_of(numbers(1000, 50))
    assert many == few
    assert max(many.values()) <= 60
    assert ExceptionCase.objects.filter(outcome="arrived").count() == 57


def locked(sql: list[str]) -> list[str]:
    found = (re.search(r'FROM "(\w+)"', text) for text in sql if re.search(r"FOR (NO KEY )?UPDATE", text))
    return [match[1] for match in found if match and match[1] in LOCK_RANK]


PERSONS_WORK: dict[str, Callable[[ExceptionCase], object]] = {
    "take": lambda case: operations.take(case_id=case.pk, actor=person("ann"), now=MONDAY + HOUR),
    "wait": lambda case: operations.wait(case_id=case.pk, actor=person("ann"), now=MONDAY + HOUR, until=MONDAY + DAY),
    "resolve": lambda case: operations.resolve(
        case_id=case.pk, actor=person("ann"), now=MONDAY + HOUR, outcome="returned_to_stock"
    ),
    "correct": lambda case: corrections.correct_status(
        shipment_id=case.shipment_id, status="delivered", actor=person("ann"), now=MONDAY + HOUR, note="Seen."
    ),
    "look": lambda case: refresh(shipment_ids=[case.shipment_id], now=MONDAY + HOUR, cause="observation"),
}


@pytest.mark.parametrize("name", sorted(PERSONS_WORK))
def test_locks_are_taken_orders_first_then_parcels_then_cases(name: str) -> None:
    announce([ONE])
    report([ONE], "refused", MONDAY)
    case = ExceptionCase.objects.get()
    tables = list(dict.fromkeys(locked(queries_of(lambda: PERSONS_WORK[name](case)))))
    assert tables == ["tracking_order", "tracking_shipment", "tracking_exceptioncase"]


def test_a_batch_of_messages_locks_the_orders_of_its_parcels_first() -> None:
    announce([ONE])
    tables = locked(queries_of(lambda: report([ONE], "refused", MONDAY)))
    assert tables[:2] == ["tracking_order", "tracking_shipment"]
    assert tables[-1] == "tracking_exceptioncase"
