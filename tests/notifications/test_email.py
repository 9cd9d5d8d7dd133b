"""E-mail over real HTTP against the pretend provider, and the meaning of each fault."""

import smtplib
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from notifications.channels.contract import Envelope, PermanentFailure, TemporaryFailure
from notifications.channels.email import EmailChannel, _of_server
from notifications.channels.registry import ALL, problems
from tests.notifications.mail import NOON, Memory
from tracking.sandbox.server import Sandbox
from tracking.sandbox.wire import Answer, answer

LETTER = Envelope(
    key="k1", to="ann@example.com", subject="Order 1001", text="Hello", html="<p>Hello</p>", from_name="Bright, Inc.",
    from_address="hello@bright.example", headers={"List-Unsubscribe": "<https://example.com/u/x>"},
)  # fmt: skip


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    server = Sandbox(0, lambda: NOON)
    server.start()
    settings.EMAIL_BACKEND = "notifications.channels.resend.EmailBackend"
    settings.ANYMAIL = {
        "RESEND_API_KEY": "re_sandbox", "RESEND_API_URL": f"{server.origin}/resend/", "REQUESTS_TIMEOUT": (1, 1),
    }  # fmt: skip
    yield server
    server.stop()


def test_a_message_arrives_whole_and_once(sandbox: Sandbox) -> None:
    channel = EmailChannel()
    first, second = channel.send(LETTER), channel.send(LETTER)
    (mail,) = sandbox.mailbox.mails
    assert first == second and first.provider_id == mail.id
    assert (mail.to, mail.subject, mail.text, mail.html) == (
        ("ann@example.com",),
        "Order 1001",
        "Hello",
        "<p>Hello</p>",
    )
    assert mail.sender == '"Bright, Inc." <hello@bright.example>'
    assert mail.headers["List-Unsubscribe"] == "<https://example.com/u/x>"
    assert channel.is_idempotent()
    assert sandbox.mailbox.calls == {"sends": 2, "arrived": 1, "repeated": 1}


@pytest.mark.parametrize(
    ("given", "failure", "may_have_arrived"),
    [
        (answer(429, {"message": "slow"}, retry_after="7"), TemporaryFailure, False),
        (answer(500, {"message": "oops"}), TemporaryFailure, False),
        (Answer(200, b"<html>half an ans"), TemporaryFailure, True),
        (answer(422, {"message": "Invalid `to` field"}), PermanentFailure, False),
        (answer(401, {"message": "Missing API key"}), PermanentFailure, False),
    ],
    ids=["429", "500", "half an answer", "422", "401"],
)
def test_the_answers_of_a_provider(
    sandbox: Sandbox, monkeypatch: Any, given: Answer, failure: type, may_have_arrived: bool
) -> None:
    monkeypatch.setattr(sandbox.mailbox, "respond", lambda request, now: given)
    with pytest.raises(failure) as caught:
        EmailChannel().send(LETTER)
    assert getattr(caught.value, "may_have_arrived", False) == may_have_arrived
    if given.status == 429:
        assert getattr(caught.value, "wait").total_seconds() == 7  # noqa: B009


def test_nobody_listens(settings: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings.EMAIL_BACKEND = "notifications.channels.resend.EmailBackend"
    settings.ANYMAIL = {"RESEND_API_KEY": "x", "RESEND_API_URL": f"http://127.0.0.1:{port}/"}
    with pytest.raises(TemporaryFailure) as caught:
        EmailChannel().send(LETTER)
    assert not caught.value.may_have_arrived


def test_somebody_listens_and_hangs_up(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.EMAIL_BACKEND = "notifications.channels.resend.EmailBackend"
        settings.ANYMAIL = {
            "RESEND_API_KEY": "x", "RESEND_API_URL": f"http://127.0.0.1:{mute.getsockname()[1]}/",
            "REQUESTS_TIMEOUT": (1, 0.2),
        }  # fmt: skip
        with pytest.raises(TemporaryFailure) as caught:
            EmailChannel().send(LETTER)
    assert caught.value.may_have_arrived


@pytest.mark.parametrize(
    ("error", "failure", "may_have_arrived"),
    [
        (smtplib.SMTPRecipientsRefused({"a": (550, b"no")}), PermanentFailure, False),
        (smtplib.SMTPRecipientsRefused({"a": (450, b"later")}), TemporaryFailure, False),
        (smtplib.SMTPServerDisconnected("gone"), TemporaryFailure, True),
        (smtplib.SMTPConnectError(421, b"busy"), TemporaryFailure, False),
        (smtplib.SMTPDataError(451, b"later"), TemporaryFailure, False),
        (smtplib.SMTPDataError(554, b"no"), PermanentFailure, False),
    ],
)
def test_the_answers_of_a_mail_server(error: Any, failure: type, may_have_arrived: bool) -> None:
    found = _of_server(error)
    assert isinstance(found, failure)
    assert getattr(found, "may_have_arrived", False) == may_have_arrived


@pytest.mark.parametrize("to", ["", "not an address", "a@b@c", "ann@example.com\nBcc: all@example.com"])
def test_what_is_no_address_fails_for_good(sandbox: Sandbox, to: str) -> None:
    with pytest.raises((PermanentFailure, TemporaryFailure)):
        EmailChannel().send(Envelope(key="k", to=to, subject="s", text="t"))
    assert sandbox.mailbox.calls["arrived"] == 0


def test_without_a_provider_nothing_leaves(settings: Any) -> None:
    settings.EMAIL_BACKEND = ""
    assert EmailChannel().is_ready()
    with pytest.raises(PermanentFailure):
        EmailChannel().send(LETTER)


def test_two_channels_of_one_kind_are_refused() -> None:
    assert problems() == []
    assert len(problems([*ALL, Memory()])) == 2
    assert problems([Memory(kind="")]) != []
