"""Undo gives back exactly what an action changed, and never takes back what somebody did since."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from tests.tracking.exception_queue.people import MANAGER, person
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, TWO, event, fulfilment, order, tell
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.work import TRACED
from tracking.models import CaseActivity, DomainEvent, ExceptionCase, Order, Shipment, Signal, Team
from tracking.vocabulary import CaseState

NOW = MONDAY + HOUR
LATER = NOW + HOUR / 60


@pytest.fixture
def case(stage: None) -> ExceptionCase:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "refused", MONDAY), at=MONDAY)
    return ExceptionCase.objects.get()


@pytest.fixture
def ann(case: ExceptionCase) -> User:
    return person("ann", *MANAGER)


ACTIONS: dict[str, tuple[Callable[..., ExceptionCase], dict[str, Any]]] = {
    "take": (operations.take, {}),
    "acknowledge": (operations.acknowledge, {}),
    "wait until": (operations.wait, {"until": NOW + DAY, "waiting_on": "FedEx"}),
    "wait for a scan": (operations.wait, {"for_scan": True}),
    "next action": (operations.set_next_action, {"text": "Ring them", "due_at": NOW + DAY}),
    "resolve": (operations.resolve, {"outcome": "refunded", "note": "By card."}),
    "high care": (operations.set_care_level, {"care_level": "high", "note": "A wedding."}),
}


def facts(case: ExceptionCase) -> dict[str, Any]:
    """All that undo gives back, of the case, its signals, its parcel and its order."""
    row = ExceptionCase.objects.get(pk=case.pk)
    parcel = Shipment.objects.get(pk=case.shipment_id)
    return {
        **{name: getattr(row, name) for name in TRACED},
        "severity": row.severity,
        "signals": list(Signal.objects.order_by("id").values_list("kind", "state", "severity", "ended_at")),
        "count": row.signal_count,
        "care": (parcel.care_level, parcel.care_policy, parcel.care_reason, parcel.care_set_by_id),
        "review": Order.objects.get().needs_review,
    }


@pytest.mark.parametrize("name", ACTIONS)
def test_undo_gives_everything_back(case: ExceptionCase, ann: User, name: str) -> None:
    before = facts(case)
    action, arguments = ACTIONS[name]
    done = operations.in_bulk(action, [case.pk], actor=ann, now=NOW, **arguments)
    assert facts(case) != before
    undone = operations.undo(activity_ids=done.activities, actor=ann, now=LATER)
    assert (undone.done, undone.skipped) == ([case.pk], [])
    assert facts(case) == before
    activity = CaseActivity.objects.get(pk=undone.activities[0])
    assert (activity.kind, activity.undoes_id, activity.actor) == ("undone", done.activities[0], ann)
    assert DomainEvent.objects.filter(kind="case.undone", case_id=case.pk).count() == 1


def test_undoing_a_reopening_ends_the_case_as_it_was_ended(case: ExceptionCase, ann: User) -> None:
    operations.resolve(case_id=case.pk, actor=ann, now=NOW, outcome="refunded")
    before = facts(case)
    done = operations.in_bulk(operations.reopen, [case.pk], actor=ann, now=LATER, note="Rang again.")
    assert facts(case)["signals"] == [("refused", "open", "high", None)]
    operations.undo(activity_ids=done.activities, actor=ann, now=LATER + HOUR)
    assert facts(case) == before


def test_a_case_changed_since_is_skipped_with_who_changed_it(case: ExceptionCase, ann: User) -> None:
    tell("shop", fulfilment(TWO, name="f2"))
    tell("fedex", event(TWO, "damaged", MONDAY), at=MONDAY)
    other = ExceptionCase.objects.exclude(pk=case.pk).get()
    done = operations.in_bulk(operations.take, [case.pk, other.pk], actor=ann, now=NOW)
    operations.add_note(case_id=case.pk, actor=person("ben"), now=NOW, note="I rang them.")
    undone = operations.undo(activity_ids=done.activities, actor=ann, now=LATER)
    assert (undone.done, undone.skipped) == ([other.pk], [(case.pk, "ben changed this case since.")])
    assert ExceptionCase.objects.get(pk=case.pk).owner == ann
    again = operations.undo(activity_ids=done.activities, actor=ann, now=LATER)
    assert [why for _, why in again.skipped] == ["ben changed this case since.", "ann changed this case since."]


def test_news_of_the_parcel_count_as_a_change(case: ExceptionCase, ann: User) -> None:
    done = operations.in_bulk(operations.resolve, [case.pk], actor=ann, now=NOW, outcome="refunded")
    tell("fedex", event(ONE, "damaged", LATER), at=LATER)
    assert ExceptionCase.objects.get().state == CaseState.NEW
    undone = operations.undo(activity_ids=done.activities, actor=ann, now=LATER)
    assert undone.skipped == [(case.pk, "The system changed this case since.")]


def test_several_actions_on_one_case_are_undone_newest_first(case: ExceptionCase, ann: User) -> None:
    before, ids = facts(case), []
    for step, name in enumerate(("take", "wait until", "next action")):
        action, arguments = ACTIONS[name]
        ids += operations.in_bulk(action, [case.pk], actor=ann, now=NOW + step * HOUR / 60, **arguments).activities
    assert operations.undo(activity_ids=ids, actor=ann, now=NOW + HOUR).done == [case.pk]
    assert facts(case) == before


def test_only_who_did_it_undoes_it_and_notes_stay(case: ExceptionCase, ann: User) -> None:
    done = operations.in_bulk(operations.take, [case.pk], actor=ann, now=NOW)
    refused = operations.undo(activity_ids=done.activities, actor=person("ben"), now=LATER)
    assert refused.skipped == [(case.pk, "Taken: only who did it can undo it.")]
    note = operations.in_bulk(operations.add_note, [case.pk], actor=ann, now=LATER, note="Rang them.")
    refused = operations.undo(activity_ids=note.activities, actor=ann, now=LATER)
    assert refused.skipped == [(case.pk, "Note: this cannot be undone.")]


def test_an_owner_who_left_does_not_come_back_nor_a_team_that_is_gone(case: ExceptionCase, ann: User) -> None:
    ben, desk = person("ben"), Team.objects.create(name="Desk", slug="desk")
    operations.assign(case_id=case.pk, actor=ann, now=NOW, owner=ben, team=desk)
    done = operations.in_bulk(operations.assign, [case.pk], actor=ann, now=LATER, owner=ann)
    User.objects.filter(pk=ben.pk).update(is_active=False)
    operations.undo(activity_ids=done.activities, actor=ann, now=LATER + HOUR)
    assert ExceptionCase.objects.get().owner is None
    moved = operations.in_bulk(
        operations.assign, [case.pk], actor=ann, now=LATER + DAY, team=Team.objects.get(slug="support")
    )
    desk.delete()
    refused = operations.undo(activity_ids=moved.activities, actor=ann, now=LATER + 2 * DAY)
    assert refused.skipped == [(case.pk, "The team that had this case is gone.")]


def test_high_care_raises_severity_at_once_and_is_not_lowered_while_the_case_is_open(
    case: ExceptionCase, ann: User
) -> None:
    operations.set_care_level(case_id=case.pk, actor=ann, now=NOW, care_level="high", note="A wedding.")
    now = ExceptionCase.objects.get()
    assert (case.severity, now.severity, now.care_level) == ("high", "critical", "high")
    parcel = Shipment.objects.get()
    assert (parcel.care_policy, parcel.care_reason, parcel.care_set_by) == ("set by ann", "A wedding.", ann)
    for level, why in (("high", "high already"), ("standard", "while the case is open"), ("some", "Choose")):
        with pytest.raises(ActionRefused, match=why):
            operations.set_care_level(case_id=case.pk, actor=ann, now=LATER, care_level=level)
    operations.resolve(case_id=case.pk, actor=ann, now=LATER, outcome="refunded")
    operations.set_care_level(case_id=case.pk, actor=ann, now=LATER + HOUR, care_level="standard")
    assert Shipment.objects.get().care_level == "standard"
