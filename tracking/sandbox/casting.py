"""Which stories the world plays, when: the troubles at the ages that `cast.toml` lists, healthy orders around them."""

import tomllib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tracking.sandbox.accounts import SHOPS, WAREHOUSES, Shop
from tracking.sandbox.orders import local_date, shop_of
from tracking.sandbox.story import Story, stories
from tracking.sandbox.timing import is_workday, offset, workday

_CAST = Path(__file__).with_name("cast.toml")
_LARGEST_SHIFT = 35  # minutes by which an order's whole story may be later than its scenario


@dataclass(frozen=True, slots=True)
class Part:
    """One story to be played by one store, counted from the local date `day`, `shift` later than written."""

    story: Story
    shop: Shop
    day: date
    shift: timedelta

    def moment(self) -> datetime:
        """When the order is placed, aware UTC."""
        return self.story.order.at.moment(self.day, WAREHOUSES[self.shop.warehouse].zone) + self.shift


def history_parts(
    seed: int, start: datetime, until: datetime, orders: int
) -> tuple[list[Part], list[tuple[str, datetime, datetime]]]:
    """Return the parts played between `start` and `until` (aware) and the silences of whole sources in that time."""
    draw = Random(f"{seed}/parts")
    troubles = [_aged(draw, stories()[name], until, age) for name, ages in _cast_file()["ages"].items() for age in ages]
    troubles = [part for part in troubles if start <= part.moment() <= until]
    healthy = [_healthy(draw, start, until) for _ in range(orders - len(troubles))]
    silences = [_silence(entry, start) for entry in _cast_file().get("silence", [])]
    return troubles + healthy, silences


def live_part(seed: int, index: int, placed_at: datetime) -> Part:
    """Return the story of the `index`-th order placed while somebody watches."""
    draw = Random(f"{seed}/live/{index}")
    quick = [story for story in stories().values() if story.live]
    story = draw.choices(quick, weights=[story.share or 5 for story in quick])[0]
    shop = shop_of(story, draw)
    return Part(story, shop, local_date(placed_at, WAREHOUSES[shop.warehouse].zone), timedelta(0))


def _aged(draw: Random, story: Story, until: datetime, age: int) -> Part:
    """A part whose order is `age` working days old at `until`."""
    shop = shop_of(story, draw)
    today = local_date(until, WAREHOUSES[shop.warehouse].zone)
    return Part(story, shop, workday(today, -age), _shift(draw))


def _healthy(draw: Random, start: datetime, until: datetime) -> Part:
    options = [story for story in stories().values() if story.share]
    story = draw.choices(options, weights=[story.share for story in options])[0]
    shop = shop_of(story, draw)
    moment = start + (until - start) * draw.random()
    day = local_date(moment, WAREHOUSES[shop.warehouse].zone)
    if not story.any_day and not is_workday(day):
        day = workday(day, -1)
    part = Part(story, shop, day, _shift(draw))
    while part.moment() > until:
        part = replace(part, day=workday(part.day, -1))
    while part.moment() < start:
        part = replace(part, day=workday(part.day, 1))
    return part


def _shift(draw: Random) -> timedelta:
    return timedelta(seconds=draw.randrange(_LARGEST_SHIFT * 60))


def _silence(entry: dict[str, Any], start: datetime) -> tuple[str, datetime, datetime]:
    zone = WAREHOUSES[SHOPS["northlight"].warehouse].zone
    first = local_date(start, zone)
    since, until = (offset(entry[word]).moment(first, zone) for word in ("since", "until"))
    return entry["source"], since, until


@cache
def _cast_file() -> dict[str, Any]:
    return tomllib.loads(_CAST.read_text("utf-8"))
