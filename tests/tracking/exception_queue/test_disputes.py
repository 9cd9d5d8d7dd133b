"""Disputes: the evidence is what was known when the customer spoke, and stays so."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from tests.tracking.exception_queue.people import onlooker, person
from tests.tracking.shipments.telling import (
    AUSTIN,
    BOSTON,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    TWO,
    event,
    fulfilment,
    only_parcel,
    open_kinds,
    order,
    parcel,
    tell,
)
from tracking.customer_knowledge.operations import Known, record
from tracking.exception_queue import corrections, disputes, operations
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.evidence import canonical, digest, without_personal
from tracking.models import Customer, Dispute, DomainEvent, EvidenceSection, ExceptionCase, Shipment, TrackingEvent

NOW = MONDAY + 2 * DAY
SAID = "My neighbour ann@example.com saw nobody."


@pytest.fixture
def delivered(stage: None) -> Shipment:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", MONDAY), at=MONDAY)
    tell("fedex", event(ONE, "delivered", MONDAY + DAY, place=AUSTIN), at=MONDAY + DAY)
    return only_parcel()


def dispute(shipment: Shipment, kind: str = "delivered_not_received", **more: object) -> Dispute:
    given = {"actor": None, "source": "customer_page", "said": SAID, "now": NOW} | more
    return disputes.open_dispute(shipment_id=shipment.pk, kind=kind, **given)  # type: ignore[arg-type]


def section(found: Dispute, name: str) -> EvidenceSection:
    return found.sections.get(name=name)


def states(found: Dispute) -> set[str]:
    return {check.state for check in disputes.verify(found)}


def test_the_customers_word_opens_a_case_with_frozen_evidence(delivered: Shipment) -> None:
    record(entries=[Known(delivered.pk, "delivered", "told", MONDAY + DAY + HOUR)])
    found = dispute(delivered)
    case = ExceptionCase.objects.exclude(state="resolved").get()
    assert (found.case, case.kind) == (case, "delivered_not_received")
    assert case.activities.filter(kind="disputed", after__dispute=found.pk, actor=None).count() == 1
    assert [row.name for row in found.sections.all()] == [
        "statement", "parcel", "timeline", "proof_of_delivery", "place", "customer_told", "earlier_disputes",
    ]  # fmt: skip
    assert section(found, "statement").content["said"] == SAID
    assert section(found, "parcel").content["customer"]["name"] == "Ann Brown"
    assert [each["milestone"] for each in section(found, "timeline").content] == ["in_transit", "delivered"]
    assert section(found, "proof_of_delivery").content["delivered_at"] == (MONDAY + DAY).isoformat()
    assert section(found, "place").content["doubt"] == "none"
    told = section(found, "customer_told").content
    assert [(row["topic"], row["state"]) for row in told["messages"]] == [("delivered", "told")]
    assert told["page"]
    assert states(found) == {"intact"}
    news = DomainEvent.objects.get(kind="dispute.opened")
    assert news.payload["sections"] == {row.name: row.sha256 for row in found.sections.all()}


def test_the_words_are_kept_in_the_dispute_alone(delivered: Shipment) -> None:
    found = dispute(delivered)
    assert TrackingEvent.objects.get(kind="not_received").text == "Customer's page"
    assert "neighbour" not in "".join(found.case.activities.values_list("note", flat=True))  # type: ignore[union-attr]


def test_later_events_do_not_change_the_evidence(delivered: Shipment) -> None:
    found = dispute(delivered)
    before = {row.name: (row.content, row.sha256) for row in found.sections.all()}
    tell("fedex", event(ONE, "in_transit", NOW, place=BOSTON), at=NOW + HOUR)
    tell("fedex", event(ONE, "delivered", NOW + HOUR, place=BOSTON), at=NOW + DAY)
    record(entries=[Known(delivered.pk, "returned", "told", NOW + DAY)])
    corrections.correct_status(
        shipment_id=delivered.pk, status="in_transit", actor=person("ann"), now=NOW + DAY, note="Found."
    )
    assert {row.name: (row.content, row.sha256) for row in found.sections.all()} == before
    assert states(found) == {"intact"}


def test_a_changed_content_or_hash_is_seen(delivered: Shipment) -> None:
    found = dispute(delivered)
    row = section(found, "timeline")
    row.content[0]["city"] = "Boston"
    row.save()
    assert {check.section.name for check in disputes.verify(found) if check.state == "changed"} == {"timeline"}
    row.sha256 = digest(row.content)  # whoever changes both is given away by the ledger
    row.save()
    assert {check.section.name for check in disputes.verify(found) if check.state == "changed"} == {"timeline"}


def test_the_same_dispute_again_is_added_to_the_open_one(delivered: Shipment) -> None:
    found = dispute(delivered)
    again = dispute(delivered, said="Still nothing.", now=NOW + HOUR)
    assert again == found
    assert Dispute.objects.count() == 1
    notes = found.case.activities.filter(kind="note").values_list("note", flat=True)  # type: ignore[union-attr]
    assert list(notes) == ["Disputed again: Still nothing."]


def test_a_resolved_dispute_may_be_followed_by_another_which_names_it(delivered: Shipment) -> None:
    first, ann = dispute(delivered), person("ann")
    operations.resolve(case_id=first.case_id or 0, actor=ann, now=NOW + HOUR, outcome="arrived")
    second = dispute(delivered, now=NOW + DAY, actor=ann, source="agent", said="Gone again.")
    assert second != first
    assert second.case_id == first.case_id  # reopened
    assert second.case is not None
    assert second.case.reopened_count == 1
    earlier = section(second, "earlier_disputes").content
    assert [(row["dispute"], row["order"], row["outcome"]) for row in earlier] == [(first.pk, "1001", "arrived")]
    assert states(first) == states(second) == {"intact"}


def test_earlier_disputes_are_those_of_the_same_customer(delivered: Shipment) -> None:
    first = dispute(delivered)
    tell("shop", order("1002"), fulfilment(TWO, of="1002", name="f2"))
    tell("fedex", event(TWO, "delivered", MONDAY + DAY), at=MONDAY + DAY)
    second = dispute(parcel(TWO), now=NOW + HOUR)
    assert [row["dispute"] for row in section(second, "earlier_disputes").content] == [first.pk]
    tell("shop", order("1003", email="ben@example.com"), fulfilment("794600000003", of="1003", name="f3"))
    tell("fedex", event("794600000003", "delivered", MONDAY + DAY), at=MONDAY + DAY)
    other = dispute(parcel("794600000003"), now=NOW + HOUR)
    assert section(other, "earlier_disputes").content == []


def test_a_wrong_address_is_an_address_problem_on_the_way_until_the_parcel_has_ended(stage: None) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", NOW - HOUR), at=NOW - HOUR)
    found = dispute(only_parcel(), "wrong_address")
    assert open_kinds(only_parcel()) == {"address_issue"}
    assert "the address is wrong. It is sent to Austin, TX, 78701, US" in found.case.evidence  # type: ignore[union-attr]
    tell("fedex", event(ONE, "in_transit", NOW + HOUR), at=NOW + HOUR)
    assert open_kinds(only_parcel()) == {"address_issue"}  # a scan corrects no address
    tell("fedex", event(ONE, "delivered", NOW + DAY), at=NOW + DAY)
    assert open_kinds(only_parcel()) == set()


def test_a_settled_address_problem_stays_settled(stage: None) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", NOW - HOUR), at=NOW - HOUR)
    found = dispute(only_parcel(), "wrong_address")
    outcome = {"outcome": "address_corrected", "actor": person("ann"), "now": NOW + HOUR}
    operations.resolve(case_id=found.case_id or 0, **outcome)  # type: ignore[arg-type]
    tell("fedex", event(ONE, "in_transit", NOW + 2 * HOUR), at=NOW + 2 * HOUR)
    assert open_kinds(only_parcel()) == set()


def test_a_wrong_address_of_a_delivered_parcel_is_a_delivery_in_the_wrong_place(delivered: Shipment) -> None:
    found = dispute(delivered, "wrong_address")
    assert open_kinds(delivered) == {"misdelivery_suspected"}
    assert "as delivered to a wrong address; the carrier says it was delivered in Austin" in found.case.evidence  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kind": "odd"}, "Choose what is disputed"),
        ({"source": "odd"}, "how the customer told"),
        ({"said": " \x00"}, "what the customer says"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(delivered: Shipment, given: dict[str, str], says: str) -> None:
    with pytest.raises(ActionRefused, match=says):
        dispute(delivered, **given)
    assert not Dispute.objects.exists()


def test_only_what_can_be_disputed_is_taken_and_only_by_those_who_may(delivered: Shipment) -> None:
    with pytest.raises(ActionRefused, match="You may look"):
        dispute(delivered, actor=onlooker("olga"))
    Shipment.objects.update(direction="return")
    with pytest.raises(ActionRefused, match="on its way back to us"):
        dispute(delivered)
    Shipment.objects.update(direction="outbound", status="in_transit")
    with pytest.raises(ActionRefused, match="counts as delivered"):
        dispute(delivered)
    Shipment.objects.update(status="cancelled")
    with pytest.raises(ActionRefused, match="no longer matters"):
        dispute(delivered, "wrong_address")
    assert not Dispute.objects.exists()


def test_erasing_the_customer_empties_personal_fields_and_keeps_the_hashes(delivered: Shipment) -> None:
    TrackingEvent.objects.filter(code__milestone="delivered").update(signed_by="A BROWN", own_text="Signed A BROWN")
    Shipment.objects.update(signed_by="A BROWN")
    found = dispute(delivered)
    hashes = {row.name: row.sha256 for row in found.sections.all()}
    later = NOW + timedelta(days=40)
    assert disputes.empty_personal_fields(customer_ids=[found.customer_id or 0], now=later) == 1
    assert disputes.empty_personal_fields(customer_ids=[found.customer_id or 0], now=later) == 0
    stored = b"".join(canonical(row.content) for row in found.sections.all())
    for personal in (b"BROWN", b"Brown", b"ann@example.com", b"neighbour", b"78701"):
        assert personal not in stored
    assert {row.name: row.sha256 for row in found.sections.all()} == hashes
    found.refresh_from_db()
    assert found.erased_at == later
    assert {check.section.name: check.state for check in disputes.verify(found)} == {
        "statement": "erased",
        "parcel": "erased",
        "timeline": "erased",
        "proof_of_delivery": "erased",
        "place": "erased",
        "customer_told": "intact",
        "earlier_disputes": "intact",
    }


def test_an_erasure_leaves_others_alone(delivered: Shipment) -> None:
    found = dispute(delivered)
    other = Customer.objects.create(store_id=delivered.store_id or 0, email_key="x")
    assert disputes.empty_personal_fields(customer_ids=[other.pk], now=NOW) == 0
    assert states(found) == {"intact"}


def test_a_joined_parcel_keeps_its_disputes_and_their_proof(stage: None) -> None:
    tell("fedex", event(ONE, "in_transit", MONDAY), event(ONE, "delivered", MONDAY + DAY), at=MONDAY + DAY)
    found = dispute(only_parcel())
    tell("shop", order(), fulfilment(ONE), at=NOW + HOUR)
    found.refresh_from_db()
    assert found.shipment == only_parcel()
    assert states(found) == {"intact"}


def test_one_written_form_gives_one_hash() -> None:
    assert digest({"b": 1, "a": [True, None, "é"]}) == digest({"a": [True, None, "é"], "b": 1})
    assert canonical({"b": 1, "a": "é"}) == '{"a":"é","b":1}'.encode()
    assert digest({"a": 1}) != digest({"a": "1"})


def test_only_personal_fields_are_emptied() -> None:
    content = {"said": "x", "list": [{"name": "Ann", "role": "primary", "signed_by": ""}], "n": 1, "phone": ""}
    assert without_personal(content) == {
        "said": "", "list": [{"name": "", "role": "primary", "signed_by": ""}], "n": 1, "phone": "",
    }  # fmt: skip
    assert without_personal({"signed_by": "A", "text": "Signed A"}) == {"signed_by": "", "text": ""}
    assert without_personal({"signed_by": "", "text": "Delivered"}) == {"signed_by": "", "text": "Delivered"}


def test_an_agent_takes_it_down_by_name(delivered: Shipment) -> None:
    ann: User = person("ann")
    found = dispute(delivered, actor=ann, source="agent")
    assert found.opened_by == ann
    assert section(found, "statement").content["taken_down_by"] == "ann"
    assert TrackingEvent.objects.get(kind="not_received").text == "ann: Told to an agent"
