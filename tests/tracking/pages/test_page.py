"""The page of an order: the same truth as the agents', in the customer's language, and nothing that is not theirs."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, PLANTED, World
from tests.tracking.pages.shop import address_of, delivered, moving, words
from tracking import clock
from tracking.models import (
    Customer,
    Fulfilment,
    FulfilmentParcel,
    Order,
    OrderLine,
    StatusChange,
    TrackingCode,
    TrackingEvent,
)
from tracking.models.tokens import new_public_token
from tracking.shipments.queries import told

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def world() -> World:
    return World.make()


@pytest.fixture
def order(world: World) -> Order:
    return world.order()


def test_the_sentence_is_the_agents_byte_for_byte(client: Client, world: World, order: Order) -> None:
    parcel = world.shipment(order, sentence_parameters={"carrier": "Fed<Ex> & 'Co'"})
    page = client.get(address_of(order)).content.decode()
    assert f"<h1>{html.escape(told(parcel).text)}</h1>" in page
    assert f"data-sentence>{html.escape(told(parcel).text)}</p>" in page


def test_a_label_promises_no_date_and_says_who_acts(client: Client, world: World, order: Order) -> None:
    world.shipment(order, promise_at=NOW - timedelta(days=2), promise_is_date=True)
    page = words(client.get(address_of(order)))
    assert "Label made" in page
    assert "No date yet A label is not movement. We give you a date once FedEx has scanned the parcel." in page
    assert "It was promised for Tuesday, November 17. That day has passed." in page
    assert "What happens next · FedEx acts FedEx has to collect and scan the parcel." in page
    assert "Waiting for FedEx , waiting" in page


def test_an_estimate_that_moved_shows_what_it_was(client: Client, world: World, order: Order) -> None:
    parcel = moving(world, order)
    for day in ("2026-11-19", "2026-11-21"):
        StatusChange.objects.create(
            shipment=parcel, to_status="in_transit", known_at=NOW, cause="event",
            sentence_key="in_transit_estimate", sentence_parameters={"estimate": day},
        )  # fmt: skip
    page = words(client.get(address_of(order)))
    assert "Saturday, November 21 was Thursday, November 19 FedEx's estimate" in page


def test_a_delivery_tells_its_proof_without_names_or_streets(client: Client, world: World, order: Order) -> None:
    delivered(
        world, order, delivered_city="AUSTIN", delivered_region="TX", signed_by="P. PERSON", delivered_to="Front Door",
        proof_url="https://proof.example/1",
    )  # fmt: skip
    answer = client.get(address_of(order))
    page = words(answer)
    assert "Delivered on Wednesday, November 18 In Austin, TX Left at the front door Signed for" in page
    for secret in ("P. PERSON", "Planted", PLANTED, "0104242", "proof.example"):
        assert secret not in answer.content.decode()


def test_where_it_was_left_is_never_a_free_text(client: Client, world: World, order: Order) -> None:
    delivered(world, order, delivered_to="MRS PLANTED PERSON, 12 ELM STREET")
    assert "ELM" not in client.get(address_of(order)).content.decode().upper()


def test_the_way_it_came_shows_towns_once_and_only_what_counted(client: Client, world: World, order: Order) -> None:
    parcel = moving(world, order)
    codes = {
        name: TrackingCode.objects.create(
            identity=at, source_kind="fedex", raw_code=name, first_seen_at=NOW, milestone=name
        )
        for at, name in enumerate(("first_scan", "in_transit", "delivered", "unmapped"), 10)
    }
    told_of = (
        ("first_scan", 9, "HEBRON", "KY"), ("in_transit", 8, "MEMPHIS", "TN"), ("in_transit", 7, "Memphis", "TN"),
        ("delivered", 6, "ATLANTA", "GA"), ("unmapped", 5, "BOISE", "ID"), ("in_transit", -5, "FUTURE", "TX"),
    )  # fmt: skip
    for at, (name, hours, city, region) in enumerate(told_of):
        TrackingEvent.objects.create(
            shipment=parcel, identity=at, source=world.source, code=codes[name], received_at=NOW,
            occurred_at=NOW - timedelta(hours=hours), own_text="ANN BROWN SIGNED", city=city, region=region,
            country="US",
        )  # fmt: skip
    answer = client.get(address_of(order))
    page = words(answer)
    assert page.count("Memphis, TN") == 2  # where it is, and one line of what happened
    assert "Thu, Nov 19, 1:12 AM Scanned for the first time Hebron, KY" in page
    for hidden in ("Atlanta", "Boise", "Future", "BROWN"):
        assert hidden not in page


def test_items_stand_with_their_parcel(client: Client, world: World, order: Order) -> None:
    first, second = moving(world, order), moving(world, order, number="999900001111")
    for parcel, title in ((first, "Linen throw"), (second, "Oak table")):
        made = Fulfilment.objects.create(
            order=order, source=world.source, external_id=title, lines=[{"id": "1", "title": title, "quantity": 2}]
        )
        FulfilmentParcel.objects.create(fulfilment=made, shipment=parcel)
    page = words(client.get(address_of(order)))
    assert page.index("Parcel 1") < page.index("2 × Linen throw") < page.index("Parcel 2") < page.index("2 × Oak table")


def test_one_parcel_holds_what_was_ordered(client: Client, world: World, order: Order) -> None:
    moving(world, order)
    OrderLine.objects.create(order=order, external_id="1", title="Mug", quantity=3)
    OrderLine.objects.create(order=order, external_id="2", title="Gift card", requires_shipping=False)
    page = words(client.get(address_of(order)))
    assert "3 × Mug" in page
    assert "Gift card" not in page


def test_what_a_fulfilment_of_two_labels_holds_is_said_of_neither(client: Client, world: World, order: Order) -> None:
    """One label was voided; whether the other parcel holds all that was ordered, nobody said."""
    OrderLine.objects.create(order=order, external_id="1", title="Mug", quantity=3)
    made = Fulfilment.objects.create(
        order=order, source=world.source, external_id="f", lines=[{"id": "1", "title": "Mug", "quantity": 1}]
    )
    both = moving(world, order), moving(world, order, number="999900001111", status="cancelled")
    for place, parcel in enumerate(both):
        FulfilmentParcel.objects.create(fulfilment=made, shipment=parcel, parcel_index=place)
    page = words(client.get(address_of(order)))
    assert "Your parcel" in page
    assert "Mug" not in page


@pytest.mark.django_db(transaction=True)
def test_the_page_outlives_its_connection(client: Client) -> None:
    """Its statement is prepared once per connection; a new one has to learn it."""
    case = World.make().case()
    assert case.order
    address = address_of(case.order)
    for _ in range(2):
        first, again = client.get(address), client.get(address)
        assert (first.status_code, again.status_code) == (200, 200)
        assert "Your parcel" in words(again)
        connection.close()


def test_an_open_case_says_by_when(client: Client, world: World) -> None:
    case = world.case(left=timedelta(hours=2))
    assert case.order
    page = words(client.get(address_of(case.order)))
    assert "Our team looks after it, next step by Thu, Nov 19, 5:12 PM." in page
    with clock.at(NOW + timedelta(hours=3)):
        late = words(client.get(address_of(case.order)))
    assert "Our team looks after it." in late
    assert "next step by" not in late


def test_carrier_and_number_lead_to_the_carrier_only_over_https(client: Client, world: World, order: Order) -> None:
    world.shipment(order, number="7712 & 1")
    world.carrier.tracking_url = "https://carrier.example/track?n={number}"
    world.carrier.save()
    page = client.get(address_of(order)).content.decode()
    assert 'href="https://carrier.example/track?n=7712%20%26%201" rel="noopener noreferrer external"' in page
    world.carrier.tracking_url = "javascript:alert({number})"
    world.carrier.save()
    assert "javascript:" not in client.get(address_of(order)).content.decode()


def test_it_speaks_the_customers_language_and_the_chosen_one(client: Client, world: World, order: Order) -> None:
    parcel = moving(world, order)
    Customer.objects.update(locale="es-MX")
    parcel.refresh_from_db()
    own = client.get(address_of(order), headers={"accept-language": "en"})
    assert own.headers["Content-Language"] == "es"
    assert '<html lang="es">' in own.content.decode()
    assert "Tu paquete está en camino. El día de entrega estimado es el sábado, 21 de noviembre." in words(own)
    assert "Qué pasa ahora · Le toca a FedEx" in words(own)
    chosen = client.get(address_of(order), {"language": "en"})
    assert "Your parcel is on its way. The estimated delivery day is Saturday, November 21." in words(chosen)
    assert client.get(address_of(order), {"language": "xx"}).content == own.content


def test_the_store_decides_where_the_customer_says_nothing(client: Client, world: World, order: Order) -> None:
    world.store.default_language, world.store.brand = "es", "Luz del Norte"
    world.store.save()
    page = words(client.get(address_of(order)))
    assert "Estamos preparando tu pedido." in page
    assert "Luz del Norte" in page
    assert "Northlight" not in page


def test_an_order_without_parcel_is_being_prepared(client: Client, order: Order) -> None:
    assert "We are preparing your order. A parcel appears here as soon as it is packed." in words(
        client.get(address_of(order))
    )
    Order.objects.update(cancelled_at=NOW)
    assert "This order was cancelled." in words(client.get(address_of(order)))


def test_a_voided_label_is_left_out_beside_a_living_parcel(client: Client, world: World, order: Order) -> None:
    world.shipment(order, status="cancelled", sentence_key="cancelled", sentence_parameters={})
    assert "This shipment was cancelled." in words(client.get(address_of(order)))
    moving(world, order, number="999900001111")
    assert "This shipment was cancelled." not in words(client.get(address_of(order)))


def test_parcels_that_customers_send_back_are_not_shown(client: Client, world: World, order: Order) -> None:
    world.shipment(order, direction="return", number="555500001111")
    assert "5555" not in words(client.get(address_of(order)))


def test_a_parcels_own_token_opens_its_order(client: Client, world: World, order: Order) -> None:
    survivor = moving(world, order)
    loser = world.shipment(None, number="", merged_into=survivor)
    same = client.get(address_of(order)).content.replace(order.public_token.encode(), b"T")
    for token in (survivor.public_token, loser.public_token):
        assert client.get(f"/track/{token}/").content.replace(token.encode(), b"T") == same
    alone = world.shipment(None, number="888800001111")
    assert "8888 0000 1111" in words(client.get(address_of(alone)))


def test_unknown_tokens_are_all_the_same_page(client: Client, order: Order) -> None:
    guesses = [
        new_public_token(),
        order.public_token[:-1],
        order.public_token + "A",
        "x" * 400,
        "' OR 1=1 --",
        "ñ",
        "%00",
    ]
    answers = [client.get(f"/track/{guess}/") for guess in guesses]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert "We do not know this page" in words(answers[0])


def test_guessing_is_stopped_and_a_good_link_still_works(client: Client, world: World, order: Order) -> None:
    tried = [client.get(f"/track/{new_public_token()}/").status_code for _ in range(61)]
    assert tried == [404] * 60 + [429]
    assert client.get(address_of(order)).status_code == 200
    with clock.at(NOW + timedelta(minutes=15)):
        assert client.get(f"/track/{new_public_token()}/").status_code == 404


def test_tokens_hold_128_random_bits_and_differ(world: World) -> None:
    tokens = {new_public_token() for _ in range(1000)}
    assert len(tokens) == 1000
    assert {len(token) for token in tokens} == {22}  # 22 signs of 6 bits carry 16 bytes
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_order (store_id, external_id, number, normalized_number, received_at, currency,"
            " ship_to_city, ship_to_region, ship_to_postcode, ship_to_country, is_test, is_stub, shipping_method, tags,"
            " needs_review, corrected_fields) SELECT %s, n::text, '', '', now(), '', '', '', '', '', false, false, '',"
            " '{}', false, '{}' FROM generate_series(1, 500) n",
            [world.store.pk],
        )
    given = Order.objects.values_list("public_token", flat=True)
    assert (len(set(given)), {len(token) for token in given}) == (500, {32})


def test_nobody_else_keeps_lists_frames_or_scripts_it(client: Client, world: World, order: Order) -> None:
    moving(world, order)
    answer = client.get(address_of(order))
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["X-Robots-Tag"].startswith("noindex")
    assert (answer.headers["Referrer-Policy"], answer.headers["Cache-Control"]) == ("same-origin", "private, no-store")
    page = answer.content.decode()
    assert '<meta name="robots" content="noindex, nofollow">' in page
    assert "<script" not in page
    assert " style=" not in page
    assert "http" not in page.replace("https://www.fedex.com", "")
    assert not answer.cookies


def test_a_store_has_its_colour_and_no_other_style_gets_in(client: Client, world: World, order: Order) -> None:
    moving(world, order)
    world.store.brand_colour = "#ffd400"
    world.store.save()
    answer = client.get(address_of(order))
    nonce = re.search(r"style-src 'self' 'nonce-([\w-]{16})'", answer.headers["Content-Security-Policy"])
    assert nonce
    page = answer.content.decode()
    assert f'<style nonce="{nonce[1]}">@media screen{{:root{{--own:#' in page
    assert " style=" not in page and page.count("<style") == 1
    assert "nonce" not in client.get("/track/").headers["Content-Security-Policy"]
    world.store.brand_colour = "#fff}x{"
    with pytest.raises(ValidationError):
        world.store.full_clean()
    world.store.save()
    assert "<style" not in client.get(address_of(order)).content.decode()


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(client: Client, order: Order, method: str) -> None:
    assert getattr(client, method)(address_of(order)).status_code == 405


def test_it_costs_the_same_for_one_parcel_and_for_twelve(client: Client, world: World, order: Order) -> None:
    moving(world, order)
    client.get(address_of(order))
    with CaptureQueriesContext(connection) as few:
        client.get(address_of(order))
    for at in range(11):
        moving(world, order, number=f"99990000{at:04}")
    with CaptureQueriesContext(connection) as many:
        answer = client.get(address_of(order))
    assert len(few) == len(many) <= 3
    assert len(answer.content) < 60_000
