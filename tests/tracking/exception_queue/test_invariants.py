"""Whatever people, the carrier and the clock do to cases in whatever order: what must always hold, holds."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from random import Random
from threading import Barrier, Thread

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connections, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tracking.exception_queue.people import MANAGER, person
from tests.tracking.ingest.making import fedex_body, scan, stored
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, event, fulfilment, mapping_row, order, set_up, tell
from tracking.events import meanings
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.invariants import broken_invariants
from tracking.exception_queue.sweep import sweep
from tracking.ingest.drain import drain
from tracking.models import (
    CaseActivity,
    ExceptionCase,
    InboundMessage,
    KindPolicy,
    MappingVersion,
    Signal,
    Source,
    StatusMapping,
    TrackingEvent,
)
from tracking.presets import defaults
from tracking.vocabulary import NotExceptionReason, Outcome, PromiseState, WaitingParty

START = MONDAY + HOUR
REASONS = ("failed_attempt", "lost", "damaged", "refused", "weather_delay")
SCANS = ("in_transit", "out_for_delivery", "delivered", "returning", "returned")
SIZE = int(os.environ.get("SHIPTRACK_TEST_OPERATIONS", "60"))  # steps of everybody at once, in all

PARCELS = st.integers(0, 2)
PEOPLE = st.integers(0, 1)
MINUTES = st.integers(1, 300)
ACTIONS: dict[str, tuple[Callable[..., object], dict[str, st.SearchStrategy[object]]]] = {
    "take": (operations.take, {}),
    "assign": (operations.assign, {"owner": PEOPLE}),
    "release": (operations.release, {}),
    "acknowledge": (operations.acknowledge, {}),
    "wait": (
        operations.wait,
        {"until": MINUTES, "for_scan": st.booleans(), "waiting_party": st.sampled_from(["", *WaitingParty.values])},
    ),
    "note": (operations.add_note, {"note": st.just("Rang them.")}),
    "next": (operations.set_next_action, {"text": st.just("Ring again"), "due_at": MINUTES}),
    "promise": (operations.promise_customer, {"text": st.just("It comes"), "due_at": MINUTES}),
    "promised": (
        operations.end_promise, {"state": st.sampled_from([each for each in PromiseState.values if each != "open"])}
    ),
    "care": (operations.set_care_level, {"care_level": st.sampled_from(["high", "standard"])}),
    "resolve": (
        operations.resolve, {"outcome": st.sampled_from(Outcome.values), "reason": st.just(NotExceptionReason.AGREED)}
    ),
    "reopen": (operations.reopen, {"note": st.just("Again.")}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens after some minutes: somebody acts on a parcel's case, or the engine has news."""

    what: str  # an action, "undo", "sweep", or what the carrier says
    parcel: int
    who: int
    minutes: int
    values: dict[str, object]


def steps_of(name: str) -> st.SearchStrategy[Step]:
    values = st.fixed_dictionaries(ACTIONS[name][1]) if name in ACTIONS else st.just({})
    return st.builds(Step, st.just(name), PARCELS, PEOPLE, MINUTES, values)


BY_PEOPLE = st.sampled_from([*ACTIONS, "undo"]).flatmap(steps_of)
BY_THE_ENGINE = st.sampled_from(["sweep", *REASONS, *SCANS]).flatmap(steps_of)


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


def act(step: Step, case_id: int, people: list[User], now: datetime) -> None:
    """One action of somebody on some case; that it is refused or comes second is no error."""
    who = people[step.who]
    if step.what == "undo":
        recent = CaseActivity.objects.filter(case_id=case_id, actor=who).order_by("-id").values_list("pk", flat=True)
        operations.undo(activity_ids=list(recent[:1]), actor=who, now=now)
        return
    values = dict(step.values)
    for name in {"until", "due_at"} & set(values):
        values[name] = now + int(str(values[name])) * HOUR
    if "owner" in values:
        values["owner"] = people[int(str(values["owner"]))]
    with suppress(ActionRefused, CaseConflict):
        ACTIONS[step.what][0](case_id=case_id, actor=who, now=now, **values)


def happen(step: Step, people: list[User], now: datetime) -> None:
    """Let a step happen to the newest case of its parcel."""
    if step.what == "sweep":
        sweep(clock=lambda: now)
    elif step.what in (*REASONS, *SCANS):
        tell("fedex", event(number(step.parcel), step.what, now), at=now)
    else:
        found = ExceptionCase.objects.filter(shipment__number=number(step.parcel)).order_by("-id")
        act(step, found.values_list("pk", flat=True)[0], people, now)


@pytest.fixture
def people(stage: None) -> list[User]:
    """Two people, one of whom may approve money, before three parcels in trouble."""
    open_parcels(3)
    return [person("ann"), person("ben", *MANAGER)]


@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.one_of(BY_PEOPLE, BY_PEOPLE, BY_THE_ENGINE), min_size=1, max_size=14))
def test_any_sequence_of_actions_by_any_mix_of_people_keeps_the_invariants(
    people: list[User], steps: list[Step]
) -> None:
    now = START
    with transaction.atomic():
        for step in steps:
            now += step.minutes * HOUR / 60
            happen(step, people, now)
            assert broken_invariants() == [], step
        transaction.set_rollback(True)


# -- everybody at once -------------------------------------------------------------------------------------------------


def understand_pushed_scans() -> None:
    """Mapping rows for what the carrier's own messages say; the words of `set_up` are of a made-up field."""
    version = MappingVersion.objects.get()
    rows = [mapping_row(word, "exception", "item_scanned", word) for word in REASONS]
    rows += [mapping_row(word, word, "item_scanned") for word in SCANS]
    for row in rows:
        row.version, row.field, row.code, row.row_key = version, "eventType", row.code.upper(), f"type-{row.code}"
    StatusMapping.objects.bulk_create(rows)
    meanings.forget()


def some_step(random: Random, who: int) -> Step:
    """A step of a person, drawn without hypothesis: threads interleave differently each time anyway."""
    name = random.choice([*ACTIONS, "undo"])
    values: dict[str, object] = {}
    if name in ("wait", "next", "promise"):
        values["until" if name == "wait" else "due_at"] = random.randint(1, 60)
    more: dict[str, dict[str, object]] = {
        "assign": {"owner": random.randrange(4)},
        "wait": {"for_scan": random.random() < 0.5, "waiting_party": random.choice(["", *WaitingParty.values])},
        "note": {"note": "Rang them."},
        "next": {"text": "Ring again"},
        "promise": {"text": "It comes"},
        "promised": {"state": random.choice(["kept", "broken", "withdrawn"])},
        "care": {"care_level": random.choice(["high", "standard"])},
        "resolve": {"outcome": random.choice(Outcome.values), "reason": NotExceptionReason.AGREED},
        "reopen": {"note": "Again."},
    }
    return Step(name, 0, who, 0, values | more.get(name, {}))


def push(source: Source, random: Random, now: datetime) -> None:
    """The carrier's message about one of the parcels comes in at the door."""
    told = scan(now.isoformat(), random.choice((*REASONS, *SCANS)).upper())
    stored(source, fedex_body(number(random.randrange(20)), told), now)


@pytest.mark.django_db(transaction=True)
def test_sweep_drain_and_four_agents_at_once() -> None:
    set_up()
    understand_pushed_scans()
    open_parcels(20)
    meanings.forget()
    people = [person(name, *MANAGER) for name in ("ann", "ben", "eva", "max")]
    cases, errors = list(ExceptionCase.objects.values_list("pk", flat=True)), []
    told_before, fedex = TrackingEvent.objects.count(), Source.objects.get(slug="fedex")

    def agent(who: int) -> Callable[[Random, datetime], None]:
        return lambda random, now: act(some_step(random, who), random.choice(cases), people, now)

    def carrier(random: Random, now: datetime) -> None:
        push(fedex, random, now)
        drain(clock=lambda: now)

    def work(seed: int, step: Callable[[Random, datetime], None]) -> None:
        random, now = Random(seed), START
        try:
            for _ in range(SIZE // 6):
                now += random.randint(1, 240) * HOUR / 60
                step(random, now)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    steps = [*(agent(who) for who in range(4)), carrier, lambda random, now: sweep(clock=lambda: now)]
    jobs = [Thread(target=work, args=each) for each in enumerate(steps)]
    for job in jobs:
        job.start()
    for job in jobs:
        job.join()
    assert errors == []
    assert broken_invariants() == []
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {"processed"}
    assert TrackingEvent.objects.count() == told_before + SIZE // 6


def test_a_case_resolved_while_its_signal_is_told_anew_is_reopened(stage: None) -> None:
    open_parcels(1)
    case = ExceptionCase.objects.get()
    operations.resolve(case_id=case.pk, actor=person("ann"), now=START + HOUR, outcome="picked_up")
    tell("fedex", event(number(0), "failed_attempt", START + DAY), at=START + DAY)
    case.refresh_from_db()
    assert (case.state, case.reopened_count) == ("new", 1)
    assert broken_invariants() == []


@pytest.mark.django_db(transaction=True)
def test_a_case_resolved_in_the_very_moment_its_signal_is_raised_loses_neither() -> None:
    set_up()
    open_parcels(4)
    ann, errors = person("ann", *MANAGER), []
    for index, case in enumerate(ExceptionCase.objects.order_by("id")):
        barrier, now = Barrier(2), START + (index + 1) * DAY

        def at_once(step: Callable[[], object], barrier: Barrier = barrier) -> None:
            try:
                barrier.wait()
                step()
            except Exception as error:
                errors.append(error)
            finally:
                connections.close_all()

        again = event(number(index), "failed_attempt", now)
        steps = (
            lambda case=case, now=now: operations.resolve(case_id=case.pk, actor=ann, now=now, outcome="picked_up"),
            lambda again=again, now=now: tell("fedex", again, at=now),
        )
        threads = [Thread(target=at_once, args=(step,)) for step in steps]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        case.refresh_from_db()
        signal = Signal.objects.filter(shipment=case.shipment_id).latest("id")
        assert (case.state, signal.state) in {("resolved", "settled"), ("new", "open")}
        assert signal.case_id == case.pk
        assert signal.count == 2, "what the carrier told anew is known either way"
    assert errors == []
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
