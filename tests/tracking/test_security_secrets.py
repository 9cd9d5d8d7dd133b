"""A secret that was given to a source is read by connectors alone: it is in no log, page, message row or ledger."""

import base64
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.tracking.admin.world import NOW
from tracking import clock
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.registry import CONNECTORS
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_source
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, Source

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("presets")]
MARK = "PLANTED-5f3a9c"
LATER = datetime(2026, 11, 20, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


def planted(kind: str) -> Source:
    """A source of a kind whose every secret bears the mark."""
    fields = CONNECTORS[kind].setting_fields
    values = {field.key: f"{MARK}-{field.key}" for field in fields if field.is_secret}
    values |= {"shop": "x.myshopify.com"} if kind == "shopify" else {}
    values |= {"client_id": "public"} if any(field.key == "client_id" for field in fields) else {}
    return add_source(kind=kind, slug=f"a-{kind}", store="S", values=values, now=NOW)[0]


class Vendor:
    """Answers every call in one way; a crash quotes the request, as careless code does."""

    def __init__(self, status: int) -> None:
        self.status, self.calls = status, 0

    def send(self, request: HttpRequest) -> HttpResponse:
        self.calls += 1
        if self.status == 0:
            raise RuntimeError(f"cannot send {request}")
        echo = json.dumps({"error": f"{request.headers} {request.body!r}", "access_token": f"{MARK}-token"})
        return HttpResponse(self.status, {}, echo.encode())


def stored() -> str:
    """Everything in the tables of both apps as text, except for the columns that are encrypted."""
    with connection.cursor() as cursor:
        names = [
            n for n in connection.introspection.table_names(cursor) if n.startswith(("tracking_", "notifications_"))
        ]
        told = []
        for name in names:
            cursor.execute(f"SELECT row_to_json(t)::text FROM {name} AS t")
            told += [row for (row,) in cursor.fetchall()]
    return "\n".join(told)


def check_nothing_shows(client: Client, log: str) -> None:
    assert MARK not in log
    assert base64.b64encode(MARK.encode())[:-4].decode() not in log
    assert MARK not in stored()
    client.force_login(User.objects.create_superuser("root"))
    for model in ("source", "inboundmessage"):
        pages = [reverse(f"admin:tracking_{model}_changelist")]
        for row in (Source if model == "source" else InboundMessage)._default_manager.all():
            pages.append(reverse(f"admin:tracking_{model}_change", args=[row.pk]))
        for page in pages:
            assert MARK not in client.get(page).content.decode(), page


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_failing_calls_and_refused_messages_tell_no_secret(
    client: Client, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = planted(kind)
    calls = 0
    for status in (200, 400, 401, 403, 404, 429, 500, 0):
        Source.objects.update(blocked_until=None, next_poll_at=None, bucket_tokens=None)
        vendor = Vendor(status)
        poll_source(source_id=source.pk, clock=clock.now, transport=vendor)
        calls += vendor.calls
    for path in ("", f"?secret={MARK}-wrong"):
        answer = client.post(
            f"/hooks/{source.slug}/{path}", b"{}", content_type="application/json", HTTP_CREDENTIAL="no"
        )
        assert answer.status_code == 401
        assert MARK not in answer.content.decode()
    check_nothing_shows(client, caplog.text)
    if CONNECTORS[kind].poll.style == "cursor":
        assert calls > 0


@pytest.mark.parametrize(
    ("kind", "path", "headers"),
    [
        ("ups", "", {"HTTP_CREDENTIAL": f"{MARK}-webhook_secret"}),
        ("ups", "", {"HTTP_AUTHORIZATION": f"Bearer {MARK}-webhook_secret"}),
        ("shipstation", f"?secret={MARK}-webhook_secret", {}),
    ],
)
def test_a_secret_that_comes_with_the_message_is_not_stored(
    client: Client, caplog: pytest.LogCaptureFixture, kind: str, path: str, headers: dict[str, str]
) -> None:
    """UPS repeats its credential in a header, ShipStation's first webhooks carry one in the address."""
    caplog.set_level(logging.DEBUG)
    source = planted(kind)
    body = b'{"resource_url": "https://ssapi.shipstation.com/orders?importBatch=1", "resource_type": "ORDER_NOTIFY"}'
    answer = client.post(f"/hooks/{source.slug}/{path}", body, content_type="application/json", **headers)  # type: ignore[arg-type]
    assert answer.status_code == 202
    drain(clock=clock.now)
    assert InboundMessage.objects.get().attempts == 1
    check_nothing_shows(client, caplog.text)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0"]
)
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises(CallFailed) as failure:
        HttpClient().request("GET", f"https://{host}/")
    assert failure.value.kind == "refused"
