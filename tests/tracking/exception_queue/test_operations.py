"""What people do with cases: who may, what is written down, what is refused and why."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.tracking.exception_queue.people import MANAGER, onlooker, person
from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, TWO, event, fulfilment, only_parcel, order, tell
from tracking.exception_queue import corrections, operations
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.refresh import refresh
from tracking.models import CaseActivity, DomainEvent, ExceptionCase, Shipment, Signal, Team, TeamMember
from tracking.vocabulary import MONEY_OUTCOMES, Outcome

NOW = MONDAY + HOUR
ACTIONS: dict[str, Callable[..., Any]] = {
    "take": operations.take,
    "assign": operations.assign,
    "release": operations.release,
    "acknowledge": operations.acknowledge,
    "wait": operations.wait,
    "add_note": operations.add_note,
    "set_next_action": operations.set_next_action,
    "resolve": operations.resolve,
}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "wait": {"until": NOW + DAY},
    "add_note": {"note": "Rang the customer."},
    "set_next_action": {"text": "Ring the customer", "due_at": NOW + DAY},
    "resolve": {"outcome": "address_corrected"},
}


@pytest.fixture
def case(stage: None) -> ExceptionCase:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "refused", MONDAY), at=MONDAY)
    return ExceptionCase.objects.get()


def act(name: str, case: ExceptionCase, actor: User, **more: Any) -> ExceptionCase:
    arguments = {"case_id": case.pk, "actor": actor, "now": NOW, **ARGUMENTS.get(name, {})}
    if name == "assign":
        arguments["owner"] = actor
    return ACTIONS[name](**(arguments | more))


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_every_action_leaves_an_activity_with_before_and_after_and_news(case: ExceptionCase, name: str) -> None:
    actor = person("ann")
    act(name, case, actor)
    changed = ExceptionCase.objects.get()
    activity = CaseActivity.objects.filter(case=case).latest("id")
    assert (activity.actor, activity.at) == (actor, NOW)
    assert set(activity.before) == set(activity.after)
    for column, value in activity.after.items():
        assert activity.before[column] != value
        assert str(getattr(changed, column)) == str(value) or getattr(changed, column).isoformat() == value
    told = DomainEvent.objects.filter(kind=f"case.{activity.kind}").get()
    assert (told.case_id, told.payload["actor"]) == (case.pk, actor.pk)
    assert changed.version == case.version + 1
    assert changed.last_person_action_at == changed.first_responded_at == NOW


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_who_may_only_look_is_refused(case: ExceptionCase, name: str) -> None:
    with pytest.raises(ActionRefused):
        act(name, case, onlooker("olga"))
    assert ExceptionCase.objects.get().version == case.version


@pytest.mark.parametrize("name", sorted(ACTIONS))
def test_a_stale_form_is_told_who_was_quicker(case: ExceptionCase, name: str) -> None:
    act("add_note", case, person("ben"))
    with pytest.raises(CaseConflict, match="ben changed this case") as conflict:
        act(name, case, person("ann"), expected_version=case.version)
    assert conflict.value.case.version == case.version + 1


def test_the_system_is_named_when_it_was_quicker(case: ExceptionCase) -> None:
    tell("fedex", event(ONE, "damaged", NOW), at=NOW)
    with pytest.raises(CaseConflict, match="The system changed"):
        act("take", case, person("ann"), expected_version=case.version)


def test_a_colleagues_case_is_not_taken_by_accident(case: ExceptionCase) -> None:
    ben, ann = person("ben"), person("ann")
    act("take", case, ben)
    with pytest.raises(CaseConflict, match="ben has this case"):
        act("take", case, ann)
    act("assign", case, ann)
    assert ExceptionCase.objects.get().owner == ann


def test_taking_ones_own_case_twice_is_no_second_action(case: ExceptionCase) -> None:
    ann = person("ann")
    act("take", case, ann)
    act("take", case, ann)
    assert CaseActivity.objects.filter(kind="taken").count() == 1


def test_assigning_needs_its_permission_and_somebody_who_may_act(case: ExceptionCase) -> None:
    lone, ben = person("lone", "act_on_case"), person("ben")
    with pytest.raises(ActionRefused, match="not assign"):
        act("assign", case, lone, owner=ben)
    with pytest.raises(ActionRefused, match="may not act"):
        act("assign", case, ben, owner=onlooker("olga"))
    with pytest.raises(ActionRefused, match="Choose a person or a team"):
        act("assign", case, ben, owner=None)
    act("assign", case, lone, owner=lone)


def test_an_assignee_brings_their_team_unless_they_are_in_the_cases_own(case: ExceptionCase) -> None:
    ann, desk = person("ann"), Team.objects.create(name="Desk", slug="desk")
    TeamMember.objects.create(team=desk, user=ann)
    act("assign", case, person("ben"), owner=ann)
    assert ExceptionCase.objects.get().team == desk
    TeamMember.objects.create(team=case.team, user=ann)
    act("assign", case, ann, owner=None, team=case.team)
    act("assign", case, ann, owner=ann)
    assert ExceptionCase.objects.get().team == case.team


def test_a_team_can_have_a_case_without_a_person(case: ExceptionCase) -> None:
    desk = Team.objects.create(name="Desk", slug="desk")
    act("assign", case, person("ben"), owner=None, team=desk)
    assert (ExceptionCase.objects.get().team, ExceptionCase.objects.get().owner) == (desk, None)
    act("take", case, person("ann"))


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        ("wait", {"until": None}, "until when"),
        ("wait", {"until": NOW}, "past"),
        ("add_note", {"note": "  "}, "empty"),
        ("set_next_action", {"text": " "}, "next"),
        ("set_next_action", {"due_at": NOW}, "past"),
        ("resolve", {"outcome": "forgotten"}, "how it ended"),
        ("resolve", {"outcome": "not_an_exception"}, "why it is not"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    case: ExceptionCase, name: str, arguments: dict[str, Any], why: str
) -> None:
    with pytest.raises(ActionRefused, match=why):
        act(name, case, person("ann"), **arguments)


def test_outcomes_that_cost_money_need_somebody_who_may_approve_it(case: ExceptionCase) -> None:
    ann, max_ = person("ann"), person("max", *MANAGER)
    for outcome in Outcome.values:
        with transaction.atomic():
            if outcome in MONEY_OUTCOMES:
                with pytest.raises(ActionRefused, match="approve money"):
                    act("resolve", case, ann, outcome=outcome, note="Why.")
                assert ExceptionCase.objects.get().state == "new"
            act("resolve", case, max_, outcome=outcome, note="Why.")
            assert (ExceptionCase.objects.get().state, ExceptionCase.objects.get().outcome) == ("resolved", outcome)
            transaction.set_rollback(True)


def test_a_resolved_case_takes_notes_and_nothing_else(case: ExceptionCase) -> None:
    ann = person("ann")
    act("resolve", case, ann)
    act("add_note", case, ann)
    for name in sorted(set(ACTIONS) - {"add_note"}):
        with pytest.raises(CaseConflict, match="resolved already"):
            act(name, case, ann)


def test_reopening_brings_the_settled_signals_back(case: ExceptionCase) -> None:
    ann = person("ann")
    with pytest.raises(ActionRefused, match="is open"):
        operations.reopen(case_id=case.pk, actor=ann, now=NOW, note="")
    act("resolve", case, ann)
    assert Signal.objects.get().state == "settled"
    operations.reopen(case_id=case.pk, actor=ann, now=NOW + HOUR, note="The customer rang again.")
    again = ExceptionCase.objects.get()
    assert (again.state, again.outcome, again.signal_count, again.owner) == ("acknowledged", "", 1, ann)
    assert (again.reopened_at, again.reopened_count, Signal.objects.get().state) == (NOW + HOUR, 1, "open")
    assert again.next_action_due_at > NOW + HOUR
    refresh(shipment_ids=[case.shipment_id], now=NOW + 2 * HOUR, cause="observation")
    assert (ExceptionCase.objects.get().state, Signal.objects.count()) == ("acknowledged", 1)


def test_a_bulk_action_does_what_it_can_and_lists_the_rest(case: ExceptionCase) -> None:
    tell("shop", fulfilment(TWO, name="f2"))
    tell("fedex", event(TWO, "damaged", MONDAY), at=MONDAY)
    other = ExceptionCase.objects.exclude(pk=case.pk).get()
    act("resolve", case, person("ben"))
    done = operations.in_bulk(operations.take, [other.pk, case.pk, other.pk, 999_999], actor=person("ann"), now=NOW)
    assert done.done == [other.pk]
    assert done.skipped == [
        (case.pk, "This case is resolved already (Address corrected)."),
        (999_999, "This case does not exist."),
    ]


def test_a_person_corrects_a_status_and_later_events_count_again(case: ExceptionCase) -> None:
    ann, parcel = person("ann"), only_parcel()
    corrections.correct_status(
        shipment_id=parcel.pk, status="delivered", actor=ann, now=NOW, note="The customer has it."
    )
    parcel.refresh_from_db()
    assert (parcel.status, parcel.status_changes.latest("id").cause) == ("delivered", "correction")
    tell("fedex", event(ONE, "in_transit", NOW - HOUR / 2), at=NOW + HOUR)
    assert Shipment.objects.get(pk=parcel.pk).status == "delivered"
    tell("fedex", event(ONE, "returning", NOW + HOUR), at=NOW + 2 * HOUR)
    assert Shipment.objects.get(pk=parcel.pk).status == "returning"


def test_a_correction_needs_a_status_a_reason_and_permission(case: ExceptionCase) -> None:
    for status, note, actor in (
        ("gone", "Because.", person("ann")),
        ("delivered", " ", person("ben")),
        ("delivered", "Because.", onlooker("olga")),
    ):
        with pytest.raises(ActionRefused):
            corrections.correct_status(shipment_id=case.shipment_id, status=status, actor=actor, now=NOW, note=note)
    assert only_parcel().status == "exception"


def test_movement_after_the_end_is_settled_once(case: ExceptionCase) -> None:
    ann = person("ann")
    with pytest.raises(ActionRefused, match="Nothing moved"):
        corrections.settle(shipment_id=case.shipment_id, actor=ann, now=NOW, note="")
    tell("fedex", event(ONE, "delivered", NOW), event(ONE, "in_transit", NOW + HOUR), at=NOW + 2 * HOUR)
    assert Signal.objects.filter(kind="movement_after_delivery", state="open").exists()
    corrections.settle(shipment_id=case.shipment_id, actor=ann, now=NOW + 3 * HOUR, note="A late report.")
    assert only_parcel().moved_after_end_at is None
    assert not Signal.objects.filter(kind="movement_after_delivery", state="open").exists()


def test_a_delivered_parcel_that_did_not_arrive_opens_a_case_until_a_person_ends_it(case: ExceptionCase) -> None:
    ann = person("ann")
    with pytest.raises(ActionRefused, match="counts as delivered"):
        corrections.say_not_received(shipment_id=case.shipment_id, actor=ann, now=NOW, note="Customer called.")
    tell("fedex", event(ONE, "delivered", NOW), at=NOW)
    with pytest.raises(ActionRefused, match="who says so"):
        corrections.say_not_received(shipment_id=case.shipment_id, actor=ann, now=NOW + HOUR, note=" ")
    corrections.say_not_received(shipment_id=case.shipment_id, actor=ann, now=NOW + HOUR, note="Customer called.")
    assert only_parcel().status == "delivered"
    signal = Signal.objects.get(kind="delivered_not_received")
    assert (signal.state, signal.needs_person) == ("open", True)
    open_case = ExceptionCase.objects.exclude(state="resolved").get()
    assert open_case.kind == "delivered_not_received"
    operations.resolve(
        case_id=open_case.pk, actor=ann, now=NOW + 2 * HOUR, outcome="arrived", note="At the neighbours."
    )
    tell("fedex", event(ONE, "info", NOW + HOUR), at=NOW + 3 * HOUR)
    assert not Signal.objects.filter(kind="delivered_not_received", state="open").exists()


def test_a_joined_parcel_cannot_be_corrected(stage: None) -> None:
    tell("shop", order(), fulfilment())
    tell("fedex", event(ONE, "in_transit", MONDAY))
    tell("shop", fulfilment(ONE, version=NOW), at=NOW)
    gone = Shipment.objects.exclude(merged_into=None).get()
    with pytest.raises(ActionRefused, match="joined"):
        corrections.correct_status(shipment_id=gone.pk, status="delivered", actor=person("ann"), now=NOW, note="No.")
