"""Looking an order up: only with what its customer knows, and without telling anybody which numbers exist."""

import hmac
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, PLANTED, World
from tests.tracking.pages.shop import address_of, words
from tracking import clock
from tracking.customer_page import limits, look_up
from tracking.customer_page.errors import TooOften
from tracking.models import Order, PublicUse

pytestmark = pytest.mark.django_db
HERE = "/track/"


@pytest.fixture(autouse=True)
def _now() -> Iterator[None]:
    with clock.at(NOW):
        yield


@pytest.fixture
def order() -> Order:
    return World.make().order(ship_to_postcode="78701-1234", ship_to_country="US")


def ask(client: Client, number: str, proof: str, **more: str) -> HttpResponse:
    return client.post(HERE, {"number": number, "proof": proof}, **more)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize("number", ["#10400", "10400", " 10400 "])
@pytest.mark.parametrize("proof", [PLANTED, f" {PLANTED.upper()} ", "78701", "78701-1234", "787 01"])
def test_number_and_proof_lead_to_the_page(client: Client, order: Order, number: str, proof: str) -> None:
    answer = ask(client, number, proof)
    assert (answer.status_code, answer.headers["Location"]) == (303, address_of(order))
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("number", "proof"),
    [
        ("10400", "somebody@example.com"),
        ("10400", "7870"),
        ("10400", "78702"),
        ("10400", ""),
        ("10400", "@"),
        ("99999", PLANTED),
        ("", PLANTED),
        ("10400' OR '1'='1", "78701"),
        ("<script>alert(1)</script>", "78701"),
        ("10400", "%"),
        ("10400\x00", "78701\x00x"),
        ("1" * 5000, "7" * 5000),
    ],
)
def test_a_wrong_proof_reads_like_an_unknown_number(client: Client, order: Order, number: str, proof: str) -> None:
    expected = ask(client, "77777", "nobody@example.com")
    with CaptureQueriesContext(connection) as asked:
        answer = ask(client, number, proof)
    assert (answer.status_code, answer.content) == (200, expected.content)
    assert "We found no order with these." in words(answer)
    assert len(asked) <= 6


def test_known_and_unknown_numbers_take_the_same_work(client: Client, order: Order) -> None:
    work = []
    ask(client, "0", "0")
    for number, proof in (("10400", "no@example.com"), ("55555", "no@example.com"), ("66666", "12345")):
        with (
            CaptureQueriesContext(connection) as asked,
            patch("tracking.customer_page.look_up.hmac.compare_digest", wraps=hmac.compare_digest) as compared,
        ):
            ask(client, number, proof)
        work.append(([query["sql"].split(" WHERE ")[0][:40] for query in asked], compared.call_count))
    assert work[0] == work[1] == work[2]
    assert work[0][1] == 2 * look_up.COMPARED


def test_nobody_without_address_or_postcode_is_found_by_saying_nothing(client: Client, order: Order) -> None:
    Order.objects.update(customer=None, ship_to_postcode="")
    for proof in ("", " ", "-", "..."):
        assert ask(client, "10400", proof).status_code == 200


def test_one_address_may_not_ask_for_ever(client: Client, order: Order) -> None:
    for number in range(20):
        assert ask(client, f"7{number}", "x@example.com").status_code == 200
    answer = ask(client, "10400", PLANTED)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "180")
    assert "Please try again in 3 minutes." in words(answer)
    assert ask(client, "10400", PLANTED, REMOTE_ADDR="192.0.2.7").status_code == 303
    with clock.at(NOW + timedelta(minutes=4)):
        assert ask(client, "10400", PLANTED).status_code == 303


@pytest.mark.parametrize("number", ["10400", "99999"])
def test_one_order_may_not_be_guessed_from_everywhere_known_or_not(client: Client, order: Order, number: str) -> None:
    tried = [ask(client, number, f"{at}@example.com", REMOTE_ADDR=f"192.0.2.{at}").status_code for at in range(11)]
    assert tried == [200] * 10 + [429]


def test_what_is_counted_names_nobody_and_does_not_pile_up(client: Client, order: Order) -> None:
    ask(client, "10400", PLANTED, REMOTE_ADDR="192.0.2.7")
    kept = str(list(PublicUse.objects.values_list("key", "count")))
    assert "10400" not in kept
    assert "192.0.2" not in kept
    later = NOW + timedelta(days=3)
    limits.use(limits.UNKNOWN_BY_ADDRESS, "somebody", later)
    assert PublicUse.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_an_ipv6_customer_is_a_network(address: str, network: str) -> None:
    assert limits.network_of(address) == network


def test_a_limit_counts_exactly(db: None) -> None:
    limit = limits.Limit("test", 2, 10)
    limits.use(limit, "a", NOW)
    limits.use(limit, "a", NOW)
    limits.use(limit, "b", NOW)
    with pytest.raises(TooOften) as refused:
        limits.use(limit, "a", NOW)
    assert refused.value.minutes == 8  # 15:12 -> 15:20


def test_the_form_speaks_the_browsers_language(client: Client) -> None:
    page = client.get(HERE, headers={"accept-language": "es-MX,es;q=0.9"})
    assert "Busca tu pedido" in words(page)
    assert "Find your order" in words(client.get(HERE, {"language": "en"}, headers={"accept-language": "es"}))
    assert not page.cookies
