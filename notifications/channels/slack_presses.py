"""Presses of buttons in Slack: kept at the door, carried out by a worker through the same operations as the admin's.

The door may take only three seconds and calls nobody. The worker finds out who pressed (their e-mail address in Slack
is that of an active person here), acts in their name, and tells them privately when it could not be done. What came of
it reaches the message by the usual way: news, decision, outbox.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q

from notifications.cards import card_of
from notifications.channels.contract import ChannelBroken, PermanentFailure, TemporaryFailure
from notifications.channels.slack import email_of, update, whisper
from notifications.channels.slack_blocks import SNOOZES
from notifications.models import SlackPerson, SlackPress
from notifications.vocabulary import PressState
from tracking.exception_queue.errors import ActionRefused, CaseConflict
from tracking.exception_queue.operations import acknowledge, resolve, take, wait
from tracking.models import ExceptionCase
from tracking.models.case import OPEN
from tracking.transactions import whole

ACTIONS = frozenset({"take", "acknowledge", "snooze", "resolve", "take_oldest"})
KNOWN_FOR = timedelta(days=1)
LEASE = timedelta(seconds=60)
TRIES = 3
TOO_LATE = timedelta(minutes=30)  # nobody expects a press to work later than this
HOURS = {"1h": 1, "4h": 4, "24h": 24, "72h": 72}
NOBODY = (
    "ShipTrack knows no active person with the e-mail address of your Slack account, so nothing was done. "
    "Ask an administrator to give your ShipTrack login the same address."
)
NOT_DONE = "ShipTrack could not reach Slack to find out who you are, so nothing was done. Press again."


class NotAPress(Exception):
    """The request is no press of one of our buttons: nothing is to be done, and nobody is to be blamed."""


@dataclass(frozen=True, slots=True)
class Press:
    """What a press says: who, where, which button, about which case as it was shown."""

    workspace: str
    slack_user: str
    place: str
    message_ts: str
    action: str
    case_id: int | None = None
    version: int | None = None
    choice: str = ""


def read_press(payload: str) -> Press:
    """Read the `payload` field of a block_actions request. Raises NotAPress."""
    try:
        told = json.loads(payload)
        (action, *_) = told["actions"]
        name = str(action["action_id"])
        value = str((action.get("selected_option") or action).get("value") or "")
        who, container = told["user"], told.get("container") or {}
        place = str((told.get("channel") or {}).get("id") or container.get("channel_id") or "")
        press = Press(
            workspace=str((told.get("team") or told.get("enterprise") or {}).get("id") or "")[:32],
            slack_user=str(who["id"])[:32],
            place=place[:32],
            message_ts=str(container.get("message_ts") or (told.get("message") or {}).get("ts") or "")[:32],
            action=name,
        )
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NotAPress("The request cannot be read.") from error
    if "\x00" in "".join((press.workspace, press.slack_user, press.place, press.message_ts, value)):
        raise NotAPress("The request cannot be read.")
    if told.get("type") != "block_actions" or name not in ACTIONS or not press.slack_user:
        raise NotAPress("Nothing is to be done for this.")
    if name == "take_oldest":
        return press
    return _about(press, value)


def _about(press: Press, value: str) -> Press:
    case_id, version, choice = ([*value.split(":", 2), "", ""])[:3]
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in (case_id, version)):
        raise NotAPress("The button names no case.")
    return Press(
        press.workspace, press.slack_user, press.place, press.message_ts, press.action, int(case_id), int(version),
        choice[:64],
    )  # fmt: skip


@whole
def keep_press(*, press: Press, signature: str, now: datetime) -> bool:
    """Write a press down, to be worked soon; False when this very request was taken before."""
    key = sha256(signature.encode()).hexdigest()
    _, is_new = SlackPress.objects.get_or_create(
        request_key=key,
        defaults={
            "pressed_at": now,
            "workspace": press.workspace,
            "slack_user": press.slack_user,
            "place": press.place,
            "message_ts": press.message_ts,
            "action": press.action,
            "case_id": press.case_id,
            "case_version": press.version,
            "choice": press.choice,
        },
    )
    return is_new


def work_presses(*, clock: Callable[[], datetime], until: datetime | None = None) -> int:
    """Carry out all presses that wait; return how many. Begins nothing new after `until` (aware UTC)."""
    count = 0
    while (until is None or clock() <= until) and (press := _next(now=clock())) is not None:
        _work(press, clock)
        count += 1
    return count


@whole
def _next(*, now: datetime) -> SlackPress | None:
    waiting = SlackPress.objects.filter(state=PressState.WAITING).filter(Q(lease_until=None) | Q(lease_until__lt=now))
    press = waiting.order_by("pressed_at", "pk").select_for_update(skip_locked=True, no_key=True, of=("self",)).first()
    if press is None:
        return None
    press.attempts, press.lease_until = press.attempts + 1, now + LEASE
    press.save(update_fields=["attempts", "lease_until"])
    return press


def _work(press: SlackPress, clock: Callable[[], datetime]) -> None:
    if press.attempts > TRIES or clock() - press.pressed_at > TOO_LATE:
        _settle(press, PressState.FAILED, NOT_DONE, clock())
        return
    try:
        user = person_behind(workspace=press.workspace, slack_user=press.slack_user, now=clock())
    except TemporaryFailure:
        return  # the lease runs out, and it is tried again
    except (PermanentFailure, ChannelBroken) as failure:
        _settle(press, PressState.FAILED, str(failure), clock())
        return
    if user is None:
        _settle(press, PressState.REFUSED, NOBODY, clock())
        _answer(press, NOBODY)
        return
    refusal, is_stale = act(press_id=press.pk, user=user, now=clock())
    if refusal:
        _answer(press, refusal)
    if is_stale and press.case_id:
        _show_again(press, clock())


def person_behind(*, workspace: str, slack_user: str, now: datetime) -> User | None:
    """Return who a Slack member is here: the one active person with their e-mail address. Asks Slack once a day.

    Raises TemporaryFailure, PermanentFailure, ChannelBroken.
    """
    known = SlackPerson.objects.filter(workspace=workspace, slack_user=slack_user).select_related("user").first()
    if known is not None and known.user.is_active and now - known.asked_at < KNOWN_FOR:
        return known.user
    address = email_of(slack_user).strip()
    found = list(User.objects.filter(email__iexact=address, is_active=True)[:2]) if address else []
    if len(found) != 1:
        SlackPerson.objects.filter(workspace=workspace, slack_user=slack_user).delete()
        return None
    SlackPerson.objects.update_or_create(
        workspace=workspace, slack_user=slack_user, defaults={"user": found[0], "asked_at": now}
    )
    return found[0]


@whole
def act(*, press_id: int, user: User, now: datetime) -> tuple[str, bool]:
    """Carry a press out in a person's name and settle it, both or neither.

    Return why it was refused ("" when it was done), and whether what was shown is no longer so.
    """
    press = SlackPress.objects.select_for_update(no_key=True, of=("self",)).get(pk=press_id)
    if press.state != PressState.WAITING:
        return "", False
    press.actor = user
    try:
        with transaction.atomic():
            _do(press, user, now)
    except (ActionRefused, CaseConflict) as refusal:
        _settle(press, PressState.REFUSED, str(refusal), now)
        return str(refusal), isinstance(refusal, CaseConflict)
    except ExceptionCase.DoesNotExist:
        sentence = "There is nothing left that waits for an owner." if press.case_id is None else "This case is gone."
        _settle(press, PressState.REFUSED, sentence, now)
        return sentence, False
    _settle(press, PressState.DONE, "", now)
    return "", False


def _do(press: SlackPress, user: User, now: datetime) -> None:
    about: Mapping[str, Any] = {"actor": user, "now": now}
    if press.action == "take_oldest":
        oldest = ExceptionCase.objects.filter(OPEN, owner=None).order_by("time_left_at", "id")
        take(case_id=oldest[:1].get().pk, **about)
        return
    case_id, version = press.case_id or 0, press.case_version
    if press.action == "take":  # who has it decides, not what else changed meanwhile
        take(case_id=case_id, **about)
    elif press.action == "acknowledge":
        acknowledge(case_id=case_id, **about)
    elif press.action == "snooze":
        _snooze(case_id, press.choice, version, about)
    else:
        resolve(case_id=case_id, outcome=press.choice, expected_version=version, **about)


def _snooze(case_id: int, choice: str, version: int | None, about: Mapping[str, Any]) -> None:
    if choice not in SNOOZES:
        raise ActionRefused("Choose how long to wait.")
    hours = HOURS.get(choice)
    until = about["now"] + timedelta(hours=hours) if hours else None
    wait(case_id=case_id, until=until, for_scan=hours is None, expected_version=version, **about)


def _settle(press: SlackPress, state: str, answer: str, now: datetime) -> None:
    press.state, press.answer, press.settled_at, press.lease_until = state, answer[:300], now, None
    press.save(update_fields=["state", "answer", "settled_at", "lease_until", "actor"])


def _answer(press: SlackPress, sentence: str) -> None:
    """Tell the person privately; that this fails changes nothing about the press, whose row says what was answered."""
    try:
        whisper(press.place, press.slack_user, sentence)
    except (TemporaryFailure, PermanentFailure, ChannelBroken):
        return


def _show_again(press: SlackPress, now: datetime) -> None:
    """Show the case as it is now, so that the next press speaks of that."""
    card = card_of(press.case_id or 0, now)
    if card is None or not press.message_ts:
        return
    try:
        update(press.place, press.message_ts, card)
    except (TemporaryFailure, PermanentFailure, ChannelBroken):
        return
