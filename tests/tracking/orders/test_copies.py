"""A platform's copy of a shop's order is that order, whoever tells first."""

from dataclasses import replace

import pytest

from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, fulfilment, order, reading, said, take_in
from tracking.ingest.sources import add_source
from tracking.models import Order, OrderAlias, Source, Store

pytestmark = pytest.mark.usefixtures("stage")

SHOPS = order(currency="USD", total_minor=1000)
COPY = replace(order(total_minor=1), external_id="ss-77", number="1001 ", fulfilments=())
SENT = replace(fulfilment(ONE), external_id="ss-f1", order_external_id="ss-77")


@pytest.fixture
def platform() -> Source:
    """A ShipStation account of the shop's store."""
    store = Store.objects.get(sources__slug="shop")
    add_source(kind="shipstation", slug="shipping", store=store.name, values={}, now=MONDAY)
    return Source.objects.get(slug="shipping")


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("platform_first", [True, False])
def test_whoever_tells_first_there_is_one_order_and_it_is_the_shops(
    platform: Source, platform_first: bool, together: bool
) -> None:
    told = [said("shop", reading(SHOPS), MONDAY), said("shipping", reading(COPY), MONDAY + HOUR)]
    if platform_first:
        told.reverse()
    for items in [told] if together else [told[:1], told[1:]]:
        take_in(items, MONDAY + DAY)
    row = Order.objects.get()
    assert row.source
    assert (row.external_id, row.source.slug, row.total_minor) == ("o1001", "shop", 1000)
    assert OrderAlias.objects.get().order == row


def test_what_the_platform_sends_belongs_to_the_shops_order(platform: Source) -> None:
    take_in([said("shop", reading(SHOPS), MONDAY), said("shipping", reading(COPY), MONDAY)], MONDAY)
    take_in([said("shipping", reading(SENT), MONDAY + HOUR)], MONDAY + HOUR)
    row = Order.objects.get()
    assert row.shipments.get().number == ONE
    take_in(
        [said("shop", reading(replace(SHOPS, total_minor=1500, version_at=MONDAY + DAY)), MONDAY + DAY)], MONDAY + DAY
    )
    row.refresh_from_db()
    assert row.total_minor == 1500


def test_two_shops_orders_of_one_number_stay_two(platform: Source) -> None:
    store = Store.objects.get(sources__slug="shop")
    add_source(kind="shopify", slug="shop-two", store=store.name, values={}, now=MONDAY)
    take_in([said("shop", reading(SHOPS), MONDAY)], MONDAY)
    take_in([said("shop-two", reading(replace(SHOPS, external_id="other")), MONDAY)], MONDAY)
    assert Order.objects.count() == 2
