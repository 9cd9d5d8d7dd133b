"""Taking time so that both sides of a ratio meet the same machine."""

import gc
import time
from collections.abc import Callable
from statistics import median

Side = Callable[[int], float]
"""Does round n and returns what is compared: seconds, or work per second."""


def seconds(work: Callable[[], object]) -> float:
    """Return how long `work` took. Garbage of what was before is collected first, so that nobody else pays for it."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(rounds: int, one: Side, two: Side, *, one_first: bool = False) -> tuple[list[float], list[float]]:
    """Let two sides take turns; return the values of each. The first changes from round to round unless `one_first`.

    Round 0 warms caches, plans and connections and is not counted.
    """
    found: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds + 1):
        places = (0, 1) if one_first or number % 2 else (1, 0)
        for place in places:
            value = (one, two)[place](number)
            if number:
                found[place].append(value)
    return found


def ratio(one: list[float], two: list[float]) -> float:
    """Return the median of the ratios of the rounds: what slows a whole round down slows both of its sides."""
    return median(a / b for a, b in zip(one, two, strict=True))


def spread(values: list[float]) -> str:
    """Return "median (least-most)" for a note."""
    return f"{median(values):,.4g} ({min(values):,.3g}-{max(values):,.3g})"
