"""Whatever people, the carrier and the clock do to cases in whatever order: what must always hold, holds."""

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from random import Random
from threading import Thread

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection

from tests.tracking.exception_queue.people import MANAGER, person
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, event, fulfilment, order, set_up, tell
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.invariants import broken_invariants
from tracking.exception_queue.sweep import sweep
from tracking.models import CaseActivity, ExceptionCase, KindPolicy, Signal
from tracking.presets import defaults
from tracking.vocabulary import NotExceptionReason, Outcome, WaitingParty

START = MONDAY + HOUR
WORDS = (
    "failed_attempt", "lost", "damaged", "refused", "weather_delay", "in_transit", "out_for_delivery", "delivered",
    "returning", "returned",
)  # fmt: skip
SIZE = int(os.environ.get("SHIPTRACK_TEST_OPERATIONS", "160"))


def number(index: int) -> str:
    return f"7946000{index:05}"


def open_parcels(count: int) -> None:
    """A parcel in trouble for each index, every second one of the same order as the one before."""
    defaults.load()
    KindPolicy.objects.update(pauses_while_waiting_on_customer=True)
    for index in range(count):
        name = str(2000 + index // 2)
        tell("shop", order(name), fulfilment(number(index), of=name, name=f"f{index}"), at=START)
        tell("fedex", event(number(index), "failed_attempt", START), at=START)


def act(random: Random, cases: list[int], people: list[User], now: datetime) -> None:
    """One action of somebody on some case; that it is refused or comes second is no error."""
    who, case_id = random.choice(people), random.choice(cases)
    later = now + random.randint(1, 60) * HOUR
    steps: list[tuple[Callable[..., object], dict[str, object]]] = [
        (operations.take, {}),
        (operations.assign, {"owner": random.choice(people)}),
        (operations.release, {}),
        (operations.acknowledge, {}),
        (operations.wait, {"until": later, "waiting_party": random.choice(["", *WaitingParty.values])}),
        (operations.wait, {"for_scan": True, "waiting_party": random.choice(WaitingParty.values)}),
        (operations.add_note, {"note": "Rang them."}),
        (operations.set_next_action, {"text": "Ring again", "due_at": later}),
        (operations.promise_customer, {"text": "It comes", "due_at": later}),
        (operations.end_promise, {"state": random.choice(["kept", "broken", "withdrawn"])}),
        (operations.set_care_level, {"care_level": random.choice(["high", "standard"])}),
        (operations.resolve, {"outcome": random.choice(Outcome.values), "reason": NotExceptionReason.AGREED}),
        (operations.reopen, {"note": "Again."}),
    ]
    if random.random() < 0.15:
        recent = CaseActivity.objects.filter(case_id=case_id, actor=who).order_by("-id").values_list("pk", flat=True)
        operations.undo(activity_ids=list(recent[:1]), actor=who, now=now)
        return
    action, arguments = random.choice(steps)
    with suppress(ActionRefused, CaseConflict):
        action(case_id=case_id, actor=who, now=now, **arguments)


def engine(random: Random, count: int, now: datetime) -> None:
    """The carrier says something, or the clock does."""
    if random.random() < 0.6:
        tell("fedex", event(number(random.randrange(count)), random.choice(WORDS), now), at=now)
    else:
        sweep(clock=lambda: now)


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_by_any_mix_of_people_keeps_the_invariants(stage: None, seed: int) -> None:
    random = Random(seed)
    open_parcels(3)
    people = [person("ann"), person("ben", *MANAGER)]
    now = START
    for _ in range(50):
        now += random.randint(1, 300) * HOUR / 60
        cases = list(ExceptionCase.objects.values_list("pk", flat=True))
        if random.random() < 0.3:
            engine(random, 3, now)
        else:
            act(random, cases, people, now)
        assert broken_invariants() == []


@pytest.mark.django_db(transaction=True)
def test_sweep_drain_and_four_agents_at_once() -> None:
    set_up()
    open_parcels(20)
    people = [person(name, *MANAGER) for name in ("ann", "ben", "eva", "max")]
    cases, errors = list(ExceptionCase.objects.values_list("pk", flat=True)), []

    def work(seed: int, step: Callable[[Random, datetime], None]) -> None:
        random, now = Random(seed), START
        try:
            for _ in range(SIZE // 6):
                now += random.randint(1, 240) * HOUR / 60
                step(random, now)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    jobs = [Thread(target=work, args=(n, lambda r, t, p=p: act(r, cases, [p], t))) for n, p in enumerate(people)]
    jobs.append(Thread(target=work, args=(10, lambda r, t: engine(r, 20, t))))
    jobs.append(Thread(target=work, args=(11, lambda r, t: sweep(clock=lambda: t))))
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert errors == []
    assert broken_invariants() == []


def test_a_case_resolved_while_its_signal_is_told_anew_is_reopened(stage: None) -> None:
    open_parcels(1)
    case = ExceptionCase.objects.get()
    operations.resolve(case_id=case.pk, actor=person("ann"), now=START + HOUR, outcome="picked_up")
    tell("fedex", event(number(0), "failed_attempt", START + DAY), at=START + DAY)
    case.refresh_from_db()
    assert (case.state, case.reopened_count) == ("new", 1)
    assert broken_invariants() == []


def test_the_command_names_what_is_broken(stage: None, capsys: pytest.CaptureFixture[str]) -> None:
    open_parcels(1)
    call_command("check_invariants")
    assert "All invariants hold." in capsys.readouterr().out
    ExceptionCase.objects.update(next_action="", waiting_until=START)
    Signal.objects.update(case=None)
    assert {each.says for each in broken_invariants()} >= {
        "an open case has a next action",
        "only a waiting case waits",
        "an open case gathers the open signals of its parcel",
    }
    with pytest.raises(CommandError, match="do not hold"):
        call_command("check_invariants")
