"""`python -m bench.fuzz`: spoilt messages for every connector; none may crash it, end a parcel or invent another one.

What is checked of each input, read and explained under the shipped mapping as `explain` does it:
- it is read, or refused with a sentence, and the answer can be stored as JSON;
- a parcel is delivered, returned or cancelled only by an event whose code, subcode or text one of the samples has for
  such an end, or by a void that they have;
- no number is spoken of that does not stand in the message.
"""

import argparse
import json
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.fuzz_inputs import corpus, inputs
from tracking.connectors.contract import RawMessage
from tracking.connectors.explain import explain
from tracking.connectors.registry import CONNECTORS
from tracking.status import presets
from tracking.status.mapping import Mapping
from tracking.vocabulary import TERMINAL_STATUSES

TRANSPORTS = ("webhook", "poll")
SHOWN = 20
_PLAIN = re.compile(r"[\W_]+")


@dataclass(slots=True)
class Outcome:
    """What became of one connector's inputs."""

    kind: str
    inputs: int = 0
    read: int = 0
    seconds: float = 0
    faults: Counter[str] = field(default_factory=Counter)


def fuzz(kind: str, count: int, seed: int) -> Outcome:
    """Read so many spoilt messages of one kind; the outcome counts every fault by what it is."""
    judge, outcome, began = Judge(kind), Outcome(kind), time.monotonic()
    for number, (name, body) in enumerate(inputs(kind, count, seed)):
        transport = TRANSPORTS[number % len(TRANSPORTS)]
        try:
            was_read, faults = judge.look(body, transport)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            was_read, faults = False, [f"{type(error).__name__} in {where.name}, line {where.lineno}"]
        outcome.inputs += 1
        outcome.read += was_read
        outcome.faults.update(f"{fault} ({name}, {transport})" for fault in faults)
    outcome.seconds = time.monotonic() - began
    return outcome


class Judge:
    """Knows what the intact samples of one connector say about the ends of parcels."""

    def __init__(self, kind: str) -> None:
        self.connector = CONNECTORS[kind]
        self.mapping = Mapping(presets.load(kind))
        documents = [self._explained(body, transport)[1] for body in corpus(kind).values() for transport in TRANSPORTS]
        events = [event for document in documents for event in document["events"]]
        self.ends = {word for event in events if _is_end(event) for word in _words(event)}
        self.has_voids = any(parcel["voided"] for document in documents for parcel in document["shipments"])

    def look(self, body: bytes, transport: str) -> tuple[bool, list[str]]:
        """Return whether a message was read at all, and what is wrong with how."""
        was_read, document = self._explained(body, transport)
        faults = [] if was_read or document["errors"] else ["neither read nor refused"]
        if "\\u0000" in json.dumps(document, allow_nan=False):
            faults.append("a NUL in the answer")
        return was_read, faults + self._false_ends(document) + _strangers(document, body)

    def _explained(self, body: bytes, transport: str) -> tuple[bool, dict[str, Any]]:
        found = explain(self.connector, self.mapping, RawMessage(body, transport=transport))
        return found.was_read, found.document

    def _false_ends(self, document: dict[str, Any]) -> list[str]:
        faults = [
            f"garbage means {event['milestone']}"
            for event in document["events"]
            if _is_end(event) and not self.ends & _words(event)
        ]
        can_end = self.has_voids or any(_is_end(event) for event in document["events"])
        if not can_end and any(parcel["status"] in TERMINAL_STATUSES for parcel in document["shipments"]):
            faults.append("an end without an event")
        return faults


def _is_end(event: dict[str, Any]) -> bool:
    return event["milestone"] in TERMINAL_STATUSES


def _words(event: dict[str, Any]) -> set[str]:
    """What can decide over the meaning of an event."""
    return {str(event[name]).casefold() for name in ("raw_code", "raw_subcode", "raw_description") if event[name]}


def _strangers(document: dict[str, Any], body: bytes) -> list[str]:
    """Numbers of parcels that do not stand in the message."""
    spoken = {
        str(row["tracking_number"])
        for part in ("shipments", "events")
        for row in document[part]
        if row["tracking_number"]
    }
    if not spoken:
        return []
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
    except ValueError:
        text = body.decode("utf-8", "replace")
    told = _PLAIN.sub("", text).upper()
    return ["a number from nowhere" for number in spoken if _PLAIN.sub("", number).upper() not in told]


def table(outcomes: Sequence[Outcome]) -> str:
    """Return what was found, one line for each connector and below it its faults."""
    lines = []
    for each in outcomes:
        speed = each.inputs / max(each.seconds, 0.001)
        lines.append(
            f"{each.kind:<12} {each.inputs:>9,} inputs   {each.read:>9,} read   {each.faults.total():>5} faults   "
            f"{speed:,.0f}/s"
        )
        lines += [f"    {count:>6} x {fault}" for fault, count in each.faults.most_common(SHOWN)]
    return "\n".join(lines)


def main() -> None:
    """Fuzz the chosen connectors; ends with 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=100_000, help="for each connector")
    parser.add_argument("--connector", choices=sorted(CONNECTORS), help="only this one")
    parser.add_argument("--seed", type=int, default=7)
    chosen = parser.parse_args()
    outcomes = []
    for kind in [chosen.connector] if chosen.connector else sorted(CONNECTORS):
        outcomes.append(fuzz(kind, chosen.inputs, chosen.seed))
        print(table(outcomes[-1:]), flush=True)
    sys.exit(1 if any(each.faults for each in outcomes) else 0)


if __name__ == "__main__":
    main()
