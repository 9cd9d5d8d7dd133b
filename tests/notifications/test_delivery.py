"""The senders: faults of every kind, limits, leases, and what a person can settle. Nothing is lost, nothing doubled."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User

from notifications.channels.contract import Envelope, PermanentFailure, TemporaryFailure
from notifications.models import ChannelState, DeliveryAttempt, OutboxRow
from notifications.outbox import operations
from notifications.outbox.claiming import claim
from notifications.outbox.delivery import BACKOFF, GIVE_UP_AFTER, JITTER, backoff, begin, settle_sent, sweep
from tests.notifications.mail import DAY, HOUR, MINUTE, NOON, Memory, announce, delivered, parcel, relayed, report, rows
from tests.tracking.shipments.telling import fulfilment, order, tell
from tracking.customer_knowledge.queries import of_shipment

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("boss")


@pytest.fixture
def due(stage: None) -> OutboxRow:
    """A message about a first scan that is due at noon."""
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    return OutboxRow.objects.get()


def state() -> str:
    return OutboxRow.objects.get().state


def known() -> str:
    return {row.topic: row.state for row in of_shipment(parcel().pk)}["first_scan"]


def test_the_exact_text_the_address_and_the_template_are_kept(due: OutboxRow, memory: Memory) -> None:
    delivered(NOON, memory)
    row, mail = OutboxRow.objects.get(), memory.sent[0]
    assert (row.subject_text, row.body_text, row.body_html) == (mail.subject, mail.text, mail.html)
    assert (row.template_key, row.template_version, row.language) == ("first_scan", 1, "en")
    assert (row.rule_key, row.rule_version, row.attempts, row.provider_id) == ("first_scan", 1, 1, "id-1")
    assert mail.to == "ann@example.com" and mail.key == str(row.idempotency_key)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.headers["List-Unsubscribe"].strip("<>") in mail.text
    assert DeliveryAttempt.objects.get().result == "sent"


def test_a_temporary_fault_is_tried_again_later_with_the_same_key(due: OutboxRow, memory: Memory) -> None:
    memory.fails = TemporaryFailure("out of order")
    assert delivered(NOON, memory).retried == 1
    row = OutboxRow.objects.get()
    assert row.state == "scheduled" and row.due_at is not None and row.due_at > NOON + 40 * timedelta(seconds=1)
    memory.fails = None
    assert delivered(NOON, memory).sent == 0
    assert delivered(row.due_at, memory).sent == 1
    assert memory.sent[0].key == str(due.idempotency_key)
    assert [each.result for each in DeliveryAttempt.objects.all()] == ["temporary", "sent"]


def test_a_provider_that_asks_for_time_gets_it(due: OutboxRow, memory: Memory) -> None:
    memory.fails = TemporaryFailure("slow down (429)", wait=timedelta(minutes=40))
    delivered(NOON, memory)
    assert OutboxRow.objects.get().due_at == NOON + timedelta(minutes=40)


def test_after_many_tries_it_has_failed_and_a_person_may_try_again(due: OutboxRow, memory: Memory, boss: User) -> None:
    memory.fails, at = TemporaryFailure("out of order"), NOON
    for _ in range(GIVE_UP_AFTER):
        delivered(at, memory)
        at += DAY / 3  # longer than the longest wait between two tries
    assert (state(), known()) == ("failed", "failed")
    memory.fails = None
    operations.retry(row_id=due.pk, actor=boss, now=at)
    assert delivered(at, memory).sent == 1


def test_a_permanent_fault_is_not_tried_again(due: OutboxRow, memory: Memory) -> None:
    memory.fails = PermanentFailure("refused")
    assert delivered(NOON, memory).failed == 1
    memory.fails = None
    assert delivered(NOON + DAY, memory).sent == 0
    assert (state(), known()) == ("failed", "failed")


def test_a_lost_answer_is_tried_again_only_where_the_other_side_drops_repetitions(
    due: OutboxRow, memory: Memory
) -> None:
    memory.keeps_keys, memory.fails = True, TemporaryFailure("no answer", may_have_arrived=True)
    delivered(NOON, memory)
    assert state() == "scheduled"


@pytest.mark.parametrize(("act", "end", "told"), [("it_was_sent", "sent", 0), ("send_again", "sent", 1)])
def test_a_lost_answer_elsewhere_is_for_a_person_to_settle(
    due: OutboxRow, memory: Memory, boss: User, act: str, end: str, told: int
) -> None:
    memory.fails = TemporaryFailure("no answer", may_have_arrived=True)
    delivered(NOON, memory)
    memory.fails = None
    delivered(NOON + DAY, memory)
    assert (state(), known(), memory.sent) == ("unknown", "unknown", [])
    getattr(operations, act)(row_id=due.pk, actor=boss, now=NOON + DAY)
    delivered(NOON + DAY, memory)
    assert (state(), known(), len(memory.sent)) == (end, "told", told)
    with pytest.raises(operations.OutboxRefused):
        getattr(operations, act)(row_id=due.pk, actor=boss, now=NOON + DAY)


def test_a_sender_that_died_leaves_unknown_not_a_second_message(due: OutboxRow, memory: Memory) -> None:
    (message,) = claim(channel=memory, now=NOON).messages
    assert begin(message=message, now=NOON)
    assert sweep(now=NOON + timedelta(seconds=59)) == 0
    assert delivered(NOON + 2 * MINUTE, memory).unknown == 1
    assert (state(), memory.sent) == ("unknown", [])


def test_a_late_answer_still_counts(due: OutboxRow, memory: Memory) -> None:
    """The clock jumped forward while the call was under way: given up as unknown, and then it was sent after all."""
    (message,) = claim(channel=memory, now=NOON).messages
    begin(message=message, now=NOON)
    sweep(now=NOON + HOUR)
    settle_sent(message=message, receipt=memory.send(message.envelope), now=NOON + HOUR)
    assert (state(), known()) == ("sent", "told")


def test_a_sender_that_died_before_it_began_costs_a_minute(due: OutboxRow, memory: Memory) -> None:
    claim(channel=memory, now=NOON)
    assert delivered(NOON + timedelta(seconds=30), memory).sent == 0
    assert delivered(NOON + timedelta(seconds=61), memory).sent == 1


def test_two_senders_never_take_the_same_message(due: OutboxRow, memory: Memory) -> None:
    first, second = claim(channel=memory, now=NOON), claim(channel=memory, now=NOON)
    assert (len(first.messages), len(second.messages)) == (1, 0)


def test_a_message_cancelled_after_it_was_taken_does_not_leave(due: OutboxRow, memory: Memory, boss: User) -> None:
    (message,) = claim(channel=memory, now=NOON).messages
    operations.cancel(row_id=due.pk, actor=boss, now=NOON)
    assert not begin(message=message, now=NOON)
    assert state() == "cancelled"


def test_a_clock_that_jumps_back_delays_and_doubles_nothing(due: OutboxRow, memory: Memory) -> None:
    assert delivered(NOON - DAY, memory).sent == 0
    assert delivered(NOON, memory).sent == 1
    assert delivered(NOON - DAY, memory).sent == 0


def test_many_faults_close_the_channel_and_one_success_opens_it(stage: None, memory: Memory) -> None:
    for number in range(8):
        name = str(794600000100 + number)
        tell("shop", order(f"20{number}"), fulfilment(name, of=f"20{number}", name=f"f{number}"), at=NOON - DAY)
        report("first_scan", NOON, name)
    relayed(NOON)
    memory.fails = TemporaryFailure("out of order")
    delivered(NOON, memory)
    channel = ChannelState.objects.get()
    assert channel.faults >= 5 and channel.closed_until is not None
    tries = DeliveryAttempt.objects.count()
    delivered(NOON + timedelta(seconds=10), memory)
    assert DeliveryAttempt.objects.count() == tries
    memory.fails = None
    assert delivered(NOON + HOUR, memory).sent == 8
    assert ChannelState.objects.get().faults == 0


def test_no_more_leaves_than_the_channel_allows_in_a_second(stage: None, memory: Memory) -> None:
    memory.per_second = 2.0
    for number in range(9):
        name = str(794600000100 + number)
        tell("shop", order(f"20{number}"), fulfilment(name, of=f"20{number}", name=f"f{number}"), at=NOON - DAY)
        report("first_scan", NOON, name)
    relayed(NOON)
    assert delivered(NOON, memory).sent == 4
    assert delivered(NOON + timedelta(seconds=1), memory).sent == 2
    assert delivered(NOON + timedelta(minutes=1), memory).sent == 3


def test_a_paused_channel_and_the_switch_hold_everything_and_then_let_go(
    due: OutboxRow, memory: Memory, boss: User
) -> None:
    operations.pause_channel(channel="email", actor=boss, now=NOON, note="moving house")
    assert delivered(NOON, memory).sent == 0
    operations.resume_channel(channel="email", actor=boss, now=NOON)
    operations.set_kill_switch(is_off=True, actor=boss, now=NOON)
    assert delivered(NOON, memory).sent == 0
    operations.set_kill_switch(is_off=False, actor=boss, now=NOON)
    assert delivered(NOON, memory).sent == 1
    with pytest.raises(operations.OutboxRefused):
        operations.set_kill_switch(is_off=True, actor=User.objects.create(username="new"), now=NOON)


def test_a_message_whose_template_fails_says_so(due: OutboxRow, memory: Memory) -> None:
    OutboxRow.objects.update(template_key="no_such")
    delivered(NOON, memory)
    assert (state(), memory.sent) == ("failed", [])
    assert "no_such" in OutboxRow.objects.get().reason


def test_waits_grow_and_are_spread() -> None:
    key = UUID("6f1fdd9c-5ba7-4dbc-b1a6-ff0a7d0b5a11")
    waits = [backoff(key, attempt) / MINUTE for attempt in range(1, 9)]
    for wait, minutes in zip(waits, [*BACKOFF, BACKOFF[-1], BACKOFF[-1]], strict=True):
        assert minutes * (1 - JITTER) <= wait <= minutes * (1 + JITTER)
    assert len(set(waits)) == len(waits)


def test_some_fail_and_others_leave(stage: None, memory: Memory) -> None:
    for number in range(3):
        name = str(794600000100 + number)
        mail = f"c{number}@example.com"
        tell("shop", order(f"20{number}", email=mail), fulfilment(name, of=f"20{number}", name=f"f{number}"), at=NOON)
        report("first_scan", NOON, name)
    relayed(NOON)

    def fails(envelope: Envelope) -> Exception | None:
        return PermanentFailure("refused") if envelope.to == "c1@example.com" else None

    memory.fails = fails
    done = delivered(NOON, memory)
    assert (done.sent, done.failed) == (2, 1)
    assert sorted(each for _, each in rows()) == ["failed", "sent", "sent"]
