"""The relay on real rows: what is decided, scheduled, withdrawn, and what customers know by it."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from notifications.models import ChannelState, Decision, MessagingSwitch, OptOut, OutboxRow, SuppressedAddress
from notifications.outbox import operations
from notifications.outbox.topics import parcel_topic
from notifications.queries import counts, ledger_of_shipment
from notifications.relay import has_news, relay_batch
from tests.notifications.mail import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    ONE,
    TWO,
    Memory,
    announce,
    delivered,
    parcel,
    relayed,
    report,
    rows,
)
from tests.tracking.shipments.telling import MONDAY, event, fulfilment, order, tell
from tracking.customer_knowledge.queries import latest_for, of_shipment
from tracking.domain_events import News, publish
from tracking.exception_queue.corrections import correct_status
from tracking.models import Customer, DomainEvent, Order, Shipment
from tracking.models.parties import email_hash

pytestmark = pytest.mark.django_db
ANN = email_hash("ann@example.com")


@pytest.fixture(autouse=True)
def _stage(stage: None) -> None:
    """Everything here begins with the preset rules."""


def known() -> dict[str, str]:
    return {row.topic: row.state for row in of_shipment(parcel().pk)}


def reasons(topic: str) -> list[str]:
    return list(Decision.objects.filter(topic=topic).order_by("pk").values_list("reason", flat=True))


def test_the_label_is_told_as_a_label_and_the_first_scan_once(memory: Memory) -> None:
    announce()
    report("label_created", NOON - HOUR)
    relayed(NOON - HOUR)
    delivered(NOON - HOUR, memory)
    report("first_scan", NOON)
    relayed(NOON)
    delivered(NOON, memory)
    report("in_transit", NOON + HOUR)
    relayed(NOON + HOUR)
    delivered(NOON + HOUR, memory)
    assert rows() == [("label_created", "sent"), ("first_scan", "sent")]
    label, scan = memory.sent
    assert "has not scanned it yet" in label.text and "on its way" not in label.text
    assert "scanned your parcel for the first time" in scan.text
    assert reasons("first_scan") == ["", "already_sent"]
    assert known() == {"created": "withheld", "label_created": "told", "first_scan": "told"}


def test_every_change_of_the_public_sentence_has_a_decision() -> None:
    announce()
    for at, word in enumerate(("label_created", "first_scan", "exception", "damaged", "in_transit", "returning")):
        report(word, NOON + at * HOUR)
    relayed(NOON + DAY)
    changes = set(DomainEvent.objects.filter(kind="shipment.sentence_changed").values_list("pk", flat=True))
    assert changes == set(Decision.objects.filter(audience="customer").values_list("domain_event_id", flat=True))
    assert "no_rule" in set(Decision.objects.values_list("reason", flat=True))


def test_what_newer_truth_overtook_in_one_go_is_not_sent(memory: Memory) -> None:
    announce()
    report("first_scan", NOON)
    report("out_for_delivery", NOON + HOUR)
    relayed(NOON + 2 * HOUR)
    delivered(NOON + 2 * HOUR, memory)
    assert reasons("first_scan") == ["superseded"]
    assert [mail.subject for mail in memory.sent] == ["Order 1001: out for delivery"]


def test_a_scheduled_message_that_is_no_longer_true_is_withdrawn(memory: Memory) -> None:
    announce()
    night = NOON + 12 * HOUR
    report("first_scan", night)
    relayed(night)
    assert rows() == [("first_scan", "scheduled")]
    assert Decision.objects.get(verdict="send").why == "quiet_hours"
    report("damaged", night + HOUR)  # no rule speaks of it, so nothing takes the message's place
    relayed(night + HOUR)
    delivered(night + DAY, memory)
    assert rows() == [("first_scan", "superseded")]
    assert memory.sent == []
    assert known()["first_scan"] == "withheld"


def test_truth_is_asked_again_right_before_sending(memory: Memory) -> None:
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    report("damaged", NOON + MINUTE)  # heard, but the relay has not come to it yet
    assert delivered(NOON + MINUTE, memory).withdrawn == 1
    assert memory.sent == [] and rows() == [("first_scan", "superseded")]


@pytest.mark.parametrize(
    ("purpose", "state"), [("progress", "cancelled"), ("problem", "sent")], ids=["refused", "another purpose"]
)
def test_who_refuses_between_scheduling_and_sending_hears_nothing(memory: Memory, purpose: str, state: str) -> None:
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    store = Customer.objects.get().store_id
    operations.refuse(email_key=ANN, store_id=store, purpose=purpose, how="page", now=NOON)
    delivered(NOON, memory)
    assert rows() == [("first_scan", state)]
    if state == "cancelled":
        assert OutboxRow.objects.get().reason == "opted_out" and known()["first_scan"] == "withheld"


def test_an_erased_customer_hears_nothing_and_the_rows_stay(memory: Memory) -> None:
    announce()
    report("label_created", NOON)
    relayed(NOON)
    delivered(NOON, memory)
    report("first_scan", NOON + HOUR)
    relayed(NOON + HOUR)
    customer = Customer.objects.get()
    before = counts()
    operations.forget_customer(customer_id=customer.pk, now=NOON + HOUR)
    Customer.objects.update(email="", name="", erased_at=NOON + HOUR)
    delivered(NOON + 2 * HOUR, memory)
    report("out_for_delivery", NOON + 3 * HOUR)
    relayed(NOON + 3 * HOUR)
    assert len(memory.sent) == 1
    assert rows() == [("label_created", "sent"), ("first_scan", "cancelled")]
    assert not OutboxRow.objects.exclude(body_text="").exists()
    assert reasons("out_for_delivery:2026-03-02") == ["no_address"]
    assert counts()["rows"] == before["rows"]


def _refuse() -> None:
    OptOut.objects.create(
        store_id=Customer.objects.get().store_id, email_key=ANN, purpose="progress", at=MONDAY, how="page"
    )


def _no_mail(email: str) -> None:
    Customer.objects.update(email=email)


WITHHELD = {
    "opted_out": _refuse,
    "suppressed_address": lambda: SuppressedAddress.objects.create(email_key=ANN, news="bounced", at=MONDAY),
    "no_address": lambda: _no_mail("not an address"),
    "test_order": lambda: Order.objects.update(is_test=True),
    "channel_paused": lambda: ChannelState.objects.create(channel="email", paused_at=MONDAY),
    "kill_switch": lambda: MessagingSwitch.objects.create(pk=1, is_off=True),
    "post_terminal_conflict": lambda: Shipment.objects.update(holds_messages=True),
}


@pytest.mark.parametrize("reason", WITHHELD)
def test_each_reason_for_silence_is_found_and_kept(reason: str) -> None:
    announce()
    report("first_scan", NOON)
    WITHHELD[reason]()
    relayed(NOON)
    assert reasons("first_scan") == [reason]
    assert OutboxRow.objects.count() == 0
    entry = latest_for([parcel().pk])[parcel().pk]
    assert (entry.state, entry.reason) == ("withheld", reason)


def test_old_news_is_not_told() -> None:
    announce()
    report("first_scan", NOON)
    relayed(NOON + 8 * DAY)
    assert reasons("first_scan") == ["too_old"]


def test_what_was_over_before_the_parcel_was_known_is_not_told() -> None:
    announce(at=NOON + 3 * DAY)
    tell("fedex", event(ONE, "delivered", NOON), at=NOON + 3 * DAY)
    relayed(NOON + 3 * DAY)
    assert reasons("delivered") == ["delivered_before_import"]


@pytest.mark.parametrize(("cause", "reason"), [("remapped", "reread"), ("imported", "imported")])
def test_what_was_read_again_or_imported_is_silent(cause: str, reason: str) -> None:
    announce()
    report("first_scan", NOON)
    relayed(NOON - DAY)
    OutboxRow.objects.update(state="cancelled")
    told = DomainEvent.objects.filter(kind="shipment.sentence_changed").latest("pk")
    publish([News(told.kind, NOON, told.shipment_id, told.order_id, payload=told.payload | {"cause": cause})])
    relayed(NOON)
    assert Decision.objects.latest("pk").reason == reason


def test_a_digest_speaks_of_all_parcels_of_an_order_that_moved_meanwhile(memory: Memory) -> None:
    announce(ONE, TWO)
    report("first_scan", NOON)
    relayed(NOON)
    report("first_scan", NOON + 10 * MINUTE, TWO)
    relayed(NOON + 10 * MINUTE)
    assert rows() == [("first_scan:1", "scheduled")]
    assert Decision.objects.get(verdict="send").why == "digest"
    delivered(NOON + HOUR, memory)
    assert len(memory.sent) == 1
    assert ONE in memory.sent[0].text and TWO in memory.sent[0].text
    for row in Shipment.objects.all():
        assert {each.topic: each.state for each in of_shipment(row.pk)}["first_scan"] == "told"


def test_a_parcel_that_moves_after_the_digest_gets_its_own_message(memory: Memory) -> None:
    announce(ONE, TWO)
    report("first_scan", NOON)
    relayed(NOON)
    delivered(NOON + HOUR, memory)
    report("first_scan", NOON + 2 * HOUR, TWO)
    report("in_transit", NOON + 2 * HOUR)
    relayed(NOON + 2 * HOUR)
    delivered(NOON + 4 * HOUR, memory)
    assert rows() == [("first_scan:1", "sent"), ("first_scan:2", "sent")]
    assert ONE not in memory.sent[1].text and TWO in memory.sent[1].text


def test_a_persons_action_waits_so_that_undo_withdraws_it(memory: Memory) -> None:
    """An agent says that the parcel was delivered, sees that it was another one, and takes it back within 15 s."""
    agent = User.objects.create_superuser("agent")
    announce()
    report("first_scan", NOON - HOUR)
    relayed(NOON - HOUR)
    delivered(NOON - HOUR, memory)
    correct_status(shipment_id=parcel().pk, status="delivered", actor=agent, now=NOON, note="the carrier called")
    relayed(NOON)
    row = OutboxRow.objects.latest("pk")
    assert (row.topic, row.send_at) == ("delivered", NOON + timedelta(seconds=15))
    assert Decision.objects.get(row=row).why == "delay"
    back = NOON + timedelta(seconds=14)
    assert delivered(back, memory).sent == 0
    correct_status(shipment_id=parcel().pk, status="in_transit", actor=agent, now=back, note="it was another parcel")
    relayed(back)
    delivered(NOON + timedelta(seconds=15), memory)
    assert [mail.subject for mail in memory.sent] == ["Order 1001: the carrier has your parcel"]
    assert rows() == [("first_scan", "sent"), ("delivered", "superseded")]


def test_what_a_person_says_and_leaves_is_told_after_the_wait(memory: Memory) -> None:
    announce()
    report("first_scan", NOON - HOUR)
    relayed(NOON - HOUR)
    delivered(NOON - HOUR, memory)
    boss = User.objects.create_superuser("boss")
    correct_status(shipment_id=parcel().pk, status="delivered", actor=boss, now=NOON, note="seen by us")
    relayed(NOON)
    delivered(NOON + timedelta(seconds=15), memory)
    assert rows()[-1] == ("delivered", "sent")


def test_a_second_failed_attempt_is_told_too(memory: Memory) -> None:
    """Its sentence has a longer name, and the message must keep the whole of what it stays true with."""
    announce()
    for day, word in enumerate(("first_scan", "failed_attempt", "failed_attempt")):
        report(word, NOON + day * DAY)
        relayed(NOON + day * DAY)
        delivered(NOON + day * DAY, memory)
    assert rows() == [("first_scan", "sent"), ("failed_attempt:1", "sent"), ("failed_attempt:2", "sent")]


def test_high_care_trouble_waits_for_a_person_but_not_for_ever(memory: Memory) -> None:
    announce()
    Shipment.objects.update(care_level="high")
    report("address_issue", NOON)
    relayed(NOON)
    row = OutboxRow.objects.get(topic="address_issue")
    assert (row.state, row.send_at) == ("awaiting_approval", NOON + HOUR)
    assert known()["address_issue"] == "to_approve"
    assert delivered(NOON + 59 * MINUTE, memory).sent == 0
    assert delivered(NOON + HOUR, memory).sent == 1
    assert known()["address_issue"] == "told"


def test_a_person_may_approve_cancel_and_hasten(memory: Memory) -> None:
    announce(ONE, TWO)
    Shipment.objects.update(care_level="high")
    report("address_issue", NOON)
    relayed(NOON)
    boss = User.objects.create_superuser("boss")
    row = OutboxRow.objects.get(topic="address_issue")
    operations.approve(row_id=row.pk, actor=boss, now=NOON)
    delivered(NOON, memory)
    assert len(memory.sent) == 1
    report("first_scan", NOON + HOUR, TWO)
    relayed(NOON + HOUR)
    waiting = OutboxRow.objects.get(topic="first_scan:1")
    operations.cancel(row_id=waiting.pk, actor=boss, now=NOON + HOUR, note="wrong order")
    delivered(NOON + DAY, memory)
    assert len(memory.sent) == 1
    with pytest.raises(operations.OutboxRefused):
        operations.send_now(row_id=waiting.pk, actor=boss, now=NOON + HOUR)
    with pytest.raises(operations.OutboxRefused):
        operations.retry(row_id=waiting.pk, actor=User.objects.create(username="new"), now=NOON)
    operations.retry(row_id=waiting.pk, actor=boss, now=NOON + HOUR)
    delivered(NOON + HOUR, memory)
    assert len(memory.sent) == 2


def test_no_more_than_the_cap_about_one_parcel_in_a_day(memory: Memory) -> None:
    """Four in 24 hours are enough, unless the customer has to do something, or it is over."""
    announce()
    told = ("label_created", "first_scan", "failed_attempt", "address_issue", "out_for_delivery", "delivered")
    for minute, word in enumerate(told):
        at = NOON + minute * MINUTE
        report(word, at)
        relayed(at)
        delivered(at, memory)
    assert reasons("out_for_delivery:2026-03-02") == ["frequency_cap"]  # the fifth
    assert reasons("delivered") == [""]
    assert len(memory.sent) == 5


def test_a_decision_is_never_edited() -> None:
    announce()
    relayed(MONDAY)
    with pytest.raises(ProgrammingError, match="never edited"), transaction.atomic():
        Decision.objects.update(topic="other")


def test_joined_parcels_are_one_to_the_customer(memory: Memory) -> None:
    """The carrier spoke of a number before the shop did; the shop's parcel is the same."""
    tell("fedex", event(ONE, "first_scan", NOON), at=NOON)
    relayed(NOON)
    announce(at=NOON + HOUR)
    report("in_transit", NOON + 2 * HOUR)
    relayed(NOON + 2 * HOUR)
    delivered(NOON + 2 * HOUR, memory)
    assert [topic for topic, state in rows() if state == "sent"] == ["first_scan"]
    entries = ledger_of_shipment(parcel().pk)
    assert {entry.decision.verdict for entry in entries} == {"send", "withhold"}
    assert all(entry.words for entry in entries)


def test_the_number_of_queries_does_not_depend_on_the_batch() -> None:
    def cost(count: int, first: int) -> int:
        for at in range(first, first + count):
            number = str(794700000000 + at)
            tell("shop", order(f"{5000 + at}"), fulfilment(number, of=f"{5000 + at}", name=f"f{at}"), at=MONDAY)
            report("first_scan", NOON, number)
        with CaptureQueriesContext(connection) as seen:
            relay_batch(now=NOON)
        assert not has_news()
        return len(seen.captured_queries)

    cost(1, 0)  # the rules are read once per process
    few = cost(2, 50)
    assert cost(30, 100) == few
    assert few <= 30


def test_counts_add_up() -> None:
    announce(ONE, TWO)
    for hour, (word, number) in enumerate([("first_scan", ONE), ("first_scan", TWO), ("delivered", ONE)]):
        report(word, NOON + hour * HOUR, number)
        relayed(NOON + hour * HOUR)
    found = counts()
    assert found["decisions"] == found["sends"] + found["withheld"]
    assert found["sends"] == found["rows"] == Decision.objects.exclude(row=None).count()


def test_topics_of_digests_are_the_parcels_topics() -> None:
    assert parcel_topic("order", "first_scan:2") == "first_scan"
    assert parcel_topic("shipment", "failed_attempt:2") == "failed_attempt:2"
