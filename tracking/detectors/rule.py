"""What every detector shares: it finds a condition, or says why there is none; the clock does the rest."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from tracking.detectors import presets
from tracking.detectors.contract import Policy, ShipmentFacts, Signal, Watch
from tracking.detectors.windows import Due
from tracking.vocabulary import SEVERITY_RANK, CauseFamily

RANKED = sorted(SEVERITY_RANK, key=SEVERITY_RANK.__getitem__)
NOT_YET = "Within its window."
MOST_IN_BRIEF = 42  # characters that a row of the queue shows


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that holds now. It is a signal from `due` on (None: at once).

    `evidence` gives the finished sentence and is asked for when it fires; `brief` says in MOST_IN_BRIEF characters what
    stays true while the hours pass.
    `clears_at`: when the clock alone ends it; `steps_up`: how many steps above the policy's severity (below, when
    negative); an empty `cause` means the policy's.
    """

    since: datetime
    evidence: Callable[[], str]
    brief: str
    fingerprint: str = ""
    due: Due | None = None
    clears_at: datetime | None = None
    window: str = ""
    value: str = ""
    count: int = 1
    steps_up: int = 0
    cause: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


Find = Callable[[ShipmentFacts, Policy, datetime], Condition | str]


@dataclass(frozen=True, slots=True)
class Rule:
    """A detector made of one pure function, which returns the condition it found or a sentence why there is none."""

    kind: str
    find: Find
    needs_person: bool = False

    def watch(self, facts: ShipmentFacts, policy: Policy, now: datetime) -> Watch:
        """Judge one shipment at `now` (aware UTC)."""
        found = self.find(facts, policy, now)
        if isinstance(found, str):
            return nothing(self.kind, found, self.needs_person)
        due_at = found.due.at if found.due else None
        fires = due_at is None or now >= due_at
        return Watch(
            self.kind,
            signal=self._signal(found, policy) if fires else None,
            due_at=due_at,
            clears_at=found.clears_at if fires else None,
            why_not="" if fires else NOT_YET,
            window=found.window,
            value=found.value,
            needs_person=self.needs_person,
        )

    def _signal(self, found: Condition, policy: Policy) -> Signal:
        by_feed = found.due is not None and found.due.by_feed
        return Signal(
            self.kind,
            severity=raised(severity_of(policy, self.kind), found.steps_up),
            cause=CauseFamily.FEED if by_feed else found.cause or cause_of(policy, self.kind),
            since=found.since,
            evidence=found.evidence(),
            brief=found.brief,
            fingerprint=found.fingerprint,
            count=found.count,
            parameters=found.parameters,
        )


@lru_cache(maxsize=512)
def nothing(kind: str, why_not: str, needs_person: bool) -> Watch:
    """Return the answer of a detector that has nothing to watch: most have none, in the same few words."""
    return Watch(kind, why_not=why_not, needs_person=needs_person)


def severity_of(policy: Policy, kind: str) -> str:
    """Return the severity of a kind: the policy's, else the preset's."""
    return policy.severities.get(kind) or presets.KIND_BY_CODE[kind].severity


def cause_of(policy: Policy, kind: str) -> str:
    """Return the cause family of a kind: the policy's, else the preset's."""
    return policy.causes.get(kind) or presets.KIND_BY_CODE[kind].cause


def raised(severity: str, steps: int) -> str:
    """Return the severity `steps` steps higher (lower when negative); nothing is above critical or below low."""
    return RANKED[max(0, min(RANKED.index(severity) + steps, len(RANKED) - 1))]
