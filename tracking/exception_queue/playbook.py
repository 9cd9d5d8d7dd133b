"""The playbook: what follows from every status and every kind of problem, read off the settings the engine uses."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from tracking.detectors import words
from tracking.detectors.contract import Policy, Window
from tracking.detectors.policies import Scope
from tracking.detectors.presets import NEXT_ACTION_IN_PHASE, WINDOWS
from tracking.exception_queue.escalation import Ladders
from tracking.exception_queue.playbook_statuses import Consequence, consequences, sentence_of_kind
from tracking.exception_queue.policies import Policies, Todo
from tracking.models import EscalationStep, KindPolicy, RoutingRule, WindowPolicy
from tracking.vocabulary import CareLevel, ShipmentStatus, SignalKind


@dataclass(frozen=True, slots=True)
class Asked:
    """What another part of the installation is asked to fill in: one row of the playbook.

    `code` is "kind:stalled" or "status:delivered"; `sentence` the key of the public sentence that goes with it, ""
    where a kind of problem changes none.
    """

    code: str
    kind: str
    status: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cell: what is told, on which evidence, and the page of its setting ("" = none)."""

    words: str
    on_evidence: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a row is told to. `is_decided`: somebody wrote a rule for it, be it one that says nothing."""

    customer: tuple[Line, ...] = ()
    systems: tuple[Line, ...] = ()
    is_decided: bool = False


Provider = Callable[[Sequence[Asked]], Mapping[str, Told]]
NOTHING = Told(is_decided=True)
_providers: list[Provider] = []


def provide(provider: Provider) -> None:
    """Have a function fill the columns of what is told; the installation names it. Without one nothing is told."""
    _providers[:] = [provider]


@dataclass(frozen=True, slots=True)
class WindowCell:
    """One window of a kind in its four plain scopes, and which row decides each (in words)."""

    name: str
    domestic: Window
    domestic_high: Window
    international: Window
    international_high: Window

    @property
    def label(self) -> str:
        """What sets it apart from the kind's plain window: `stalled.out_for_delivery` -> `out for delivery`."""
        return self.name.partition(".")[2].replace("_", " ")

    @property
    def lines(self) -> tuple[str, ...]:
        """The window in words: one line, a second one where a border makes a difference."""
        inside = _both(self.domestic, self.domestic_high)
        across = _both(self.international, self.international_high)
        return (inside,) if inside == across else (inside, f"across a border {across}")


def _both(standard: Window, high: Window) -> str:
    care = f"; high care {words.window(high)}" if high != standard else ""
    return words.window(standard) + care


@dataclass(frozen=True, slots=True)
class Target:
    """A rule that takes cases of the kind; a conditional one takes only some of them."""

    rule: RoutingRule
    is_conditional: bool


@dataclass(frozen=True, slots=True)
class KindRow:
    """What follows from one kind of problem. The second of each pair is for high care."""

    kind: str
    policy_id: int | None
    severities: tuple[str, str]
    todos: tuple[Todo, Todo]
    phases: tuple[str, ...]  # other next actions, by phase
    windows: tuple[WindowCell, ...]
    special_windows: int  # stored rows for certain carriers, services, warehouses
    targets: tuple[Target, ...]
    ladder: tuple[EscalationStep, ...]
    ladder_high: tuple[EscalationStep, ...]
    quiet_hours: float | None
    told: Told

    @property
    def only_last_rule(self) -> bool:
        """True when no rule but the last one ever takes it."""
        return all(target.rule.is_last for target in self.targets)

    @property
    def has_no_action(self) -> bool:
        """True when a case of it would say nothing to do."""
        return not self.todos[0].next_action.strip()


@dataclass(frozen=True, slots=True)
class StatusRow:
    """What follows from one status."""

    status: str
    consequence: Consequence
    told: Told


@dataclass(frozen=True, slots=True)
class Playbook:
    """All rows, in the order of the vocabulary."""

    statuses: tuple[StatusRow, ...]
    kinds: tuple[KindRow, ...]

    @property
    def gaps(self) -> int:
        """Cells that somebody should decide."""
        told = sum(not row.told.is_decided for row in self.kinds)
        return told + sum(row.only_last_rule + row.has_no_action for row in self.kinds)


def playbook() -> Playbook:
    """Return the playbook as the settings stand now. A fixed number of queries."""
    policies, ladders = Policies(), Ladders()
    rules = list(RoutingRule.objects.filter(is_active=True).select_related("team", "person"))
    rules.sort(key=lambda row: (row.is_last, row.position))
    found = consequences(policies.for_scope(Scope()))
    told = _told(found)
    ids = dict(KindPolicy.objects.values_list("kind", "pk"))
    special = _special_windows()
    kinds = tuple(
        _kind_row(kind, policies, ladders, rules, ids.get(kind), special.get(kind, 0), told.get(f"kind:{kind}", Told()))
        for kind in SignalKind.values
    )
    statuses = tuple(
        StatusRow(status, found[status], told.get(f"status:{status}", Told())) for status in ShipmentStatus.values
    )
    return Playbook(statuses, kinds)


def _told(found: Mapping[str, Consequence]) -> Mapping[str, Told]:
    asked = [Asked(f"status:{status}", "", status, each.sentence) for status, each in found.items()]
    asked += [Asked(f"kind:{kind}", kind, "", sentence_of_kind(kind)) for kind in SignalKind.values]
    return _providers[0](asked) if _providers else {row.code: NOTHING for row in asked}


def _special_windows() -> dict[str, int]:
    found: dict[str, int] = {}
    for row in WindowPolicy.objects.all():
        if row.carrier_id or row.service_id or row.warehouse_id:
            found[row.kind] = found.get(row.kind, 0) + 1
    return found


def _kind_row(
    kind: str,
    policies: Policies,
    ladders: Ladders,
    rules: Sequence[RoutingRule],
    policy_id: int | None,
    special_windows: int,
    told: Told,
) -> KindRow:
    standard, high = (policies.for_scope(Scope(care_level=level)) for level in (CareLevel.STANDARD, CareLevel.HIGH))
    severities = (standard.severities[kind], high.severities[kind])
    return KindRow(
        kind=kind,
        policy_id=policy_id,
        severities=severities,
        todos=(policies.todo(kind, severities[0]), policies.todo(kind, severities[1])),
        phases=tuple(action for (of, _), action in NEXT_ACTION_IN_PHASE.items() if of == kind),
        windows=_windows(kind, policies),
        special_windows=special_windows,
        targets=_targets(kind, severities, rules),
        ladder=tuple(ladders.steps(severities[0])),
        ladder_high=tuple(ladders.steps(severities[1])),
        quiet_hours=ladders.quiet_hours(severities[0]),
        told=told,
    )


def _windows(kind: str, policies: Policies) -> tuple[WindowCell, ...]:
    def of(level: str, international: bool) -> Policy:
        return policies.for_scope(Scope(care_level=level, is_international=international))

    scopes = [of(level, crosses) for crosses in (False, True) for level in (CareLevel.STANDARD, CareLevel.HIGH)]
    names = dict.fromkeys(row.window for row in WINDOWS if row.kind == kind)
    return tuple(WindowCell(name, *(each.windows[name] for each in scopes)) for name in names)


def _targets(kind: str, severities: tuple[str, str], rules: Sequence[RoutingRule]) -> tuple[Target, ...]:
    """The rules that may take cases of a kind, up to the first that takes every one of them."""
    found: list[Target] = []
    for rule in rules:
        may_take = (not rule.kinds or kind in rule.kinds) and (
            not rule.severities or not set(severities).isdisjoint(rule.severities)
        )
        if rule.is_last or may_take:
            found.append(Target(rule, not rule.is_last and _asks_more(rule, severities)))
            if not found[-1].is_conditional:
                break
    return tuple(found)


def _asks_more(rule: RoutingRule, severities: tuple[str, str]) -> bool:
    """True when the rule leaves some cases of the kind to later rules."""
    asks_parcel = (rule.carrier_id, rule.service_id, rule.warehouse_id, rule.country, rule.care_level, rule.tags)
    asks_value = rule.minimum_total_minor is not None or rule.maximum_total_minor is not None or bool(rule.currency)
    leaves_severities = bool(rule.severities) and not set(severities) <= set(rule.severities)
    return any(asks_parcel) or asks_value or leaves_severities or bool(rule.causes)
