"""Which parcel of a fulfilment is which when its list of numbers changes. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Held:
    """A parcel the fulfilment names now: its index, its current number ("" = none yet)."""

    index: int
    number: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a new list of numbers means: `fill` index -> number for parcels without one, `replace` index -> new number,
    `clear` indexes whose number is gone, `drop` indexes no longer part of it, `add` (index, number) of new parcels."""

    fill: dict[int, str]
    replace: dict[int, str]
    clear: tuple[int, ...]
    drop: tuple[int, ...]
    add: tuple[tuple[int, str], ...]


def plan(held: Sequence[Held], numbers: Sequence[str]) -> Plan:
    """Match the parcels a fulfilment holds with the numbers it names now (normalized, no repeats).

    A parcel keeps its number if that is still named; numbers left over first fill parcels without number, then replace
    numbers no longer named, then make new parcels. Without any number one parcel stays, waiting for its number.
    """
    left = [number for number in numbers if number not in {parcel.number for parcel in held}]
    blank = [parcel.index for parcel in held if not parcel.number]
    stale = [parcel.index for parcel in held if parcel.number and parcel.number not in numbers]
    fill = dict(zip(blank, left, strict=False))
    left = left[len(fill) :]
    replace = dict(zip(stale, left, strict=False))
    left = left[len(replace) :]
    gone = stale[len(replace) :]
    spare = blank[len(fill) :]
    keep_waiting = 1 if not numbers and not spare else 0
    clear, drop = gone[:keep_waiting], gone[keep_waiting:] + (spare if numbers else spare[1:])
    if not numbers and not held:
        left = [""]
    first = max((parcel.index for parcel in held), default=-1) + 1
    return Plan(fill, replace, tuple(clear), tuple(drop), tuple(enumerate(left, first)))
