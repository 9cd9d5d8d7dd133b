"""Inbound messages: what they say is shown without showing people, and replay is for those who manage sources."""

import json
from hashlib import sha256

import pytest
from django.test import Client

from tests.tracking.admin.world import NOW, PLANTED, World, person
from tracking import clock
from tracking.models import InboundMessage, RevealLog, Source
from tracking.vocabulary import InboundState

pytestmark = pytest.mark.django_db
LIST = "/admin/tracking/inboundmessage/"
ORDER = {
    "id": 5001,
    "name": "#10401",
    "email": PLANTED,
    "created_at": "2026-11-17T06:12:00-05:00",
    "updated_at": "2026-11-17T06:12:00-05:00",
    "currency": "USD",
    "total_price": "412.00",
    "customer": {"first_name": "Planted", "last_name": "Person", "email": PLANTED},
    "shipping_address": {"name": "Planted Person", "address1": "1 Elm St", "city": "Austin", "zip": "73301"},
    "line_items": [],
    "fulfillments": [],
}


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def shop() -> Source:
    return Source.objects.create(slug="shop", kind="shopify", name="Shop", created_at=NOW)


def message(shop: Source, body: bytes | None = None, **changes: object) -> InboundMessage:
    content = json.dumps(ORDER).encode() if body is None else body
    values = {
        "source": shop,
        "transport": "webhook",
        "topic": "orders/updated",
        "headers": {"x-shopify-hmac-sha256": "c2VjcmV0", "x-shopify-topic": "orders/updated"},
        "body": content,
        "body_hash": sha256(content).digest(),
        "delivery_id": f"d{InboundMessage.objects.count()}",
        "received_at": NOW,
        "state": InboundState.PROCESSED,
    }
    return InboundMessage.objects.create(**{**values, **changes})


def read(client: Client, row: InboundMessage) -> str:
    answer = client.get(f"{LIST}{row.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_body_is_readable_and_masked_and_secrets_are_never_shown(client: Client, shop: Source) -> None:
    client.force_login(person("auditor"))
    html = read(client, message(shop))
    assert "total_price" in html
    assert "412.00" in html
    for private in (PLANTED, "Planted", "1 Elm St", "73301", "c2VjcmV0"):
        assert private not in html


def test_it_leads_to_the_order_it_speaks_of(client: Client, shop: Source) -> None:
    client.force_login(person("auditor"))
    order = World.make().order(number="#10401", normalized_number="10401")
    assert f'href="/admin/tracking/order/{order.pk}/change/"' in read(client, message(shop))


def test_revealing_is_logged_and_only_for_the_allowed(client: Client, shop: Source) -> None:
    row = message(shop)
    client.force_login(person("auditor"))
    client.post(f"{LIST}{row.pk}/reveal/")
    assert PLANTED not in read(client, row)
    client.force_login(person("agent", "reveal_personal_data"))
    client.post(f"{LIST}{row.pk}/reveal/")
    assert PLANTED in read(client, row)
    assert RevealLog.objects.get().where == f"message {row.pk}"


def test_a_body_that_cannot_be_masked_waits_for_a_reveal(client: Client, shop: Source) -> None:
    row = message(shop, f"<order><email>{PLANTED}</email></order>".encode())
    client.force_login(person("agent", "reveal_personal_data"))
    assert "This body is no JSON" in read(client, row)
    client.post(f"{LIST}{row.pk}/reveal/")
    assert PLANTED in read(client, row)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 5000, b'"text"', b"null"])
def test_odd_bodies_have_a_page(client: Client, shop: Source, body: bytes) -> None:
    client.force_login(person("auditor"))
    assert "Body" in read(client, message(shop, body))


def test_the_bytes_are_for_who_manages_sources_and_may_reveal(client: Client, shop: Source) -> None:
    row = message(shop)
    client.force_login(person("agent", "reveal_personal_data"))
    assert client.post(f"{LIST}{row.pk}/bytes/").status_code == 403
    client.force_login(person("admin", "reveal_personal_data", "manage_sources"))
    answer = client.post(f"{LIST}{row.pk}/bytes/")
    assert answer.content == bytes(row.body)
    assert answer["Content-Disposition"].startswith("attachment")
    assert RevealLog.objects.count() == 1


def test_a_failed_message_says_why_and_can_be_read_again(client: Client, shop: Source) -> None:
    row = message(shop, state=InboundState.GAVE_UP, error=f"No store for {PLANTED}", attempts=5)
    client.force_login(person("agent"))
    assert "No store for p•••@e•••.com" in read(client, row)
    assert client.post(f"{LIST}{row.pk}/replay/").status_code == 403
    client.force_login(person("admin", "manage_sources"))
    client.post(f"{LIST}{row.pk}/replay/")
    row.refresh_from_db()
    assert (row.state, row.is_replay, row.attempts) == (InboundState.PENDING, True, 0)


def test_the_failed_tab_and_reading_many_again(client: Client, shop: Source) -> None:
    failed = [message(shop, state=InboundState.FAILED), message(shop, state=InboundState.GAVE_UP)]
    fine = message(shop)
    client.force_login(person("admin", "manage_sources"))
    answer = client.get(LIST, {"state__in": "failed,gave_up"})
    assert {row.pk for row in answer.context["cl"].result_list} == {row.pk for row in failed}
    assert [tab.count for tab in answer.context["list_tabs"]] == ["2", "1", "0", ""]
    chosen = {"action": "replay_selected", "_selected_action": [row.pk for row in failed]}
    client.post(LIST, chosen)
    assert set(InboundMessage.objects.filter(state="pending").values_list("pk", flat=True)) == {
        row.pk for row in failed
    }
    fine.refresh_from_db()
    assert fine.state == InboundState.PROCESSED


def test_without_the_permission_nothing_can_be_read_again_in_bulk(client: Client, shop: Source) -> None:
    row = message(shop, state=InboundState.GAVE_UP)
    client.force_login(person("agent"))
    client.post(LIST, {"action": "replay_selected", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.state == InboundState.GAVE_UP
