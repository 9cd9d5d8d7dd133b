"""The connector against the pretend Shopify: pushes and polls tell the same story."""

from tests.tracking.connectors.pretend import account, deliveries, received
from tracking.connectors.contract import RawMessage, Reading
from tracking.connectors.shopify import SHOPIFY
from tracking.sandbox.accounts import SOURCES
from tracking.status import presets
from tracking.status.mapping import Mapping

SLUG = next(slug for slug, source in SOURCES.items() if source.kind == "shopify")


def polled() -> list[Reading]:
    """Poll until there is nothing more, and read every part."""
    here = account(SLUG, SHOPIFY.get_token(account(SLUG)), {"first_days": "60"})
    readings, cursor, more = [], "", True
    while more:
        answer = SHOPIFY.fetch(here, [], cursor)
        assert not answer.errors
        readings += [SHOPIFY.read(RawMessage(p.body, topic=p.topic, transport="poll")) for p in answer.parts]
        cursor, more = answer.cursor, answer.more
    return readings


def test_every_push_is_understood() -> None:
    mapping = Mapping(presets.load("shopify"))
    pushed = [received(SHOPIFY, delivery) for delivery in deliveries("shopify")]
    assert len(pushed) > 300
    assert not [error for reading in pushed for error in reading.errors]
    events = [event for reading in pushed for event in reading.events]
    meanings = {mapping.resolve("shopify", "", e.keys, e.description).milestone for e in events}
    assert meanings
    assert "unmapped" not in meanings


def test_poll_finds_every_order_that_was_pushed() -> None:
    mine = [d for d in deliveries("shopify") if d.source_slug == SLUG]
    pushed = {order.external_id for d in mine for order in received(SHOPIFY, d).orders}
    readings = polled()
    assert pushed == {order.external_id for reading in readings for order in reading.orders}
    assert len(pushed) > SHOPIFY.poll.per_call  # more than one page
    assert not [error for reading in readings for error in reading.errors]


def test_connection() -> None:
    assert "Northlight" in SHOPIFY.test_connection(account(SLUG))
