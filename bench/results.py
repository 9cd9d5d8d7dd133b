"""What was measured, as a table for people and as JSON for programs."""

import json
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

COMPARE = {">=": operator.ge, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Result:
    """One measured value with its target (">= 0.25", "<= 150"), the scale it holds for, and what a reader must know."""

    name: str
    value: float
    unit: str
    target: str
    scale: str
    note: str

    @property
    def is_met(self) -> bool:
        """Whether the value meets the target; what has none is only told."""
        if not self.target:
            return True
        sign, number = self.target.split()
        return bool(COMPARE[sign](self.value, float(number)))


def table(results: Iterable[Result]) -> str:
    """Return the results as lines, each with its note below."""
    lines = []
    for each in results:
        verdict = ("met" if each.is_met else "MISSED") if each.target else "no target"
        value = f"{shown(each.value)} {each.unit}".strip()
        lines.append(f"{each.name:<32} {value:>14}   target {each.target or '-':<8} {verdict:<7} {each.scale}")
        lines.append(f"    {each.note}")
    return "\n".join(lines)


def shown(value: float) -> str:
    """Return a number with as many digits as mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def write(results: Iterable[Result], path: Path) -> None:
    """Write name -> {value, unit, target, scale, note}; what an earlier run measured is replaced."""
    found = {
        each.name: {
            "value": float(f"{each.value:.6g}"),
            "unit": each.unit,
            "target": each.target,
            "scale": each.scale,
            "note": each.note,
        }
        for each in results
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
