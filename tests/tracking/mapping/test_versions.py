"""Mapping versions: what they change, what they never rewrite, and whose rows survive a reload."""

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection

from tests.tracking.exception_queue.people import person
from tests.tracking.shipments.telling import (
    DAY,
    HOUR,
    MONDAY,
    ONE,
    THREE,
    TWO,
    event,
    fulfilment,
    only_parcel,
    order,
    parcel,
    set_up,
    tell,
)
from tracking.connectors.registry import CONNECTORS
from tracking.events import meanings
from tracking.exception_queue.refresh import refresh
from tracking.mapping import remapping
from tracking.mapping.operations import InvalidMapping, add_row, edit_row, load_presets, remap
from tracking.models import (
    DomainEvent,
    ExceptionCase,
    Job,
    MappingVersion,
    Signal,
    StatusChange,
    StatusMapping,
    TrackingCode,
    TrackingEvent,
)
from tracking.status import presets
from tracking.status.contract import MappingRow

LATER = MONDAY + HOUR
DAMAGE = {"milestone": "exception", "reason": "damaged", "evidence": "item_scanned"}
NEW_ROW = {"field": "word", "code": "gone_wild", "subcode": "*", **DAMAGE}


@pytest.fixture(autouse=True)
def _fresh_cache() -> Iterator[None]:
    meanings.forget()
    yield
    meanings.forget()


@pytest.fixture
def ann(stage: None) -> User:
    return person("ann")


def row_versions() -> list[tuple[str, ...]]:
    """Which version of each event row is in force in the table: it changes with every rewrite."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, xmin::text, ctid::text FROM tracking_trackingevent ORDER BY id")
        return cursor.fetchall()


def test_a_new_meaning_reaches_parcels_and_no_event_is_rewritten(ann: User) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", MONDAY), event(ONE, "gone_wild", LATER), at=LATER)
    assert (only_parcel().status, only_parcel().unmapped_events) == ("in_transit", 1)
    before = row_versions()
    version = add_row(values=NEW_ROW, actor=ann, now=LATER + HOUR)
    assert (version.number, version.published_by) == (2, ann)
    assert row_versions() == before
    assert (only_parcel().status, only_parcel().unmapped_events) == ("exception", 0)
    change = StatusChange.objects.latest("id")
    assert (change.cause, change.mapping_version, change.known_at) == ("remapped", 2, LATER + HOUR)
    assert ExceptionCase.objects.get().kind == "damaged"
    assert TrackingCode.objects.get(raw_code="gone_wild").decided_by == "person-2"
    assert DomainEvent.objects.filter(kind="mapping.published").count() == 1


def test_only_the_parcels_concerned_are_looked_at(ann: User) -> None:
    tell("shop", order(), fulfilment(ONE, TWO))
    tell("fedex", event(ONE, "gone_wild", MONDAY), event(TWO, "in_transit", MONDAY))
    untouched = parcel(TWO).projected_at
    add_row(values=NEW_ROW, actor=ann, now=LATER)
    assert parcel(ONE).projected_at == LATER
    assert parcel(TWO).projected_at == untouched
    assert remap(now=LATER) == 0


@pytest.mark.parametrize("why", ["ended", "old"])
def test_stories_that_are_over_get_a_status_and_no_case(ann: User, why: str) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "gone_wild", MONDAY), event(ONE, "in_transit", LATER), at=LATER)
    if why == "ended":
        tell("fedex", event(ONE, "delivered", LATER + HOUR), at=LATER + HOUR)
    now = LATER + (DAY if why == "ended" else 15 * DAY)
    add_row(values=NEW_ROW, actor=ann, now=now)
    assert not ExceptionCase.objects.exists()
    assert only_parcel().unmapped_events == 0


def test_a_signal_that_is_open_lives_on_through_a_remap_of_an_old_story(ann: User) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "refused", MONDAY), event(ONE, "gone_wild", MONDAY), at=MONDAY)
    add_row(values=NEW_ROW, actor=ann, now=MONDAY + 20 * DAY)
    assert set(Signal.objects.values_list("kind", "state")) == {("refused", "open")}


def test_a_row_that_takes_a_meaning_away_turns_the_parcel_back(ann: User) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "damaged", MONDAY))
    edit_row(
        row_key="word-damaged",
        changes={"milestone": "info", "reason": "", "evidence": "not_physical"},
        actor=ann,
        now=LATER,
    )
    assert only_parcel().status == "created"
    assert Signal.objects.get().state == "open", "a person has to settle damage"


@pytest.mark.parametrize(
    "changes",
    [
        {"milestone": "in_transit", "evidence": "carrier_has_data"},
        {"milestone": "delivered", "evidence": "not_physical"},
        {"milestone": "no_such"},
        {"reason": "no_such"},
        {"colour": "red"},
    ],
)
def test_a_row_that_breaks_the_rules_is_refused(ann: User, changes: dict[str, str]) -> None:
    with pytest.raises(InvalidMapping) as refusal:
        edit_row(row_key="word-label_created", changes=changes, actor=ann, now=LATER)
    assert refusal.value.messages
    assert MappingVersion.objects.count() == 1


def test_an_unknown_row_is_named(ann: User) -> None:
    with pytest.raises(StatusMapping.DoesNotExist, match="no-such"):
        edit_row(row_key="no-such", changes={}, actor=ann, now=LATER)


def test_versions_are_never_changed(ann: User) -> None:
    old = list(StatusMapping.objects.filter(version__number=1).order_by("id").values())
    edit_row(row_key="word-damaged", changes={"reason": "lost"}, actor=ann, now=LATER, note="They mean lost.")
    assert list(StatusMapping.objects.filter(version__number=1).order_by("id").values()) == old
    assert StatusMapping.objects.get(version__number=2, row_key="word-damaged").author == "person"
    assert MappingVersion.objects.get(number=2).note == "They mean lost."


def test_a_remap_that_was_cut_off_is_taken_up_again(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [ONE, TWO, THREE]
    tell("shop", order(), fulfilment(*numbers))
    tell("fedex", *(event(number, "gone_wild", MONDAY) for number in numbers))
    monkeypatch.setattr(remapping, "BATCH", 1)
    calls = []

    def cut_off(**arguments: Any) -> object:
        calls.append(arguments["shipment_ids"])
        if len(calls) == 2:
            raise KeyboardInterrupt
        return refresh(**arguments)

    monkeypatch.setattr(remapping, "refresh", cut_off)
    with pytest.raises(KeyboardInterrupt):
        add_row(values=NEW_ROW, actor=ann, now=LATER)
    job = Job.objects.get()
    assert (job.state, job.done, job.total) == ("running", 1, 3)
    assert remap(now=LATER + HOUR) == 2
    assert {parcel(number).status for number in numbers} == {"exception"}
    job.refresh_from_db()
    assert (job.state, job.done, job.total, job.ended_at) == ("done", 3, 3, LATER + HOUR)


def preset(code: str, reason: str) -> MappingRow:
    return MappingRow(f"p-{code}", "", "", "word", code, "*", "", "exception", reason, "item_scanned")


def test_a_reload_keeps_what_administrators_wrote(ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = [preset("alpha", "lost"), preset("beta", "lost")]
    first_kind = min(CONNECTORS)
    monkeypatch.setattr(presets, "load", lambda kind: shipped if kind == first_kind else [])
    assert load_presets(now=MONDAY) == 2
    assert load_presets(now=MONDAY) == 0
    count = MappingVersion.objects.count()
    edit_row(row_key="p-alpha", changes={"reason": "damaged"}, actor=ann, now=LATER)
    add_row(values=NEW_ROW, actor=ann, now=LATER)
    shipped[:] = [preset("alpha", "other"), preset("beta", "other"), preset("gamma", "lost")]
    assert load_presets(now=LATER + HOUR) == 1
    force = dict(StatusMapping.objects.filter(version__number=count + 3).values_list("code", "reason"))
    assert {name: force[name] for name in ("alpha", "beta", "gamma", "gone_wild")} == {
        "alpha": "damaged",
        "beta": "other",
        "gamma": "lost",
        "gone_wild": "damaged",
    }
    assert load_presets(now=LATER + HOUR) == 0
    assert MappingVersion.objects.count() == count + 3


def test_the_last_of_two_meanings_counts_for_codes_heard_later_too(ann: User) -> None:
    add_row(values=NEW_ROW, actor=ann, now=MONDAY)
    edit_row(row_key="person-2", changes={"reason": "lost"}, actor=ann, now=MONDAY)
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "gone_wild", LATER), at=LATER)
    assert TrackingEvent.objects.get().code.reason == "lost"  # type: ignore[union-attr]
    assert TrackingCode.objects.get().mapping_version == 3


@pytest.mark.django_db(transaction=True)
def test_two_administrators_at_once_both_get_their_way() -> None:
    set_up()
    ann = person("ann")
    barrier, errors = Barrier(2), []

    def edit(key: str) -> None:
        try:
            barrier.wait()
            edit_row(row_key=key, changes={"description": "Seen by Ann."}, actor=ann, now=LATER)
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [Thread(target=edit, args=[key]) for key in ("word-damaged", "word-lost")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    rows = StatusMapping.objects.filter(version__number=3, description="Seen by Ann.")
    assert set(rows.values_list("row_key", flat=True)) == {"word-damaged", "word-lost"}
