"""Care by policy with its reason, what it tightens, claim windows, and clocks that stand still for the customer."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.tracking.exception_queue.people import MANAGER, person
from tests.tracking.shipments.telling import (
    AUSTIN,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    TWO,
    event,
    fulfilment,
    only_parcel,
    order,
    tell,
)
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.precision import precision_by_kind
from tracking.exception_queue.refresh import refresh
from tracking.exception_queue.tightening import tightened
from tracking.models import CarePolicy, Carrier, ClaimPolicy, ExceptionCase, KindPolicy, Macro, Shipment
from tracking.presets import defaults

START = MONDAY + HOUR
pytestmark = pytest.mark.usefixtures("stage")


def trouble(word: str = "failed_attempt", number: str = ONE, at: datetime = START, **facts: Any) -> ExceptionCase:
    tell("shop", order(**facts), fulfilment(number), at=at)
    tell("fedex", event(number, word, at), at=at)
    return ExceptionCase.objects.get(shipment__number=number)


@pytest.mark.parametrize(
    ("policy", "facts", "reason"),
    [
        ({"minimum_total_minor": 25_000}, {"total_minor": 31_200, "currency": "EUR"}, "order total 312.00 EUR"),
        ({"minimum_total_minor": 25_000}, {"total_minor": 24_999, "currency": "EUR"}, ""),
        ({"minimum_total_minor": 9_000, "currency": "USD"}, {"total_minor": 9_000, "currency": "EUR"}, ""),
        ({"minimum_total_minor": 9_000}, {"total_minor": 9_000, "currency": "JPY"}, "order total 9,000 JPY"),
        ({"tag": "vip"}, {"tags": ("gift", "VIP")}, "tag VIP"),
        ({"tag": "vip", "minimum_total_minor": 100}, {"tags": ("VIP",)}, ""),
        (
            {"tag": "vip", "minimum_total_minor": 100},
            {"tags": ("VIP",), "total_minor": 100},
            "order total 1.00; tag VIP",
        ),
        ({"country": "us"}, {"ship_to": AUSTIN}, "to US"),
        ({"country": "CH"}, {"ship_to": AUSTIN}, ""),
        ({"troubles": 1}, {}, ""),
    ],
)
def test_all_conditions_that_are_given_must_hold(policy: dict[str, Any], facts: dict[str, Any], reason: str) -> None:
    CarePolicy.objects.create(name="Dear ones", **policy)
    tell("shop", order(**facts), fulfilment(ONE))
    parcel = only_parcel()
    expected = ("high", "Dear ones", reason) if reason else ("standard", "", "")
    assert (parcel.care_level, parcel.care_policy, parcel.care_reason) == expected


def test_the_first_policy_by_position_is_named_and_stays() -> None:
    CarePolicy.objects.create(name="Second", position=2, country="US")
    first = CarePolicy.objects.create(name="First", position=1, tag="vip")
    tell("shop", order(tags=("vip",)), fulfilment(ONE))
    assert only_parcel().care_policy == "First"
    first.delete()
    tell("shop", order(version=MONDAY + HOUR, tags=()), at=MONDAY + HOUR)
    assert (only_parcel().care_level, only_parcel().care_policy) == ("high", "First")


def test_earlier_troubles_of_the_customer_count_but_not_those_of_this_order() -> None:
    CarePolicy.objects.create(name="Troubled before", troubles=1, troubles_within_days=30)
    trouble()
    assert only_parcel().care_level == "standard"
    tell("shop", order("1002", created_at=START + DAY), fulfilment(TWO, of="1002", name="f2"), at=START + DAY)
    second = Shipment.objects.get(number=TWO)
    assert (second.care_level, second.care_reason) == ("high", "1 cases within 30 days before")


def test_the_case_says_what_care_tightened() -> None:
    CarePolicy.objects.create(name="Dear ones", minimum_total_minor=25_000)
    case = trouble(total_minor=31_200, currency="EUR")
    parcel = Shipment.objects.select_related("carrier", "service", "warehouse").get()
    assert tightened(parcel, ["failed_attempt", "stalled"]) == [
        "High care, Dear ones: order total 312.00 EUR.",
        "Every problem counts as one step more severe.",
        "Stalled: window 1.5 carrier days instead of 3 carrier days (high care).",
        "Stalled, out for delivery: window 0.5 carrier days instead of 1 carrier day (high care).",
    ]
    assert case.severity == "high"
    parcel.care_level = "standard"
    assert tightened(parcel, ["stalled"]) == []


def test_a_person_who_set_the_level_is_not_overruled_by_a_policy() -> None:
    case, ann = trouble(), person("ann")
    operations.set_care_level(case_id=case.pk, actor=ann, now=START, care_level="high")
    operations.resolve(case_id=case.pk, actor=ann, now=START, outcome="picked_up")
    operations.set_care_level(case_id=case.pk, actor=ann, now=START, care_level="standard")
    CarePolicy.objects.create(name="Everybody here", country="US")
    tell("shop", order(version=START, tags=("x",)), at=START)
    assert only_parcel().care_level == "standard"


def test_claims_count_down_from_the_day_of_shipping_and_end_with_the_carriers_answer() -> None:
    fedex = Carrier.objects.get(code="fedex")
    ClaimPolicy.objects.create(carrier=fedex, kind="lost", days=60)
    ClaimPolicy.objects.create(carrier=fedex, kind="lost", days=10, international=True)
    ClaimPolicy.objects.create(carrier=fedex, kind="damaged", days=21)
    case = trouble()
    assert case.claim_due_at is None
    tell("fedex", event(ONE, "first_scan", START), event(ONE, "lost", START + HOUR), at=START + HOUR)
    case.refresh_from_db()
    assert case.claim_due_at == datetime(2026, 5, 1, 23, 59, 59, tzinfo=UTC)
    tell("fedex", event(ONE, "damaged", START + 2 * HOUR), at=START + 2 * HOUR)
    case.refresh_from_db()
    assert case.claim_due_at == datetime(2026, 3, 23, 23, 59, 59, tzinfo=UTC), "the first to run out"
    operations.resolve(case_id=case.pk, actor=person("ann"), now=START + 3 * HOUR, outcome="claim_paid")
    case.refresh_from_db()
    assert case.claim_due_at is None


def test_a_claim_no_longer_counts_down_when_the_parcel_was_found() -> None:
    ClaimPolicy.objects.create(carrier=Carrier.objects.get(code="fedex"), kind="lost", days=60)
    case = trouble("lost")
    operations.add_note(case_id=case.pk, actor=person("ann"), now=START + HOUR, note="Rang them.")
    tell("fedex", event(ONE, "delivered", START + HOUR), at=START + HOUR)
    case.refresh_from_db()
    assert (case.state, case.claim_due_at) == ("new", None)


def pausing(kind: str = "failed_attempt") -> None:
    defaults.load()
    KindPolicy.objects.filter(kind=kind).update(pauses_while_waiting_on_customer=True, due_hours=4)


def test_the_clock_stands_still_while_waiting_on_the_customer() -> None:
    pausing()
    case, ann = trouble(), person("ann")
    left = case.next_action_due_at - (START + HOUR)
    operations.wait(case_id=case.pk, actor=ann, now=START + HOUR, until=START + DAY, waiting_party="customer")
    waiting = ExceptionCase.objects.get()
    assert (waiting.clocks_paused_at, waiting.paused_due_at) == (START + HOUR, case.next_action_due_at)
    assert waiting.time_left_at == waiting.next_action_due_at == START + DAY
    refresh(shipment_ids=[case.shipment_id], now=START + DAY, cause="observation")
    woken = ExceptionCase.objects.get()
    assert (woken.state, woken.clocks_paused_at, woken.paused_due_at) == ("acknowledged", None, None)
    assert woken.time_left_at == woken.next_action_due_at == START + DAY + left


def test_the_clock_runs_on_while_waiting_on_anybody_else_or_if_the_policy_says_so() -> None:
    pausing()
    case, ann = trouble(), person("ann")
    operations.wait(case_id=case.pk, actor=ann, now=START + HOUR, for_scan=True, waiting_party="carrier")
    assert ExceptionCase.objects.get().clocks_paused_at is None
    KindPolicy.objects.update(pauses_while_waiting_on_customer=False)
    operations.wait(case_id=case.pk, actor=ann, now=START + HOUR, for_scan=True, waiting_party="customer")
    assert ExceptionCase.objects.get().next_action_due_at == case.next_action_due_at
    with pytest.raises(ActionRefused, match="on whom"):
        operations.wait(case_id=case.pk, actor=ann, now=START, for_scan=True, waiting_party="neighbour")


def test_who_waits_on_the_customer_without_an_end_comes_back_after_a_week() -> None:
    pausing()
    case, ann = trouble(), person("ann")
    operations.wait(case_id=case.pk, actor=ann, now=START, waiting_party="customer")
    assert ExceptionCase.objects.get().waiting_until == START + 7 * DAY
    operations.acknowledge(case_id=case.pk, actor=ann, now=START + DAY)
    assert START + DAY < ExceptionCase.objects.get().next_action_due_at <= START + 2 * DAY


def test_a_resolution_says_its_cost_and_why_it_was_none() -> None:
    case, max_ = trouble(currency="EUR", total_minor=100), person("max", *MANAGER)
    for arguments, why in (
        ({"outcome": "refunded", "cost_minor": -1}, "negative"),
        ({"outcome": "refunded", "cost_minor": 1, "currency": "EURO"}, "three letters"),
        ({"outcome": "not_an_exception"}, "why it is not"),
        ({"outcome": "not_an_exception", "reason": "other"}, "why it is not"),
        ({"outcome": "not_an_exception", "reason": "because"}, "Choose why"),
    ):
        with pytest.raises(ActionRefused, match=why):
            operations.resolve(case_id=case.pk, actor=max_, now=START, **arguments)
    operations.resolve(case_id=case.pk, actor=max_, now=START, outcome="refunded", cost_minor=1250)
    case.refresh_from_db()
    assert (case.cost_minor, case.cost_currency) == (1250, "EUR")
    operations.reopen(case_id=case.pk, actor=max_, now=START + HOUR, note="Not yet.")
    operations.resolve(
        case_id=case.pk, actor=max_, now=START + HOUR, outcome="not_an_exception", reason="usual_for_lane"
    )
    case.refresh_from_db()
    assert (case.not_exception_reason, case.cost_minor) == ("usual_for_lane", 1250)
    found = precision_by_kind(since=START, until=START + DAY)
    assert [(row.kind, row.resolved, row.not_exceptions, row.precision) for row in found] == [
        ("failed_attempt", 1, 1, 0.0)
    ]
    assert found[0].reasons == {"usual_for_lane": 1}


def test_presets_are_loaded_once_and_left_alone_afterwards() -> None:
    defaults.load()
    assert ClaimPolicy.objects.filter(is_confirmed=False, carrier__code="ups").count() == 6
    assert Macro.objects.count() >= 4
    assert KindPolicy.objects.get(kind="address_issue").pauses_while_waiting_on_customer
    KindPolicy.objects.update(pauses_while_waiting_on_customer=False)
    Macro.objects.exclude(pk=Macro.objects.earliest("pk").pk).delete()
    defaults.load()
    assert Macro.objects.count() == 1
    assert not KindPolicy.objects.filter(pauses_while_waiting_on_customer=True).exists()
