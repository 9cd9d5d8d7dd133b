"""Slack over real HTTP: one message per case, presses that act, and what happens when Slack does not play along."""

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.test import Client

from notifications.cards import card_of
from notifications.channels.contract import ChannelBroken, Envelope, PermanentFailure, TemporaryFailure
from notifications.channels.slack import SlackChannel
from notifications.channels.slack_presses import NotAPress, read_press, work_presses
from notifications.digests import ask_for_digest
from notifications.models import ChannelAccount, ChannelState, Decision, OutboxRow, SlackPress
from notifications.outbox.operations import resume_channel
from tests.notifications.mail import NOON
from tests.notifications.services import Services, agent, open_case
from tracking import clock
from tracking.models import CaseActivity, ExceptionCase
from tracking.sandbox.api_slack import SETTINGS, signed_press
from tracking.sandbox.wire import Answer, Delivery, answer

pytestmark = pytest.mark.django_db


@pytest.fixture
def services(stage: None, settings: Any) -> Iterator[Services]:
    found = Services(settings)
    assert found.connect("slack", SETTINGS) == ""
    yield found
    found.sandbox.stop()


def shown(services: Services) -> dict[str, Any]:
    """The case's message as it stands in the room."""
    return next(told for told in services.world.slack.messages.values() if told.get("blocks"))


def buttons(message: dict[str, Any]) -> list[str]:
    return [
        each["action_id"] for block in message["blocks"] if block["type"] == "actions" for each in block["elements"]
    ]


def words(message: Mapping[str, Any]) -> str:
    return json.dumps(message["blocks"], ensure_ascii=False)


def look(services: Services, path: str = "/", **fields: str) -> tuple[int, str]:
    """Open the sandbox's page over HTTP, or press a button on it."""
    connection = HTTPConnection(services.sandbox.origin.removeprefix("http://"), timeout=5)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST" if fields else "GET", path, urlencode(fields), form if fields else {})
    found = connection.getresponse()
    text = found.read().decode()
    connection.close()
    return found.status, text


def hand_on(services: Services, posted: list[Delivery]) -> None:
    """Let the product take the presses and act on them."""
    assert [services.post(delivery) for delivery in posted] == [200]
    posted.clear()
    work_presses(clock=lambda: services.now)
    services.run("slack")


def test_buttons_are_pressed_on_the_page_of_arrivals(services: Services) -> None:
    lena, case = agent("lena", "agent@shiptrack.example"), open_case(NOON)
    services.run("slack")
    posted: list[Delivery] = []  # handed on below: the page answers in a thread that sees nothing of this test
    services.sandbox.slack_desk.post = lambda delivery: (posted.append(delivery), 200)[1]
    (room, ts), _ = next(iter(services.world.slack.messages.items()))
    page = look(services)[1]
    for expected in (
        "<h4>Damaged · order 1001</h4>", "<blockquote>The customer reads: “", "<dt>Next action</dt>",
        'value="take" class="primary">Take</button>', 'value="acknowledge">', 'value="snooze">', 'value="resolve">',
        '<option value="arrived">Arrived</option>', '<option value="U0AGENT">agent@shiptrack.example</option>',
    ):  # fmt: skip
        assert expected in page
    about = {"room": room, "ts": ts, "person": "U0AGENT"}

    assert look(services, "/slack-press", press="take", **about)[0] == 303
    hand_on(services, posted)
    case.refresh_from_db()
    assert (case.owner, case.state) == (lena, "acknowledged")
    page = look(services, "/slack-rooms")[1]
    assert "Acknowledged by <strong>Lena</strong>" in page and "(edited)" in page and 'value="take"' not in page
    assert "agent@shiptrack.example pressed “take”; ShipTrack answered 200." in page
    assert "<summary>1 reply</summary>" in page and "Taken by Lena" in page

    assert look(services, "/slack-press", press="resolve", **about | {"choice-resolve": "arrived"})[0] == 303
    hand_on(services, posted)
    assert "<strong>Resolved: Arrived</strong>" in look(services, "/slack-rooms")[1]
    assert look(services, "/slack-press", press="take", **about)[0] == 409  # the message shows no such button now
    assert look(services, "/slack-press", press="open", **about | {"person": "U0NOBODY"})[0] == 422


def test_the_page_whispers_to_one_person_and_knows_no_markup_but_slacks(services: Services) -> None:
    services.world.slack.whispers.append(("U0GUEST", "#room", "*No* <script>alert(1)</script> &lt;b&gt;"))
    page = look(services, "/slack-rooms")[1]
    assert "Only guest@elsewhere.example sees this in #room: <strong>No</strong>" in page
    assert "<script" not in page and "&lt;b&gt;" in page


def test_a_case_is_taken_and_resolved_in_slack(services: Services) -> None:
    lena = agent("lena", "Agent@ShipTrack.example")
    case = open_case(NOON)
    services.run("slack")
    assert services.kinds() == ["slack message"]
    told = shown(services)
    assert buttons(told) == ["take", "acknowledge", "snooze", "resolve", "open"]
    assert "The customer reads" in words(told) and "Nobody" in words(told) and case.next_action in words(told)
    assert "ann@example.com" not in words(told)

    assert services.press("U0AGENT", "take") == 200
    case.refresh_from_db()
    assert case.owner == lena and case.state == "acknowledged"
    assert CaseActivity.objects.filter(case=case, kind="taken", actor=lena).count() == 1
    services.run("slack")
    assert services.kinds()[1:] == ["slack update", "slack reply"]
    assert services.world.arrivals.all()[-1].details["text"] == "Taken by Lena"
    assert services.world.arrivals.all()[-1].details["thread_ts"] == services.world.arrivals.all()[0].details["ts"]
    assert "Acknowledged by *Lena*" in words(shown(services)) and buttons(shown(services)) == [
        "snooze",
        "resolve",
        "open",
    ]

    assert services.press("U0AGENT", "snooze", "4h") == 200
    services.run("slack")
    case.refresh_from_db()
    assert case.state == "waiting" and case.waiting_until is not None
    assert services.press("U0AGENT", "resolve", "arrived") == 200
    services.run("slack")
    case.refresh_from_db()
    assert (case.state, case.outcome) == ("resolved", "arrived")
    assert services.kinds() == ["slack message"] + ["slack update", "slack reply"] * 3
    assert [a.details["text"] for a in services.world.arrivals.all() if a.kind == "reply"] == [
        "Taken by Lena", "Set to wait by Lena", "Resolved: Arrived by Lena",
    ]  # fmt: skip
    assert buttons(shown(services)) == ["open"]
    assert set(SlackPress.objects.values_list("state", "actor")) == {("done", lena.pk)}
    assert set(OutboxRow.objects.filter(channel="slack").values_list("state", flat=True)) == {"sent"}
    slack = Decision.objects.filter(channel="slack")
    assert list(slack.values_list("verdict", flat=True)) == ["send"] * 4


def test_who_is_not_known_here_is_told_so_privately(services: Services) -> None:
    case = open_case(NOON)
    services.run("slack")
    assert services.press("U0GUEST", "take") == 200
    case.refresh_from_db()
    assert case.owner is None
    assert services.kinds() == ["slack message", "slack whisper"]
    whisper = services.world.arrivals.all()[-1].details
    assert whisper["user"] == "U0GUEST" and "no active person" in whisper["text"]
    assert SlackPress.objects.get().state == "refused"


def test_two_people_with_one_address_are_nobody(services: Services) -> None:
    agent("lena", "agent@shiptrack.example")
    agent("lana", "AGENT@shiptrack.example")
    open_case(NOON)
    services.run("slack")
    services.press("U0AGENT", "take")
    assert ExceptionCase.objects.get().owner is None


def test_who_may_not_act_is_told_why(services: Services) -> None:
    user = agent("lena", "agent@shiptrack.example")
    user.user_permissions.clear()
    open_case(NOON)
    services.run("slack")
    services.press("U0AGENT", "take")
    assert services.world.arrivals.all()[-1].details["text"] == "You may look at cases, but not act on them."


def test_a_press_on_what_changed_meanwhile_is_refused_and_shows_how_it_is(services: Services) -> None:
    agent("lena", "agent@shiptrack.example")
    case = open_case(NOON)
    services.run("slack")
    ExceptionCase.objects.filter(pk=case.pk).update(version=case.version + 1, next_action="Call Ann")
    services.press("U0AGENT", "resolve", "arrived")
    case.refresh_from_db()
    assert case.state == "new" and services.kinds() == ["slack message", "slack whisper", "slack update"]
    assert "Call Ann" in words(shown(services))
    services.press("U0AGENT", "resolve", "arrived")
    case.refresh_from_db()
    assert case.state == "resolved"


def payload(case_id: object = 1, action: str = "take") -> dict[str, Any]:
    return {
        "type": "block_actions", "user": {"id": "U0AGENT"}, "team": {"id": "T1"}, "channel": {"id": "C1"},
        "container": {"message_ts": "1.2"}, "actions": [{"action_id": action, "value": f"{case_id}:1"}],
    }  # fmt: skip


def test_the_door_takes_a_signed_press_once(services: Services) -> None:
    press = signed_press(payload(), services.now)
    assert (services.post(press), services.post(press)) == (200, 401)
    assert SlackPress.objects.count() == 1


@pytest.mark.parametrize("age", [301, -301, 3600])
def test_the_door_refuses_what_is_older_than_five_minutes_or_comes_from_the_future(
    services: Services, age: int
) -> None:
    assert services.post(signed_press(payload(), services.now - timedelta(seconds=age))) == 401
    assert services.post(signed_press(payload(), services.now - timedelta(seconds=290))) == 200


def test_the_door_refuses_what_is_not_signed_by_slack(services: Services) -> None:
    good = signed_press(payload(), services.now)
    other = signed_press(payload(), services.now, secret="guessed")
    assert services.post(other) == 401
    with clock.at(services.now):
        client = Client()
        assert client.post("/slack/actions/", good.body, content_type=good.headers["Content-Type"]).status_code == 401
        for stamp in ("", "x", "9" * 20, "１２"):
            sent = {"X-Slack-Signature": "v0=é", "X-Slack-Request-Timestamp": stamp}
            answered = client.post("/slack/actions/", good.body, content_type="text/plain", headers=sent)
            assert answered.status_code == 401
        assert client.get("/slack/actions/").status_code == 405
    assert SlackPress.objects.count() == 0


def test_without_an_account_there_is_no_door(stage: None, client: Client) -> None:
    press = signed_press(payload(), NOON)
    assert client.post("/slack/actions/", press.body, content_type=press.headers["Content-Type"]).status_code == 404


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", "null", '{"type": "view_closed"}', '{"actions": []}', '{"actions": {}}', "[" * 5000,
        json.dumps(payload("1; DROP TABLE x")), json.dumps(payload("١")), json.dumps(payload("9" * 30)),
        json.dumps(payload(action="open")), json.dumps({**payload(), "user": {"id": "a\x00"}}),
        json.dumps({**payload(), "channel": [1]}),
    ],
)  # fmt: skip
def test_what_is_no_press_is_read_as_none(text: str) -> None:
    with pytest.raises(NotAPress):
        read_press(text)


def test_a_revoked_token_pauses_the_channel_and_nothing_is_lost(services: Services) -> None:
    open_case(NOON)
    services.world.slack.is_revoked = True
    services.run("slack")
    state = ChannelState.objects.get(channel="slack")
    assert state.paused_at and state.paused_by is None and "revoked" in state.note
    row = OutboxRow.objects.get(channel="slack")
    assert (row.state, row.attempts) == ("scheduled", 0)
    services.world.slack.is_revoked = False
    assert services.connect("slack", {"bot_token": SETTINGS["bot_token"]}) == ""
    services.run("slack")
    assert services.kinds() == ["slack message"]


def test_a_person_may_let_a_paused_channel_go_on(services: Services) -> None:
    open_case(NOON)
    services.world.slack.is_revoked = True
    services.run("slack")
    services.world.slack.is_revoked = False
    boss = agent("boss", "boss@example.com", "edit_policies")
    resume_channel(channel="slack", actor=boss, now=services.now)
    services.run("slack")
    assert services.kinds() == ["slack message"]


def test_a_message_deleted_in_slack_is_posted_again_with_the_next_news(services: Services) -> None:
    agent("lena", "agent@shiptrack.example")
    open_case(NOON)
    services.run("slack")
    (key,) = services.world.slack.messages
    services.press("U0AGENT", "take")
    services.world.slack.delete(*key)
    services.run("slack")
    assert services.kinds() == ["slack message", "slack message"]


def card(services: Services) -> Envelope:
    found = card_of(open_case(NOON).pk, services.now)
    return Envelope(key="k", to="channel:slack", subject="s", text="t", card=found)


@pytest.mark.parametrize(
    ("given", "failure", "may_have_arrived"),
    [
        (answer(429, {"ok": False}, retry_after="30"), TemporaryFailure, False),
        (answer(200, {"ok": False, "error": "ratelimited"}, retry_after="30"), TemporaryFailure, False),
        (answer(500, {}), TemporaryFailure, False),
        (Answer(200, b'{"ok": tr'), TemporaryFailure, True),
        (answer(200, ["?"]), TemporaryFailure, True),
        (answer(200, {"ok": False, "error": "invalid_blocks"}), PermanentFailure, False),
        (answer(200, {"ok": False, "error": "channel_not_found"}), ChannelBroken, False),
        (answer(200, {"ok": False, "error": "missing_scope"}), ChannelBroken, False),
        (answer(401, {}), ChannelBroken, False),
    ],
    ids=["429", "ratelimited", "500", "half", "no object", "blocks", "room", "scope", "401"],
)
def test_the_answers_of_slack(
    services: Services, monkeypatch: Any, given: Answer, failure: type[Exception], may_have_arrived: bool
) -> None:
    envelope = card(services)
    monkeypatch.setattr(services.world, "respond", lambda request, now: given)
    with pytest.raises(failure) as caught:
        SlackChannel().send(envelope)
    assert getattr(caught.value, "may_have_arrived", False) == may_have_arrived
    if "Retry-After" in given.headers:
        assert caught.value.wait == timedelta(seconds=30)  # type: ignore[attr-defined]


def test_nobody_listens(services: Services) -> None:
    envelope = card(services)
    services.sandbox.stop()
    with pytest.raises(TemporaryFailure) as caught:
        SlackChannel().send(envelope)
    assert not caught.value.may_have_arrived


def test_the_digest_names_what_nobody_has_once_an_hour(services: Services) -> None:
    lena = agent("lena", "agent@shiptrack.example")
    case = open_case(NOON)
    ExceptionCase.objects.update(time_left_at=services.now)
    services.connect("slack", {"digest_hours": str(NOON.hour), "digest_zone": "UTC"})
    assert ask_for_digest(channel="slack", now=services.now)
    assert not ask_for_digest(channel="slack", now=services.now + timedelta(minutes=5))
    assert not ask_for_digest(channel="slack", now=services.now + timedelta(hours=1))
    services.run("slack")
    told = services.world.arrivals.all()[-1].details
    assert "1 case has no owner" in words(told) and f"C-{case.pk}" in words(told)
    services.press("U0AGENT", "take_oldest")
    assert ExceptionCase.objects.get().owner == lena


def test_connecting_says_what_is_missing_and_keeps_secrets_apart(stage: None, capsys: Any) -> None:
    call_command("connect_channel", "slack", "--set", "channel=#ops", "--set", "signing_secret=s3cret")
    assert "bot_token" in capsys.readouterr().out
    account = ChannelAccount.objects.get()
    assert account.settings == {"channel": "#ops"} and account.secrets == {"signing_secret": "s3cret"}
