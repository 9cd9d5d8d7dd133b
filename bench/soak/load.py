"""The pretend world behind the load: its vendors push and answer when asked, and lose some of their webhooks."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from tracking.sandbox.engine import DAYS, World
from tracking.sandbox.wire import Delivery

EVENTS_OF_AN_ORDER = 9.0
"""Distinct events that an order of this world leads to, over all its sources; measured."""
PUSHES_OF_AN_ORDER = 9.4
"""Webhooks that an order leads to; measured."""
KEPT = 0.4
"""Share of the webhooks that are posted at all. Carriers push a parcel's whole story each time, so that a message of
this load tells about five events."""
STEP = timedelta(hours=6)


def world_for(events: int, seed: int, now: datetime, origin: str) -> World:
    """Return a world whose past of 45 days, up to `now` (aware UTC), leads to about so many events; its webhooks name
    addresses at `origin`, where its vendors answer."""
    orders = max(int(events / EVENTS_OF_AN_ORDER), 20)
    return World(seed, now - timedelta(days=DAYS), orders=orders, origin=origin)


def count(world: World) -> int:
    """Return about how many webhooks are posted; a little fewer, so that they last until the last kill."""
    return int(len(world.orders) * PUSHES_OF_AN_ORDER * KEPT * 0.9)


def deliveries(world: World, seed: int, until: datetime) -> Iterator[Delivery]:
    """Yield the webhooks of the world's past that are not lost, in the order of their posting."""
    dice = Random(seed)
    after = world.start - timedelta(days=2)
    while after < until:
        upto = min(after + STEP, until)
        yield from (each for each in world.deliveries(after, upto) if dice.random() < KEPT)
        after = upto
