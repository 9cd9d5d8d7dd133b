"""Processes killed around every send, and two at once: nothing is lost, nothing is doubled, doubt is said."""

import signal
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from notifications.channels.registry import CHANNELS
from notifications.models import Decision, OutboxRow
from notifications.outbox.delivery import deliver
from notifications.queries import counts
from notifications.relay import LOCK, has_news, relay
from tests.notifications.killed import RELAY_POINTS, SENDER_POINTS, work_and_die
from tests.notifications.mail import MINUTE, NOON, announce, relayed, report
from tests.tracking.shipments.telling import fulfilment, order, tell
from tracking.sandbox.server import Sandbox
from tracking.transactions import alone

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sandbox(settings: object) -> Iterator[Sandbox]:
    """The pretend mail provider, on a free port; our own senders are turned to it."""
    server = Sandbox(0, lambda: NOON)
    server.start()
    settings.EMAIL_BACKEND = "notifications.channels.resend.EmailBackend"  # type: ignore[attr-defined]
    settings.ANYMAIL = {"RESEND_API_KEY": "re_sandbox", "RESEND_API_URL": f"{server.origin}/resend/"}  # type: ignore[attr-defined]
    yield server
    server.stop()


def port(sandbox: Sandbox) -> int:
    return int(sandbox.origin.rpartition(":")[2])


EXPECTED = {  # the row's state after the next sender came by, and how many messages arrived in all
    "after claim": ("sent", 1),
    "before the call": ("unknown", 0),
    "after the call": ("unknown", 1),
    "after settling": ("sent", 1),
}


@pytest.mark.parametrize("point", SENDER_POINTS)
def test_a_sender_killed_at_any_point_sends_at_most_once(stage: None, sandbox: Sandbox, point: str) -> None:
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    assert work_and_die(point, NOON, port(sandbox)) == -signal.SIGKILL
    deliver(clock=lambda: NOON + 2 * MINUTE, channels=CHANNELS)
    assert (OutboxRow.objects.get().state, sandbox.mailbox.calls["arrived"]) == EXPECTED[point]
    assert sandbox.mailbox.calls["repeated"] == 0


@pytest.mark.parametrize("point", RELAY_POINTS)
def test_a_relay_killed_at_any_point_decides_once(stage: None, point: str) -> None:
    announce()
    report("first_scan", NOON)
    assert work_and_die(point, NOON, 1) == -signal.SIGKILL
    relayed(NOON)
    assert [row.topic for row in OutboxRow.objects.all()] == ["first_scan"]
    assert sorted(Decision.objects.values_list("topic", flat=True)) == ["created", "first_scan"]


def test_two_relays_at_once_decide_once(stage: None) -> None:
    for number in range(12):
        name = str(794600000100 + number)
        tell("shop", order(f"20{number}"), fulfilment(name, of=f"20{number}", name=f"f{number}"), at=NOON)
        report("first_scan", NOON, name)
    together = Barrier(2)

    def work() -> None:
        together.wait()
        relay(clock=lambda: NOON)
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not has_news()
    found = counts()
    assert (found["decisions"], found["sends"], found["rows"]) == (24, 12, 12)


def test_who_does_not_get_the_lock_leaves_everything_alone(stage: None) -> None:
    announce()
    done = []

    def other() -> None:
        done.append(relay(clock=lambda: NOON).news)
        connection.close()

    with alone(LOCK) as is_ours:
        assert is_ours
        thread = Thread(target=other)
        thread.start()
        thread.join()
    assert done == [0] and has_news()


def test_many_senders_at_once_send_everything_once(stage: None, sandbox: Sandbox) -> None:
    for number in range(30):
        name = str(794600000100 + number)
        tell("shop", order(f"20{number}"), fulfilment(name, of=f"20{number}", name=f"f{number}"), at=NOON)
        report("first_scan", NOON, name)
    relayed(NOON)
    ticks = [NOON + timedelta(seconds=at) for at in range(3)]

    def work() -> None:
        for tick in ticks:
            deliver(clock=lambda tick=tick: tick, channels=CHANNELS)  # type: ignore[misc]
        connection.close()

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (sandbox.mailbox.calls["arrived"], sandbox.mailbox.calls["sends"]) == (30, 30)
    assert set(OutboxRow.objects.values_list("state", flat=True)) == {"sent"}
