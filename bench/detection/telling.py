"""How lives are told: an own system announces orders, USPS pushes scans; late, doubled, out of order, in parts."""

import hashlib
import hmac
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bench import ground, vendors
from bench.detection.lives import Life, Step

SHOP = "shop"
PARTS, AGAIN, SWAPPED = 0.4, 0.1, 0.06  # shares of messages told in parts, told twice, told in the wrong order

AT_HOME = frozenset({"out", "done", "pickup", "attempt", "refused", "wrong"})


@dataclass(frozen=True, slots=True)
class Told:
    """One message: when it arrives (aware UTC, whole slots of time), of which source, its bytes and headers."""

    at: datetime
    source: str
    body: bytes
    headers: dict[str, str]


@dataclass(slots=True)
class Telling:
    """All messages of one life, and when each step was first heard of."""

    messages: list[Told]
    heard: dict[Step, datetime]


def tell(life: Life, dice: random.Random, slot: timedelta) -> Telling:
    """Write the messages of one life; arrivals are rounded up to whole slots."""
    messages = [_order(life, slot)]
    if life.number_at and life.number_at > life.fulfilled_at:
        messages.append(_number(life, slot))
    scans, heard = _scans(life, dice, slot)
    for told, day in life.estimates:
        messages.append(_estimate(life, told, day, slot))
        heard[Step("estimate", told)] = messages[-1].at
    return Telling(messages + scans, heard)


def rounded(at: datetime, slot: timedelta) -> datetime:
    """Return the first slot that begins at or after a moment."""
    seconds = int(slot.total_seconds())
    return datetime.fromtimestamp(-(-int(at.timestamp()) // seconds) * seconds, UTC)


def _scans(life: Life, dice: random.Random, slot: timedelta) -> tuple[list[Told], dict[Step, datetime]]:
    arrivals: list[datetime] = []
    for step in life.steps:
        late = life.feed_delay or timedelta(minutes=dice.choice((2, 6, 15, 40, 90)))
        arrivals.append(max([rounded(step.at + late, slot), *arrivals[-1:]]))
    tellings = [(at, _content(life.steps, n, dice)) for n, at in enumerate(arrivals)]
    tellings = _out_of_order(tellings, dice, slot)
    heard: dict[Step, datetime] = {}
    messages = []
    for at, story in tellings:
        for step in story:
            heard[step] = min(at, heard.get(step, at))
        messages.append(_push(life, story, at))
        if dice.random() < AGAIN:
            messages.append(_push(life, story, at + slot))
    return messages, heard


def _content(steps: Sequence[Step], newest: int, dice: random.Random) -> list[Step]:
    return [steps[newest]] if dice.random() < PARTS else list(steps[: newest + 1])


Tellings = list[tuple[datetime, list[Step]]]


def _out_of_order(tellings: Tellings, dice: random.Random, slot: timedelta) -> Tellings:
    """Let an older story arrive after a newer one now and then."""
    for n in range(1, len(tellings)):
        if dice.random() < SWAPPED:
            tellings[n - 1] = (tellings[n][0] + slot, tellings[n - 1][1])
    return tellings


def _push(life: Life, story: list[Step], at: datetime) -> Told:
    happenings = [vendors.Happening(step.name, step.at.astimezone(UTC), _town(life, step)) for step in story]
    pushed = vendors.push("usps", life.number, happenings, at)
    return Told(at, "usps", pushed.body, pushed.headers)


def _town(life: Life, step: Step) -> int:
    """Where a step happens: on the way by its place in the life, at the end where the customer lives."""
    home = len(vendors.TOWNS) - 1
    return home if step.name in AT_HOME else min(life.steps.index(step), home - 1)


def _order(life: Life, slot: timedelta) -> Told:
    numbers = [life.number] if life.number_at == life.fulfilled_at else []
    order: dict[str, Any] = {
        "external_id": str(life.key),
        "number": f"#{life.key}",
        "created_at": life.ordered_at.isoformat(),
        "currency": "USD",
        "total": "40.00",
        "ship_to": {"city": "Austin", "region": "TX", "postcode": "78744", "country": "US"},
        "fulfilments": [_fulfilment(life, numbers)],
    }
    if life.promised:
        order["promised_date"] = life.promised.isoformat()
    return _own(life.fulfilled_at, {"orders": [order], "shipments": _label(life, numbers)}, slot)


def _fulfilment(life: Life, numbers: list[str]) -> dict[str, Any]:
    told = {"external_id": f"F-{life.key}", "created_at": life.fulfilled_at.isoformat(), "tracking_numbers": numbers}
    return {**told, "carrier": "USPS", "warehouse": "Main warehouse"}


def _label(life: Life, numbers: Iterable[str]) -> list[dict[str, str]]:
    labels = [step.at for step in life.steps if step.name == "label"]
    return [{"tracking_number": number, "label_created_at": labels[0].isoformat()} for number in numbers if labels]


def _number(life: Life, slot: timedelta) -> Told:
    assert life.number_at
    fulfilment = {**_fulfilment(life, [life.number]), "order_external_id": str(life.key)}
    return _own(life.number_at, {"fulfilments": [fulfilment], "shipments": _label(life, [life.number])}, slot)


def _estimate(life: Life, told: datetime, day: object, slot: timedelta) -> Told:
    return _own(told, {"shipments": [{"tracking_number": life.number, "estimate": str(day)}]}, slot)


def _own(at: datetime, message: dict[str, Any], slot: timedelta) -> Told:
    """Sign as docs/generic-source.md says."""
    arrives, body = rounded(at, slot), json.dumps(message).encode()
    stamp, delivery = str(int(arrives.timestamp())), hashlib.sha256(body).hexdigest()[:32]
    signed = hmac.new(ground.SECRET.encode(), f"{stamp}.{delivery}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-ShipTrack-Timestamp": stamp, "X-ShipTrack-Delivery": delivery, "X-ShipTrack-Signature": signed}
    return Told(arrives, SHOP, body, headers)
