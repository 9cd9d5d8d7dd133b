"""Holds what the product raised against the truth: recall, precision, and how late alarms came."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bench.detection.truth import Truth
from tracking.models import Signal

ALLOWED = timedelta(minutes=2)


@dataclass(slots=True)
class Tally:
    """Figures of one kind of signal."""

    by_clock: bool
    real: int = 0
    found: int = 0
    false: int = 0
    helpless: int = 0  # of the false ones, those that nobody could know to be false
    late: int = 0
    worst: timedelta = timedelta()

    @property
    def recall(self) -> float:
        """Of the real problems, the share that raised an alarm."""
        return self.found / self.real if self.real else 1.0

    @property
    def precision(self) -> float:
        """Of the alarms, the share that was right."""
        return self.found / (self.found + self.false) if self.found + self.false else 1.0


@dataclass(slots=True)
class Verdict:
    """All tallies, and every mistake in words."""

    tallies: dict[str, Tally] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)

    def sum_of(self, *, by_clock: bool) -> Tally:
        """All kinds of one sort together."""
        parts = [tally for tally in self.tallies.values() if tally.by_clock == by_clock]
        return _sum(parts, by_clock)

    def total(self) -> Tally:
        """Everything together."""
        return _sum(list(self.tallies.values()), by_clock=True)


def judge(truths: Iterable[Truth], seemed: Iterable[Truth], fates: dict[int, str]) -> Verdict:
    """Compare every signal in the database with the truths.

    `seemed`: the problems as far as they were told, which tell helpless mistakes from others; every false alarm counts.
    `fates`: parcel -> how its life was written, for words.
    """
    raised: dict[tuple[int, str], list[Signal]] = defaultdict(list)
    for signal in Signal.objects.select_related("shipment__order").order_by("fired_at", "id"):
        raised[_parcel(signal), signal.kind].append(signal)
    verdict = Verdict()
    for truth in sorted(truths, key=lambda each: (each.parcel, each.kind, each.since)):
        tally = verdict.tallies.setdefault(truth.kind, Tally(truth.by_clock))
        tally.real += 1
        match = _match(truth, raised[truth.parcel, truth.kind])
        if match is None:
            verdict.mistakes.append(f"missed: {fates[truth.parcel]} {truth.parcel}: {truth.kind} at {truth.since}")
            continue
        tally.found += 1
        delay = match.fired_at - truth.deadline
        tally.worst = max(tally.worst, delay)
        if delay > ALLOWED:
            tally.late += 1
            verdict.mistakes.append(f"late: {fates[truth.parcel]} {truth.parcel}: {truth.kind} by {delay}")
    _count_false(raised, {(each.parcel, each.kind) for each in seemed}, fates, verdict)
    return verdict


def _parcel(signal: Signal) -> int:
    order = signal.shipment.order
    return int(order.external_id) if order else 0


def _match(truth: Truth, signals: list[Signal]) -> Signal | None:
    """Take the first alarm not raised before it was right out of the list; None when there is none."""
    for signal in signals:
        if signal.fired_at >= truth.since - ALLOWED:
            signals.remove(signal)
            return signal
    return None


def _count_false(
    raised: dict[tuple[int, str], list[Signal]], seemed: set[tuple[int, str]], fates: dict[int, str], verdict: Verdict
) -> None:
    for (parcel, kind), signals in raised.items():
        for signal in signals:
            tally = verdict.tallies.setdefault(kind, Tally(by_clock=True))
            tally.false += 1
            is_helpless = (parcel, kind) in seemed
            tally.helpless += is_helpless
            why = "false, its end was told too late" if is_helpless else "false"
            fate = fates.get(parcel, "?")
            verdict.mistakes.append(f"{why}: {fate} {parcel}: {kind} at {signal.fired_at}: {signal.evidence}")


def _sum(parts: list[Tally], by_clock: bool) -> Tally:
    total = Tally(by_clock)
    for part in parts:
        total.real += part.real
        total.found += part.found
        total.false += part.false
        total.helpless += part.helpless
        total.late += part.late
        total.worst = max(total.worst, part.worst)
    return total


def table(verdict: Verdict) -> str:
    """Return the figures as a Markdown table, one row per kind and two sums."""
    lines = [
        "| signal | real | found | false | of them told too late | recall | precision | latest after its due |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    rows: list[tuple[str, Any]] = sorted(verdict.tallies.items())
    rows += [
        ("**reported by the carrier**", verdict.sum_of(by_clock=False)),
        ("**by the clock**", verdict.sum_of(by_clock=True)),
    ]
    rows.append(("**all**", verdict.total()))
    for name, tally in rows:
        lines.append(
            f"| {name} | {tally.real} | {tally.found} | {tally.false} | {tally.helpless} |"
            f" {tally.recall:.3f} | {tally.precision:.3f} |"
            f" {tally.worst.total_seconds() / 60:.1f} min |"
        )
    return "\n".join(lines)
