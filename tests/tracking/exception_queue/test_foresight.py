"""What is foreseen of a bulk action is what the operation then does: every such action on cases in every state."""

from datetime import timedelta
from itertools import product

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from tests.tracking.admin.world import NOW, World, person
from tracking.admin.case_actions import ACTIONS
from tracking.exception_queue import operations
from tracking.exception_queue.foresight import foresee
from tracking.models import ExceptionCase

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=4)
ARGUMENTS = {
    "assign": lambda me: {"owner": me},
    "wait": lambda me: {"until": LATER},
    "note": lambda me: {"note": "Called"},
    "next": lambda me: {"text": "Call again", "due_at": LATER},
    "resolve": lambda me: {"outcome": "picked_up"},
    "reopen": lambda me: {"note": "It came back"},
    "care": lambda me: {"care_level": "high"},
}
STATES = ("new", "acknowledged", "waiting", "resolved")
BULK = [action.name for action in ACTIONS.values() if action.in_bulk]
OWNERS = ("nobody", "me", "other", "other by rule")


def test_foreseen_is_done() -> None:
    world = World.make()
    me = person("me", "act_on_case", "assign_others", team=world.team)
    other = person("other", "act_on_case", team=world.team)
    cases = [
        world.case(
            owner={"nobody": None, "me": me}.get(owner, other),
            owner_set_by_person=owner != "other by rule",
            state=state,
            waiting_until=LATER if state == "waiting" else None,
            outcome="arrived" if state == "resolved" else "",
            resolved_at=NOW - timedelta(hours=1) if state == "resolved" else None,
        )
        for state, owner in product(STATES, OWNERS)
    ]
    for name in BULK:
        with transaction.atomic():
            for case in cases:
                check(name, case, me)
            transaction.set_rollback(True)


def check(name: str, case: ExceptionCase, me: User) -> None:
    foreseen = foresee(name, case, me)
    before = ExceptionCase.objects.values().get(pk=case.pk)
    arguments = ARGUMENTS[name](me) if name in ARGUMENTS else {}
    result = operations.in_bulk(ACTIONS[name].operation, [case.pk], actor=me, now=NOW, **arguments)
    after = ExceptionCase.objects.values().get(pk=case.pk)
    if foreseen.will:
        assert result.done == [case.pk], (name, case.state, foreseen.words, result.skipped)
        assert after != before
    elif result.done:  # done again, but to no other effect than the time of it
        same = ("state", "owner_id", "team_id", "outcome", "next_action", "waiting_until")
        assert [dict(after)[column] for column in same] == [dict(before)[column] for column in same]
