"""The webhook door: each check in its place, and a promise (202) only for what is committed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from unittest.mock import patch

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError, connection
from django.http.request import UnreadablePostError
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from tests.tracking.ingest.making import SECRET, fedex_body, order_body, post, signed, source_of, usps_body
from tracking import clock
from tracking.ingest.views import LARGEST, hook
from tracking.models import InboundMessage, Source, WakeFlag
from tracking.sandbox.signing import fedex_signature
from tracking.vocabulary import InboundState

pytestmark = pytest.mark.django_db

BODY = fedex_body()


@pytest.fixture
def fedex(now: datetime) -> Source:
    return source_of("fedex", now)


def kept() -> list[InboundMessage]:
    return list(InboundMessage.objects.order_by("id"))


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "head", "options"])
def test_other_methods_are_told_what_is_allowed(fedex: Source, method: str) -> None:
    answer = getattr(Client(), method)("/hooks/fedex/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")


def test_the_method_is_checked_before_the_name() -> None:
    assert Client().get("/hooks/nobody/").status_code == 405


def test_an_unknown_or_inactive_source_is_not_found(fedex: Source, now: datetime) -> None:
    assert Client().post("/hooks/nobody/", BODY, content_type="application/json").status_code == 404
    Source.objects.update(is_active=False)
    assert post("fedex", BODY, now).status_code == 404
    assert kept() == []


def test_the_name_is_checked_before_the_length(now: datetime) -> None:
    assert post("fedex", b"x" * (LARGEST + 1), now, headers={}).status_code == 404


def test_more_than_a_mebibyte_is_refused_before_the_signature_is_looked_at(fedex: Source, now: datetime) -> None:
    assert post("fedex", b"x" * (LARGEST + 1), now, headers={}).status_code == 413
    fedex.refresh_from_db()
    assert (kept(), fedex.signature_failures) == ([], 0)


def test_exactly_a_mebibyte_is_taken(fedex: Source, now: datetime) -> None:
    assert post("fedex", b"x" * LARGEST, now).status_code == 202
    assert bytes(kept()[0].body) == b"x" * LARGEST


class Chunks(BytesIO):
    """A body without a declared length; it notes how much of it was asked for."""

    asked = 0

    def read(self, size: int | None = -1) -> bytes:
        self.asked += LARGEST * 9 if size is None or size < 0 else size
        return super().read(size)


def in_chunks(body: bytes) -> tuple[WSGIRequest, Chunks]:
    """A request as the web server hands over one that came with `Transfer-Encoding: chunked`."""
    stream = Chunks(body)
    given = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/hooks/fedex/",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_FDX_SIGNATURE": fedex_signature(SECRET, body),
        "wsgi.input": stream,
        "wsgi.input_terminated": True,
    }
    return WSGIRequest(given), stream


def test_a_body_of_undeclared_length_is_read_whole(fedex: Source, now: datetime) -> None:
    request, _ = in_chunks(BODY)
    with clock.at(now):
        assert hook(request, "fedex").status_code == 202
    assert bytes(kept()[0].body) == BODY


def test_a_body_of_undeclared_length_is_never_read_beyond_the_limit(fedex: Source) -> None:
    request, stream = in_chunks(b"x" * (5 * LARGEST))
    assert hook(request, "fedex").status_code == 413
    assert stream.asked <= LARGEST + 1


def test_a_wrong_signature_is_refused_and_counted_and_its_bytes_are_not_kept(fedex: Source, now: datetime) -> None:
    answer = post("fedex", BODY, now, headers={"fdx-signature": "AAAA"})
    fedex.refresh_from_db()
    assert (answer.status_code, kept()) == (401, [])
    assert (fedex.signature_failures, fedex.last_signature_failure_at) == (1, now)
    assert SECRET.encode() not in answer.content


@pytest.mark.parametrize("kind", ["shopify", "fedex", "usps"])
def test_without_a_secret_nothing_is_taken(now: datetime, kind: str) -> None:
    source = source_of(kind, now)
    source.secrets = {}
    source.save()
    body = usps_body(now) if kind == "usps" else BODY
    answer = post(kind, body, now)
    assert (answer.status_code, kept()) == (401, [])
    assert "secret" in answer.content.decode() or "token" in answer.content.decode()


def test_two_secrets_hold_during_a_rotation(fedex: Source, now: datetime) -> None:
    fedex.secrets = {**fedex.secrets, "webhook_secret": f"the-next-one\n{SECRET}"}
    fedex.save()
    assert post("fedex", BODY, now).status_code == 202


def test_a_stored_message_is_kept_byte_for_byte_with_its_headers_but_no_credentials(
    fedex: Source, now: datetime
) -> None:
    body = b'{"a" :  1, "b":"\xc3\xa9"}\n'
    headers = signed("fedex", body, Authorization="Bearer planted", Cookie="planted", X_Note="kept")
    assert post("fedex", body, now, headers).status_code == 202
    (message,) = kept()
    assert (bytes(message.body), message.state, message.received_at) == (body, InboundState.PENDING, now)
    assert message.headers["x-note"] == "kept"
    assert "planted" not in str(message.headers)
    assert WakeFlag.objects.filter(lane="inbound").exists()


def test_the_same_bytes_again_are_known_whatever_became_of_the_first(fedex: Source, now: datetime) -> None:
    assert post("fedex", BODY, now).status_code == 202
    for state in InboundState.values:
        InboundMessage.objects.update(state=state)
        assert post("fedex", BODY, now).status_code == 200
    assert len(kept()) == 1


def test_a_delivery_id_counts_once_even_with_other_bytes_and_the_same_bytes_twice_with_two_ids(now: datetime) -> None:
    source_of("shopify", now)
    body, other = order_body(1), order_body(2)
    assert post("shopify", body, now, signed("shopify", body, X_Shopify_Webhook_Id="a")).status_code == 202
    assert post("shopify", other, now, signed("shopify", other, X_Shopify_Webhook_Id="a")).status_code == 200
    assert post("shopify", body, now, signed("shopify", body, X_Shopify_Webhook_Id="b")).status_code == 202
    assert len(kept()) == 2


def test_the_same_delivery_id_of_two_sources_is_two_messages(now: datetime) -> None:
    source_of("shopify", now)
    twin = source_of("shopify", now)
    Source.objects.create(slug="other", kind="shopify", secrets=twin.secrets, created_at=now)
    body = order_body()
    headers = signed("shopify", body, X_Shopify_Webhook_Id="a")
    assert post("shopify", body, now, headers).status_code == 202
    assert Client().post("/hooks/other/", body, content_type="application/json", headers=headers).status_code == 202


def test_long_delivery_ids_that_begin_alike_stay_two(now: datetime) -> None:
    source_of("shopify", now)
    for last in ("1", "2"):
        body = order_body()
        headers = signed("shopify", body, X_Shopify_Webhook_Id="x" * 300 + last)
        assert post("shopify", body, now, headers).status_code == 202


def test_an_old_signed_timestamp_is_stored_and_flagged(now: datetime) -> None:
    source_of("usps", now)
    for minutes, is_old in ((4, False), (6, True)):
        assert post("usps", usps_body(now - timedelta(minutes=minutes)), now).status_code == 202
        assert kept()[-1].timestamp_is_old is is_old


def test_a_known_message_with_an_old_timestamp_is_known(now: datetime) -> None:
    source_of("usps", now)
    body = usps_body(now)
    assert post("usps", body, now).status_code == 202
    assert post("usps", body, now + timedelta(hours=1)).status_code == 200


def test_absurd_headers_are_stored_shortened(now: datetime) -> None:
    source_of("shopify", now)
    body = order_body()
    more = {
        "X-Shopify-Topic": "orders/updated\x00" + "t" * 5000,
        "X-Shopify-Webhook-Id": "id\x00",
        "X-Odd": "\x00é" * 3000,
    }
    assert post("shopify", body, now, signed("shopify", body) | more).status_code == 202
    (message,) = kept()
    assert message.topic.startswith("orders/updatedt")
    assert message.delivery_id == "id"
    assert len(message.headers["x-odd"]) == 1000


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_flag_up", [False, True])
def test_a_message_costs_at_most_four_queries(now: datetime, is_flag_up: bool) -> None:
    source_of("fedex", now)
    if is_flag_up:
        WakeFlag.objects.create(lane="inbound")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert post("fedex", BODY, now).status_code == 202
    statements = [query["sql"] for query in queries if query["sql"] not in ("BEGIN", "COMMIT")]
    assert len(statements) <= 4, statements
    assert not any("session" in statement for statement in statements)


def test_no_csrf_token_no_session_and_no_cookie(fedex: Source, now: datetime) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/hooks/fedex/", BODY, content_type="application/json", headers=signed("fedex", BODY))
    assert (answer.status_code, dict(answer.cookies)) == (202, {})
    assert "no-store" in answer["Cache-Control"]


@pytest.fixture
def no_database() -> Iterator[None]:
    """Nobody can connect any more."""
    with patch.object(connection, "ensure_connection", side_effect=OperationalError("gone")):
        connection.close()
        yield


@pytest.mark.django_db(transaction=True)
def test_without_database_the_vendor_is_asked_to_send_again(now: datetime, no_database: None) -> None:
    answer = post("fedex", BODY, now)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")


@pytest.mark.django_db(transaction=True)
def test_a_connection_killed_before_the_message_costs_one_refusal_and_heals(now: datetime) -> None:
    source_of("fedex", now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    other.close()
    answers = [post("fedex", BODY, now).status_code for _ in range(3)]
    assert set(answers) <= {503, 202, 200}
    assert answers[-1] in (200, 202)
    assert answers.count(202) == len(kept()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_commit_that_fails_is_no_promise(now: datetime) -> None:
    source_of("fedex", now)
    with patch.object(connection, "_commit", side_effect=OperationalError("gone")):
        answer = post("fedex", BODY, now)
    assert answer.status_code == 503
    assert kept() == []
    assert post("fedex", BODY, now).status_code == 202


def test_an_embedded_server_that_does_not_start_is_a_database_that_is_away(fedex: Source, now: datetime) -> None:
    with patch("tracking.ingest.views.Source.objects.filter", side_effect=RuntimeError("did not start")):
        assert post("fedex", BODY, now).status_code == 503


def test_secrets_that_no_key_opens_are_no_reason_to_lose_a_message(fedex: Source, now: datetime) -> None:
    with override_settings(FIELD_KEYS=["bm90IHRoZSBrZXkgdGhhdCBtYWRlIHRoZSBzZWNyZXQ="]):
        answer = post("fedex", BODY, now)
    assert (answer.status_code, answer["Retry-After"], kept()) == (503, "30", [])
    assert post("fedex", BODY, now).status_code == 202


def test_a_sender_that_breaks_off_is_no_fault_of_ours(fedex: Source) -> None:
    request, stream = in_chunks(BODY)
    with patch.object(stream, "read", side_effect=UnreadablePostError("gone")):
        assert hook(request, "fedex").status_code == 400
    assert kept() == []
