"""Counts what arrived at the pretend systems, and holds it against the rows: what was lost, doubled, or is in doubt."""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from notifications.models import Decision, OutboxRow
from notifications.outbox.queries import needs_person
from notifications.vocabulary import OutboxState
from tracking.models import DomainEvent
from tracking.sandbox.arrivals import Arrival
from tracking.sandbox.server import Sandbox

CASE = re.compile(r"\bC-(\d+)\b")
Kept = TypeVar("Kept")
Key = tuple[str, str]  # channel, and what names the message there


class Tally:
    """Every arrival by the message it belongs to. Looked at often, because the sandbox keeps the newest only."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._mails = self._others = 0
        self.counts: Counter[Key] = Counter()

    @property
    def total(self) -> int:
        """How many have arrived."""
        return self.counts.total()

    def look(self) -> int:
        """Count what is new; return how many have arrived."""
        mailbox, world = self._sandbox.mailbox, self._sandbox.world
        assert world is not None
        mails, count = list(mailbox.mails), mailbox.calls["arrived"]
        self.counts.update(("email", mail.key) for mail in _newest(mails, count - self._mails))
        arrivals = world.arrivals
        others, all_of_them = arrivals.all(), arrivals.counts.total()
        self.counts.update(map(_key, _newest(list(others), all_of_them - self._others)))
        self._mails, self._others = count, all_of_them
        return self.total


def _newest(rows: list[Kept], count: int) -> list[Kept]:
    if count > len(rows):
        raise RuntimeError(f"{count} arrived since the last look, the sandbox kept {len(rows)}")
    return rows[len(rows) - count :]


def _key(arrival: Arrival) -> Key:
    if arrival.system == "webhook":
        return ("webhook", arrival.name)
    told = CASE.search(f"{arrival.title} {arrival.text} {json.dumps(dict(arrival.details), default=str)}")
    return (arrival.system, told[1] if told else arrival.name)


def key_of(row: OutboxRow) -> Key:
    """Return how a message is known where it arrives; each case has one message to Slack and one ticket."""
    if row.channel == "email":
        return ("email", str(row.idempotency_key))
    if row.channel == "webhook":
        return ("webhook", f"msg_{row.idempotency_key.hex}")
    return (row.channel, str(row.case_id))


@dataclass(slots=True)
class Proof:
    """What became of the messages. `listed`: doubtful ones that a person is shown."""

    messages: int = 0
    states: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    from_nowhere: int = 0
    unknown_arrived: int = 0
    listed: int = 0
    undecided: int = 0
    decisions: int = 0

    def faults(self, expected: int) -> list[str]:
        """Return what does not hold, as sentences."""
        found = {
            f"{self.messages} messages, {expected} were due": self.messages != expected,
            f"{self.lost} were sent and never arrived": self.lost,
            f"{self.doubled} arrived twice": self.doubled,
            f"{self.from_nowhere} arrived without a row that may have sent them": self.from_nowhere,
            f"{self.undecided} pieces of news have no decision": self.undecided,
            f"{self.decisions} decisions on {expected} messages": self.decisions != expected,
            f"{self.states['unknown'] - self.listed} doubtful ones are not listed": self.states["unknown"]
            - self.listed,
        }
        other = {state: count for state, count in self.states.items() if state not in ("sent", "unknown")}
        found[f"left over: {other}"] = bool(other)
        return [sentence for sentence, is_wrong in found.items() if is_wrong]


def prove(tally: Tally) -> Proof:
    """Hold every row against what arrived."""
    tally.look()
    rows = list(OutboxRow.objects.all())
    sent = {key_of(row) for row in rows if row.state == OutboxState.SENT}
    unknown = {key_of(row) for row in rows if row.state == OutboxState.UNKNOWN}
    arrived = tally.counts
    return Proof(
        messages=len(rows),
        states=Counter(row.state for row in rows),
        lost=len(sent - arrived.keys()),
        doubled=sum(count > 1 for count in arrived.values()),
        from_nowhere=len(arrived.keys() - sent - unknown),
        unknown_arrived=len(unknown & arrived.keys()),
        listed=needs_person().filter(state=OutboxState.UNKNOWN).count(),
        undecided=DomainEvent.objects.filter(relayed_at=None).count(),
        decisions=Decision.objects.filter(verdict="send").count(),
    )
