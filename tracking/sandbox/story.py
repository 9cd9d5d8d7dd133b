"""Scenario files: one story each, read into plain data. A misspelt key or offset is an error, not a silent nothing."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from tracking.sandbox.timing import Offset, offset, span

STORIES = Path(__file__).parent / "stories"
_Step = TypeVar("_Step")


class StoryError(Exception):
    """A scenario file cannot be read; the text names the file and the part."""


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """The order as placed. `value` = range in minor units; `deliver_by` = day the shop promised the customer;
    `push` and `delay` of the orders/create webhook as in a step."""

    at: Offset
    to: str = "US"
    value: tuple[int, int] = (2400, 11900)
    shipping: str = "Standard"
    tags: tuple[str, ...] = ()
    deliver_by: Offset | None = None
    test: bool = False
    push: bool = True
    delay: str = "0s"


@dataclass(frozen=True, slots=True)
class NumberPlan:
    """A tracking number of the story. `partner_of` = last-mile number of another, named by that carrier from `known`;
    `same_as` = a carrier's older parcel under another's number."""

    carrier: str
    service: str
    partner_of: str = ""
    same_as: str = ""
    returns: str = ""
    master: str = ""
    known: Offset | None = None


@dataclass(frozen=True, slots=True)
class ShopStep:
    """One thing the shop does: order, update, cancel, fulfil, numbers, withdraw, event. `push` false: the webhook is
    lost; `delay` lets it arrive late; `twice` delivers the same bytes again after that span."""

    at: Offset
    does: str
    fulfilment: int = 1
    numbers: tuple[str, ...] = ()
    company: str | None = None
    service: str = "manual"
    lines: tuple[int, ...] = ()
    status: str = ""
    message: str = ""
    place: str = "origin"
    push: bool = True
    delay: str = "0s"
    twice: str = ""


@dataclass(frozen=True, slots=True)
class CarrierStep:
    """One scan, or (without `code`) a change of what the carrier's answer says as a whole.

    `at` is read on the clock of `place`. `known` = when the carrier's systems learn it. `push` false: only polls see
    it; `delay` = how late the webhook comes; `twice` repeats the same bytes, `again` the same news in new bytes.
    """

    at: Offset
    number: str = "a"
    code: str = ""
    text: str = ""
    reason: str = ""
    reason_text: str = ""
    place: str = "origin"
    known: Offset | None = None
    date_only: bool = False
    without: tuple[str, ...] = ()
    estimate: Offset | None = None
    no_estimate: bool = False
    delay_type: str = ""
    delay_subtype: str = ""
    delay_status: str = ""
    return_by: Offset | None = None
    signed_by: str = ""
    left_at: str = ""
    attempt: bool = False
    push: bool = True
    delay: str = "4min"
    twice: str = ""
    again: str = ""


@dataclass(frozen=True, slots=True)
class PlatformStep:
    """One thing a platform between shop and carrier does, read on the warehouse's clock.

    ShipStation: `order` (imports the shop's order), `label`, `void`; EasyPost: `track`. From `label` or `track` on it
    repeats the carrier's scans, `lag` after the carrier knows them. `say` (on the clock of `place`) is news of its own:
    `code` = status and detail in the platform's words ("delivered/arrived_at_destination").
    """

    at: Offset
    source: str
    does: str
    number: str = "a"
    code: str = ""
    text: str = ""
    place: str = "origin"
    lag: str = "20min"
    push: bool = True
    delay: str = "1min"
    twice: str = ""


@dataclass(frozen=True, slots=True)
class Outage:
    """A source that neither pushes nor answers for a while; read on the warehouse's clock."""

    source: str
    since: Offset
    until: Offset


@dataclass(frozen=True, slots=True)
class Story:
    """One scenario: the order, its numbers, what shop and platforms do and what the carriers know."""

    name: str
    title: str
    shop_key: str
    order: OrderPlan
    numbers: dict[str, NumberPlan]
    shop: tuple[ShopStep, ...]
    carrier: tuple[CarrierStep, ...]
    platform: tuple[PlatformStep, ...] = ()
    outages: tuple[Outage, ...] = ()
    share: int = 0  # weight among the healthy orders of the world; 0 = trouble
    live: bool = False  # may be played fast for orders placed while somebody watches
    any_day: bool = False  # may also be ordered on a weekend


_OFFSETS = {"at", "known", "estimate", "return_by", "deliver_by", "since", "until"}
_SPANS = {"delay", "twice", "again", "lag"}


def _convert(key: str, value: Any) -> Any:
    if key in _OFFSETS:
        return offset(value)
    if key in _SPANS and value:
        span(value)
    return tuple(value) if isinstance(value, list) else value


def _step(kind: type[_Step], table: dict[str, Any]) -> _Step:
    return kind(**{key: _convert(key, value) for key, value in table.items()})


@dataclass(frozen=True, slots=True)
class _File:
    """The shape of a scenario file."""

    title: str
    order: dict[str, Any]
    numbers: dict[str, dict[str, Any]] = field(default_factory=dict)
    shop: list[dict[str, Any]] = field(default_factory=list)
    carrier: list[dict[str, Any]] = field(default_factory=list)
    platform: list[dict[str, Any]] = field(default_factory=list)
    outage: list[dict[str, Any]] = field(default_factory=list)
    store: str = ""
    share: int = 0
    live: bool = False
    any_day: bool = False


def parse(name: str, text: str) -> Story:
    """Read one scenario; raises StoryError with the file's name."""
    try:
        file = _File(**tomllib.loads(text))
        return Story(
            name=name,
            title=file.title,
            shop_key=file.store,
            order=_step(OrderPlan, file.order),
            numbers={key: _step(NumberPlan, table) for key, table in file.numbers.items()},
            shop=tuple(_step(ShopStep, table) for table in file.shop),
            carrier=tuple(_step(CarrierStep, table) for table in file.carrier),
            platform=tuple(_step(PlatformStep, table) for table in file.platform),
            outages=tuple(_step(Outage, table) for table in file.outage),
            share=file.share,
            live=file.live,
            any_day=file.any_day,
        )
    except (TypeError, ValueError) as error:
        raise StoryError(f"Story {name}: {error}") from error


@cache
def stories() -> dict[str, Story]:
    """Return all scenarios by name, in the order of their names; raises StoryError."""
    return {path.stem: parse(path.stem, path.read_text("utf-8")) for path in sorted(STORIES.glob("*.toml"))}
