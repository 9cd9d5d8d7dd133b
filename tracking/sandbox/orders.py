"""One story played for one customer: an order with real moments, numbers, people and places."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from random import Random
from zoneinfo import ZoneInfo

from tracking.sandbox.accounts import SHOPS, WAREHOUSES, Shop, Warehouse
from tracking.sandbox.cast import Line, Person, draw_lines, draw_person
from tracking.sandbox.numbers import (
    canada_post_number,
    fedex_number,
    mail_innovations_number,
    ups_number,
    usps_number,
)
from tracking.sandbox.places import Town, place
from tracking.sandbox.story import CarrierStep, NumberPlan, Outage, PlatformStep, ShopStep, Story
from tracking.sandbox.timing import Offset, span

LIVE_PACE = 240  # an order placed while somebody watches: one day of its story passes in six minutes
MAIL_INNOVATIONS = "UPS Mail Innovations"
_CARRIER_NOTICE = timedelta(minutes=2)  # from the scanner to the carrier's own tracking system


@dataclass(frozen=True, slots=True)
class Scan:
    """A carrier step with its moments (aware UTC): when it happened and when the carrier's systems know it."""

    step: CarrierStep
    at: datetime
    known_at: datetime
    town: Town


@dataclass(frozen=True, slots=True)
class ShopMove:
    """A shop step with its moment (aware UTC)."""

    step: ShopStep
    at: datetime
    town: Town


@dataclass(frozen=True, slots=True)
class PlatformMove:
    """A platform's step with its moment (aware UTC)."""

    step: PlatformStep
    at: datetime
    town: Town


@dataclass(frozen=True)
class PlayedOrder:
    """An order of the pretend world. `day` = the local date its story counts from; `pace` 1 plays it in real time."""

    story: Story
    serial: int
    number: int
    shop: Shop
    customer: Person
    lines: tuple[Line, ...]
    day: date
    shift: timedelta
    placed_at: datetime
    pace: int = 1
    vendor_numbers: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> int:
        """The shop's id of the order."""
        return 5_610_000_000_000 + self.serial

    @property
    def name(self) -> str:
        """The order number people use."""
        return f"{self.shop.prefix}{self.number}"

    @property
    def house(self) -> Warehouse:
        """The warehouse it leaves from."""
        return WAREHOUSES[self.shop.warehouse]

    def town(self, word: str, carrier: str) -> Town:
        """Where a step of the story happens."""
        return place(word, carrier, self.house, self.customer.town)

    def moment(self, when: Offset, zone: str) -> datetime:
        """When a step happens, aware UTC; squeezed towards the order's own moment when played fast."""
        plain = when.moment(self.day, zone) + self.shift
        begin = self.story.order.at.moment(self.day, self.house.zone) + self.shift
        return self.placed_at + (plain - begin) / self.pace

    def calendar_moment(self, when: Offset, zone: str) -> datetime:
        """When something is planned for (estimate, promise): never squeezed."""
        return when.moment(self.day, zone)

    def lag(self, text: str) -> timedelta:
        """A delay of the story in the time of this play."""
        return span(text) / self.pace

    @cached_property
    def moves(self) -> tuple[ShopMove, ...]:
        """All that the shop does, in order of time."""
        moves = (
            ShopMove(step, self.moment(step.at, self.house.zone), self.town(step.place, "fedex"))
            for step in self.story.shop
        )
        return tuple(sorted(moves, key=lambda move: move.at))

    @cached_property
    def platform_moves(self) -> tuple[PlatformMove, ...]:
        """All that platforms do, in order of time."""
        return tuple(sorted(map(self._platform_move, self.story.platform), key=lambda move: move.at))

    def _platform_move(self, step: PlatformStep) -> PlatformMove:
        town = self.town(step.place, self.plan(step.number).carrier)
        return PlatformMove(step, self.moment(step.at, town.zone if step.does == "say" else self.house.zone), town)

    @cached_property
    def scans(self) -> dict[str, tuple[Scan, ...]]:
        """All that each number's carrier knows, by the moment it knows it."""
        return {key: tuple(sorted(self._scans(key), key=lambda scan: scan.known_at)) for key in self.story.numbers}

    def _scans(self, key: str) -> list[Scan]:
        carrier = self.story.numbers[key].carrier
        return [self._scan(step, carrier) for step in self.story.carrier if step.number == key]

    def _scan(self, step: CarrierStep, carrier: str) -> Scan:
        town = self.town(step.place, carrier)
        at = self.moment(step.at, town.zone)
        known = self.moment(step.known, town.zone) if step.known else at + _CARRIER_NOTICE / self.pace
        return Scan(step, at, known, town)

    def outages(self) -> list[tuple[str, datetime, datetime]]:
        """The story's silences as (source slug, from, until)."""
        return [(outage.source, *self._silence(outage)) for outage in self.story.outages]

    def _silence(self, outage: Outage) -> tuple[datetime, datetime]:
        zone = self.house.zone
        return self.moment(outage.since, zone), self.moment(outage.until, zone)

    def plan(self, key: str) -> NumberPlan:
        """The scenario's plan of one of its numbers."""
        return self.story.numbers[key]

    def dice(self, *parts: object) -> int:
        """A number that is always the same for the same order and parts: decides which vendor trap shows."""
        return int.from_bytes(sha256(f"{self.name}/{parts}".encode()).digest()[:6])


def play(
    story: Story,
    *,
    seed: int,
    serial: int,
    number: int,
    shop: Shop,
    day: date,
    shift: timedelta,
    placed_at: datetime | None,
) -> PlayedOrder:
    """Cast one story. With `placed_at` the story is played fast from that moment, else at its own time on `day`."""
    draw = Random(f"{seed}/order/{shop.key}/{serial}")
    customer = draw_person(draw, seed, shop.key, shop.language, story.order.to)
    zone = WAREHOUSES[shop.warehouse].zone
    order = PlayedOrder(
        story=story,
        serial=serial,
        number=number,
        shop=shop,
        customer=customer,
        lines=draw_lines(draw, shop.key, story.order.value, 5_610_000_000_000 + serial),
        day=day,
        shift=shift,
        placed_at=placed_at or story.order.at.moment(day, zone) + shift,
        pace=LIVE_PACE if placed_at else 1,
    )
    order.vendor_numbers.update(_numbers(story, serial))
    return order


def _numbers(story: Story, serial: int) -> dict[str, str]:
    made: dict[str, str] = {}
    for place_in_story, (key, plan) in enumerate(story.numbers.items()):
        unique = serial * 8 + place_in_story
        if plan.same_as:
            made[key] = made[plan.same_as]
        else:
            made[key] = _number(plan, unique)
    return made


def _number(plan: NumberPlan, unique: int) -> str:
    """A number of the plan's carrier; the factors only scatter neighbours."""
    if plan.carrier == "fedex":
        return fedex_number(77_000_000_000 + unique * 7919 % 10**10)
    if plan.carrier == "ups":
        serial = 1_000_000 + unique * 86_243 % (9 * 10**6)
        return mail_innovations_number(serial) if plan.service == MAIL_INNOVATIONS else ups_number(serial)
    if plan.carrier == "canada_post":
        return canada_post_number(10_000_000 + unique * 51_193 % (9 * 10**7))
    return usps_number(1_000_000 + unique * 104_729 % (9 * 10**6))


def shop_of(story: Story, draw: Random) -> Shop:
    """The store of a story, or one by chance (the largest store most often)."""
    if story.shop_key:
        return SHOPS[story.shop_key]
    return SHOPS[draw.choices(("northlight", "casa"), weights=(3, 2))[0]]


def local_date(moment: datetime, zone: str) -> date:
    """The calendar day of a moment on a clock in `zone`."""
    return moment.astimezone(ZoneInfo(zone)).date()


def iso(moment: datetime, zone: str) -> str:
    """ISO 8601 with the offset of `zone`, whole seconds."""
    return moment.astimezone(ZoneInfo(zone)).isoformat(timespec="seconds")


def iso_utc(moment: datetime) -> str:
    """ISO 8601 in UTC with Z, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
