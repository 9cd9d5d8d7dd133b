"""The table of states and moves: walked whole, and every operation goes by it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.tracking.exception_queue.people import MANAGER, person
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, event, fulfilment, order, tell
from tracking.exception_queue import operations
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.transitions import NOT_YET, TABLE, Move, NotPossible, after, is_possible
from tracking.models import CustomerPromise, ExceptionCase, Macro
from tracking.vocabulary import CaseState

NOW = MONDAY + HOUR
STATES = (NOT_YET, *CaseState.values)
PEOPLE: dict[Move, tuple[Callable[..., ExceptionCase], dict[str, Any]]] = {
    Move.TAKE: (operations.take, {}),
    Move.ASSIGN: (operations.assign, {}),
    Move.RELEASE: (operations.release, {}),
    Move.ACKNOWLEDGE: (operations.acknowledge, {}),
    Move.WAIT: (operations.wait, {"until": NOW + DAY}),
    Move.NOTE: (operations.add_note, {"note": "Rang them."}),
    Move.PLAN: (operations.set_next_action, {"text": "Ring them", "due_at": NOW + DAY}),
    Move.PROMISE: (operations.promise_customer, {"text": "On Friday", "due_at": NOW + 2 * DAY}),
    Move.END_PROMISE: (operations.end_promise, {"state": "kept"}),
    Move.CARE: (operations.set_care_level, {"care_level": "high"}),
    Move.RESOLVE: (operations.resolve, {"outcome": "refunded"}),
    Move.REOPEN: (operations.reopen, {"note": "They rang again."}),
}
ENGINE = frozenset({Move.OPEN, Move.RECUR, Move.ENRICH, Move.WAKE, Move.END, Move.QUIET})


def test_the_table_is_closed() -> None:
    assert set(TABLE) == set(Move) == set(PEOPLE) | ENGINE
    for move, row in TABLE.items():
        assert set(row) <= set(STATES), move
        assert set(row.values()) <= set(CaseState), move


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", STATES)
def test_what_is_not_in_the_table_cannot_happen(state: str, move: Move) -> None:
    if is_possible(state, move):
        assert after(state, move) in CaseState.values
    else:
        with pytest.raises(NotPossible):
            after(state, move)


def test_only_reopening_leads_out_of_the_end_and_only_an_end_leads_there() -> None:
    out = {move for move, row in TABLE.items() if row.get(CaseState.RESOLVED, CaseState.RESOLVED) != CaseState.RESOLVED}
    into = {move for move, row in TABLE.items() if any(row[s] == CaseState.RESOLVED for s in row if s != "resolved")}
    assert out == {Move.REOPEN, Move.RECUR}
    assert into == {Move.RESOLVE, Move.END}


@pytest.fixture
def case(stage: None) -> ExceptionCase:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "refused", MONDAY), at=MONDAY)
    return ExceptionCase.objects.get()


@pytest.mark.parametrize("state", CaseState.values)
def test_every_operation_goes_by_the_table(case: ExceptionCase, state: str) -> None:
    manager = person("max", *MANAGER)
    for move in PEOPLE:
        with transaction.atomic():
            check(case, state, move, manager)
            transaction.set_rollback(True)


def check(case: ExceptionCase, state: str, move: Move, manager: User) -> None:
    """Bring the case into the state, and see that the operation of the move does as the table says."""
    if move == Move.END_PROMISE:
        operations.promise_customer(case_id=case.pk, actor=manager, now=NOW - HOUR, text="Soon", due_at=NOW + DAY)
    ways: dict[str, list[Move]] = {"new": [], "acknowledged": [Move.ACKNOWLEDGE], "waiting": [Move.WAIT]}
    for step in ways.get(state, [Move.RESOLVE]):
        action, arguments = PEOPLE[step]
        action(case_id=case.pk, actor=manager, now=NOW, **arguments)
    before = ExceptionCase.objects.get().state
    action, arguments = PEOPLE[move]
    more = {"owner": manager} if move == Move.ASSIGN else {}
    if is_possible(before, move) and not (move == Move.END_PROMISE and before == CaseState.RESOLVED):
        action(case_id=case.pk, actor=manager, now=NOW, **arguments, **more)
        assert ExceptionCase.objects.get().state == after(before, move), move
    else:
        with pytest.raises((ActionRefused, CaseConflict)):
            action(case_id=case.pk, actor=manager, now=NOW, **arguments, **more)
        assert ExceptionCase.objects.get().state == before, move


def test_a_conflict_carries_the_case_and_who_changed_what(case: ExceptionCase) -> None:
    ben = person("ben")
    operations.take(case_id=case.pk, actor=ben, now=NOW)
    operations.add_note(case_id=case.pk, actor=ben, now=NOW, note="I ring them.")
    with pytest.raises(CaseConflict, match="ben changed") as conflict:
        operations.take(case_id=case.pk, actor=person("ann"), now=NOW, expected_version=case.version)
    assert conflict.value.case.owner == ben
    assert [(each.kind, each.actor) for each in conflict.value.changes] == [("note", ben), ("taken", ben)]
    again = operations.acknowledge(
        case_id=case.pk, actor=person("eva"), now=NOW, expected_version=conflict.value.case.version
    )
    assert again.owner == ben


def test_the_engine_counts_in_a_conflict(case: ExceptionCase) -> None:
    tell("fedex", event(ONE, "damaged", NOW), at=NOW)
    with pytest.raises(CaseConflict, match="The system") as conflict:
        operations.take(case_id=case.pk, actor=person("ann"), now=NOW, expected_version=case.version)
    assert "signal_added" in {each.kind for each in conflict.value.changes}


def test_a_macro_does_its_steps_in_one_activity_and_one_undo_takes_them_back(case: ExceptionCase) -> None:
    ann = person("ann")
    macro = Macro.objects.create(
        name="Ask", note="Wrote to them.", next_action="Read their answer", due_hours=8, state="waiting",
        waiting_party="customer",
    )  # fmt: skip
    done = operations.in_bulk(operations.apply_macro, [case.pk], actor=ann, now=NOW, macro_id=macro.pk)
    changed = ExceptionCase.objects.get()
    assert (changed.state, changed.next_action, changed.waiting_party) == ("waiting", "Read their answer", "customer")
    assert changed.waiting_until == changed.next_action_due_at > NOW
    assert len(done.activities) == 1
    operations.undo(activity_ids=done.activities, actor=ann, now=NOW)
    undone = ExceptionCase.objects.get()
    assert (undone.state, undone.next_action, undone.waiting_until) == ("new", case.next_action, None)


def test_a_macro_that_ends_a_case_asks_for_the_same_rights(case: ExceptionCase) -> None:
    refund = Macro.objects.create(name="Refund", state="resolved", outcome="refunded")
    other = Macro.objects.create(name="For lost ones", kinds=["lost"], note="Claim it.")
    gone = Macro.objects.create(name="Old", is_active=False)
    ann = person("ann")
    for macro, why in ((refund, "approve money"), (other, "other kinds"), (gone, "no longer there")):
        with pytest.raises(ActionRefused, match=why):
            operations.apply_macro(case_id=case.pk, macro_id=macro.pk, actor=ann, now=NOW)
    operations.apply_macro(case_id=case.pk, macro_id=refund.pk, actor=person("max", *MANAGER), now=NOW)
    assert ExceptionCase.objects.get().outcome == "refunded"


def test_a_resolution_ends_the_promise_and_undo_brings_it_back(case: ExceptionCase) -> None:
    max_ = person("max", *MANAGER)
    operations.promise_customer(case_id=case.pk, actor=max_, now=NOW, text="Friday", due_at=NOW + DAY)
    done = operations.in_bulk(operations.resolve, [case.pk], actor=max_, now=NOW + HOUR, outcome="refunded")
    assert CustomerPromise.objects.get().state == "withdrawn"
    operations.undo(activity_ids=done.activities, actor=max_, now=NOW + HOUR)
    assert CustomerPromise.objects.get().state == "open"
    assert ExceptionCase.objects.get().promise_due_at == NOW + DAY
