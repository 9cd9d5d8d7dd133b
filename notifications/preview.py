"""Runs a rule set over past news: who would have been told what and when, beside what was. Writes and sends nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from notifications.facts import World, gather
from notifications.models import Decision
from notifications.relay import happening_of, moments
from notifications.rules.contract import CaseFacts, Desk, Draft, Facts, Happening, ParcelFacts, RuleSet, Said
from notifications.rules.engine import decide
from notifications.rules.standing import Standing
from notifications.vocabulary import Mode, OutboxState, Withheld
from tracking.models import DomainEvent
from tracking.vocabulary import EVIDENCE_RANK

SPAN = timedelta(days=30)
MOST_NEWS = 5000
SUPERSEDED = Withheld.SUPERSEDED.value


@dataclass(slots=True)
class Outcome:
    """What a rule would say to one piece of news: leaving at `send_at` (aware UTC), or withheld for `reason`."""

    event_id: int
    rule_key: str
    at: datetime
    shipment_id: int | None
    order_id: int | None
    send_at: datetime | None = None
    waits: bool = False
    reason: str = ""

    @property
    def key(self) -> tuple[int, str]:
        """What it is compared by with what really happened."""
        return (self.event_id, self.rule_key)

    @property
    def is_sent(self) -> bool:
        """Whether it would leave, at once or after a person approved."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class Difference:
    """A piece of news for which the rule set would do something else; one of the two is None where no rule spoke."""

    outcome: Outcome | None
    decision: Decision | None


@dataclass(slots=True)
class Preview:
    """Counts and differences. `is_cut`: there was more news than is looked at; the newest is."""

    since: datetime
    news: int = 0
    is_cut: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)

    @property
    def would_send(self) -> int:
        """Messages that would have left."""
        return sum(each.is_sent for each in self.outcomes)

    @property
    def would_wait(self) -> int:
        """Of them those that a person would have been asked about."""
        return sum(each.is_sent and each.waits for each in self.outcomes)

    @property
    def withheld(self) -> list[tuple[str, int]]:
        """Reasons in words with how often, the most frequent first."""
        found = Counter(Withheld(each.reason).label for each in self.outcomes if each.reason)
        return found.most_common()

    @property
    def withheld_count(self) -> int:
        """How often nothing would have been said."""
        return sum(not each.is_sent for each in self.outcomes)

    @property
    def really_sent(self) -> int:
        """Messages that really were decided to leave and were not withdrawn."""
        return sum(_was_sent(each) for each in self.decisions)


def preview(rules: RuleSet, *, now: datetime) -> Preview:
    """Let a rule set decide on the news of the last 30 days as it stood then; at most the newest MOST_NEWS pieces.

    What was known then is read off the decisions of then. A rule that only shows what it would say counts as on.
    """
    found = Preview(since=now - SPAN)
    heard = {kind for rule in rules.rules for kind in rule.news} | {"shipment.sentence_changed"}
    rows = DomainEvent.objects.filter(at__gte=found.since, at__lte=now, kind__in=heard).order_by("-pk")
    news = list(rows[: MOST_NEWS + 1])
    found.is_cut, news = len(news) > MOST_NEWS, news[:MOST_NEWS][::-1]
    found.news = len(news)
    found.decisions = list(
        Decision.objects.filter(domain_event_id__in=[row.pk for row in news]).select_related("row").order_by("pk")
        .defer("row__body_text", "row__body_html")
    )  # fmt: skip
    found.outcomes = _run(_switched_on(rules), news, _noted(found.decisions))
    found.differences = _differences(found.outcomes, found.decisions)
    return found


def _switched_on(rules: RuleSet) -> RuleSet:
    shown = (replace(rule, mode=Mode.ON.value) if rule.mode == Mode.PREVIEW else rule for rule in rules.rules)
    return replace(rules, rules=tuple(shown))


def _noted(decisions: Iterable[Decision]) -> dict[int, Mapping[str, Any]]:
    return {each.domain_event_id: each.facts for each in decisions if "sentence" in each.facts}


def _run(rules: RuleSet, news: Sequence[DomainEvent], noted: Mapping[int, Mapping[str, Any]]) -> list[Outcome]:
    world = gather(
        shipment_ids={row.shipment_id for row in news if row.shipment_id},
        case_ids={row.case_id for row in news if row.case_id},
    )
    past = _Past(world, noted)
    standing = Standing()
    waiting: dict[int, list[tuple[Said, Outcome]]] = {}
    outcomes = []
    for group in moments(happening_of(row, world) for row in news):
        first = group[0]
        mine = waiting.setdefault(first.shipment_id or -first.id, [])
        for said, outcome in mine:
            said.is_waiting = said.is_waiting and (outcome.waits or (outcome.send_at or first.at) > first.at)
        facts = past.facts(group)
        for draft in decide(group, facts, rules, standing, now=first.at):
            outcomes.append(_outcome(draft))
            if not draft.reason and draft.said:
                mine.append((draft.said, outcomes[-1]))
        parcel = facts.parcels.get(first.shipment_id or 0)
        gone = standing.outlived(parcel.shipment_id, parcel.sentence) if parcel else []
        _withdraw(mine, gone)
    return outcomes


def _withdraw(mine: list[tuple[Said, Outcome]], gone: Iterable[Said]) -> None:
    """Newer truth came before they left."""
    outlived = {id(each) for each in gone}
    for said, outcome in mine:
        if not outcome.reason and said.is_waiting and (said.is_superseded or id(said) in outlived):
            outcome.reason, outcome.send_at = SUPERSEDED, None


def _outcome(draft: Draft) -> Outcome:
    return Outcome(
        event_id=draft.happening.id,
        rule_key=draft.rule.key if draft.rule else "",
        at=draft.happening.at,
        shipment_id=draft.happening.shipment_id,
        order_id=draft.happening.order_id,
        send_at=draft.send_at,
        waits=draft.approval != "auto",
        reason=draft.reason,
    )


class _Past:
    """Facts as they were: out of the decisions of then, else out of the news itself, over the facts of now."""

    def __init__(self, world: World, noted: Mapping[int, Mapping[str, Any]]) -> None:
        self._world, self._noted = world, noted
        self._sentences: dict[int, str] = {}
        now = world.facts.desk
        self._desk = Desk(working=now.working, absent=now.absent, accounts=now.accounts)

    def facts(self, group: Sequence[Happening]) -> Facts:
        """Return the facts at the moment of these news, which are all of one parcel."""
        parcels: dict[int, ParcelFacts] = {}
        cases: dict[int, CaseFacts] = {}
        for one in group:
            known = self._noted.get(one.id, {})
            parcel = self._world.facts.parcels.get(one.shipment_id or 0)
            if parcel:
                parcels[parcel.shipment_id] = self._parcel(parcel, one, known)
            case = self._world.facts.cases.get(one.case_id or 0)
            if case:
                cases[case.case_id] = replace(
                    case, kind=known.get("case_kind", case.kind), severity=known.get("severity", case.severity)
                )
        return Facts(parcels, cases, self._desk)

    def _parcel(self, parcel: ParcelFacts, one: Happening, known: Mapping[str, Any]) -> ParcelFacts:
        if one.sentence:
            self._sentences[parcel.shipment_id] = one.sentence
        row = self._world.shipments[parcel.shipment_id]
        scanned = row.first_scan_at is not None and row.first_scan_at <= one.at
        evidence = known.get("evidence", parcel.evidence)
        return replace(
            parcel,
            sentence=known.get("sentence") or self._sentences.get(parcel.shipment_id, parcel.sentence),
            status=known.get("status") or one.status or parcel.status,
            reason=known.get("reason", one.reason),
            evidence=evidence,
            evidence_rank=EVIDENCE_RANK.get(evidence, parcel.evidence_rank),
            has_first_scan=known.get("first_scan", scanned),
            care_level=known.get("care_level", parcel.care_level),
            estimate=known.get("estimate", parcel.estimate),
            attempts=known.get("attempts", parcel.attempts),
            open_signals=frozenset(known.get("open_signals", ())),
            ended_at=parcel.ended_at if parcel.ended_at and parcel.ended_at <= one.at else None,
            holds_messages=False,
        )


def _was_sent(decision: Decision) -> bool:
    return decision.row is not None and decision.row.state not in (OutboxState.SUPERSEDED, OutboxState.CANCELLED)


def _differences(outcomes: Sequence[Outcome], decisions: Sequence[Decision]) -> list[Difference]:
    """Return where one of the two would speak and the other would not, newest first."""
    was = {(each.domain_event_id, each.rule_key): each for each in decisions if each.rule_key != "person"}
    would = {each.key: each for each in outcomes}
    found = []
    for key in sorted(was.keys() | would.keys(), reverse=True):
        outcome, decision = would.get(key), was.get(key)
        if bool(outcome and outcome.is_sent) != bool(decision and _was_sent(decision)):
            found.append(Difference(outcome, decision))
    return found
