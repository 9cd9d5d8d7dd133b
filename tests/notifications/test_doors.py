"""What comes in from outside: refusals by signed links, and reports of mail providers."""

from base64 import b64encode
from datetime import datetime

import pytest
from django.test import Client

from notifications.models import MailReport, OptOut, OutboxRow, SuppressedAddress
from notifications.wording import unsubscribe_url
from tests.notifications.mail import HOUR, NOON, Memory, announce, delivered, relayed, report
from tracking.models.parties import email_hash

pytestmark = pytest.mark.django_db
ANN = email_hash("ann@example.com")
SECRET = "Basic " + b64encode(b"sandbox:sandbox").decode()


def link(purpose: str = "progress") -> str:
    return "/u/" + unsubscribe_url(ANN, 1, purpose).rpartition("/u/")[2]


def test_looking_at_the_link_refuses_nothing_and_the_button_does(client: Client) -> None:
    assert b"<button" in client.get(link()).content
    assert OptOut.objects.count() == 0
    assert client.post(link()).status_code == 200
    assert client.post(link()).status_code == 200
    row = OptOut.objects.get()
    assert (row.email_key, row.store_id, row.purpose, row.how) == (ANN, 1, "progress", "page")
    client.post(link(), {"undo": "1"})
    assert OptOut.objects.count() == 0


def test_one_click_needs_no_session_and_no_token_of_a_form() -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(link("problem"), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert OptOut.objects.get().how == "one_click"


@pytest.mark.parametrize("token", ["x", "a.b:c", "'; DROP TABLE x; --", "<script>", "%00"])
def test_a_link_that_was_tampered_with_is_unknown(client: Client, token: str) -> None:
    assert client.post(f"/u/{token}").status_code == 404
    assert client.get(link()[:-2] + "zz").status_code == 404
    assert OptOut.objects.count() == 0


def bounce(message_id: str, kind: str = "email.bounced") -> dict[str, object]:
    return {
        "type": kind,
        "created_at": "2026-03-02T18:05:00.000Z",
        "data": {
            "email_id": message_id,
            "created_at": "2026-03-02T18:00:00.000Z",
            "to": ["ann@example.com"],
            "bounce": {"message": "No such mailbox", "type": "Permanent", "subType": "General"},
        },
    }


def post(client: Client, told: object, path: str = "/mail/events/resend/", secret: str = SECRET) -> int:
    headers = {"Authorization": secret, "svix-id": "msg_1"} if secret else {}
    return client.post(path, told, content_type="application/json", headers=headers).status_code


@pytest.fixture
def sent(stage: None, memory: Memory) -> OutboxRow:
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    delivered(NOON, memory)
    return OutboxRow.objects.get()


@pytest.mark.parametrize("kind", ["email.bounced", "email.complained"])
def test_a_message_that_came_back_silences_its_address(client: Client, sent: OutboxRow, kind: str) -> None:
    assert post(client, bounce(sent.provider_id, kind)) == 200
    assert post(client, bounce(sent.provider_id, kind)) == 200
    assert MailReport.objects.count() == 1
    assert SuppressedAddress.objects.get().email_key == ANN
    report("out_for_delivery", NOON + HOUR)
    relayed(NOON + HOUR)
    assert OutboxRow.objects.count() == 1


def test_delivery_is_noted_and_silences_nobody(client: Client, sent: OutboxRow) -> None:
    post(client, bounce(sent.provider_id, "email.delivered"))
    report_row = MailReport.objects.get()
    assert (report_row.news, report_row.row_id) == ("delivered", sent.pk)
    assert isinstance(report_row.at, datetime)
    assert SuppressedAddress.objects.count() == 0


@pytest.mark.parametrize(
    ("path", "secret", "status"),
    [
        ("/mail/events/resend/", "", 400),
        ("/mail/events/resend/", "Basic eDp5", 400),
        ("/mail/events/postmark/", SECRET, 404),
        ("/mail/events/nobody/", SECRET, 404),
    ],
)
def test_strangers_report_nothing(client: Client, path: str, secret: str, status: int) -> None:
    assert post(client, bounce("x"), path, secret) == status
    assert MailReport.objects.count() == 0
