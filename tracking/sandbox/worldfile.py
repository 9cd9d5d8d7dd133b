"""The file that lets the running sandbox continue the very world the demo data was made from."""

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tracking.sandbox.engine import DAYS, ORDERS, World


@dataclass(frozen=True, slots=True)
class WorldRecord:
    """All that decides a world. `start` aware UTC."""

    seed: int
    start: datetime
    days: int = DAYS
    orders: int = ORDERS

    def build(self, origin: str) -> World:
        """Make the world again; its vendors answer at `origin`."""
        return World(self.seed, self.start, days=self.days, orders=self.orders, origin=origin)


def write(path: Path, record: WorldRecord) -> None:
    """Keep a world's record; whoever reads the file sees all of it or nothing."""
    content = {
        "seed": record.seed,
        "start": record.start.isoformat(),
        "days": record.days,
        "orders": record.orders,
    }
    _replace(path, json.dumps(content, indent=1) + "\n")


def read(path: Path) -> WorldRecord | None:
    """Return the kept record, None while there is no file. Raises ValueError or KeyError for a broken one."""
    if not path.exists():
        return None
    content = json.loads(path.read_text("utf-8"))
    start = datetime.fromisoformat(content["start"])
    return WorldRecord(content["seed"], start, content["days"], content["orders"])


def write_mark(path: Path, until: datetime) -> None:
    """Keep up to which moment webhooks were posted, beside the world's file."""
    _replace(_mark_path(path), until.isoformat())


def read_mark(path: Path) -> datetime | None:
    """Return the moment kept by `write_mark`, None when nothing was posted yet."""
    mark = _mark_path(path)
    return datetime.fromisoformat(mark.read_text("utf-8")) if mark.exists() else None


def _mark_path(path: Path) -> Path:
    return path.with_name(path.name + ".posted")


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.write_text(text, "utf-8")
    fresh.replace(path)
