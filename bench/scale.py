"""How large a measurement is."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Sizes of one run. `many` and `few` are rows of the large and the small side, `messages` those of one round."""

    name: str
    many: int
    few: int = 1_000
    messages: int = 500
    rounds: int = 5
    page_rounds: int = 7
    seconds: float = 2.0  # of load in one round against the web server
    minutes_of_traffic: float = 0.3  # of the steady traffic whose delay is measured

    def label(self, rows: str) -> str:
        """Say which scale and how many rows it was, as in "small (100,000 shipments)"."""
        return f"{self.name} ({rows})"


SMALL = Scale("small", 100_000)
FULL = Scale("full", 1_000_000, rounds=7, minutes_of_traffic=1.0)


def chosen() -> Scale:
    """Return the scale asked for by SCALE (small, full), or a toy of BENCH_SIZE shipments to try the measurements out.

    Raises SystemExit with a sentence for any other value.
    """
    if size := os.environ.get("BENCH_SIZE", ""):
        return toy(int(size))
    name = os.environ.get("SCALE", "") or SMALL.name
    found = {scale.name: scale for scale in (SMALL, FULL)}.get(name)
    if found is None:
        raise SystemExit(f"SCALE is {name}, but must be small or full.")
    return found


def toy(size: int) -> Scale:
    """A scale whose numbers mean nothing: it only shows that the measurements run."""
    return Scale("toy", size, min(size // 2, 1_000), 100, rounds=2, page_rounds=1, seconds=0.3, minutes_of_traffic=0.02)
