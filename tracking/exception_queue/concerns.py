"""Which open cases a policy concerns: for windows those of its kind for whose parcel this row decides."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import F, QuerySet

from tracking.detectors.policies import Scope, deciding, source_of
from tracking.detectors.presets import PolicyPreset
from tracking.exception_queue.policies import Policies, numbered_windows, scope_of
from tracking.models import ClaimPolicy, ExceptionCase, Shipment
from tracking.models.case import OPEN

MOST = 5000
SCOPE = (
    "shipment__care_level", "shipment__carrier__code", "shipment__service__name", "shipment__warehouse__name",
    "shipment__is_international",
)  # fmt: skip
Concerned = Mapping[str, list[int]]


def by_window() -> Concerned:
    """Return the ids of open cases by key of the window row that decides for them (see `numbered_windows`).

    Two queries; at most the 5,000 cases with the least time left are looked at. A case counts once for each window of
    its kind.
    """
    rows = numbered_windows()
    keys = {id(row): key for key, row in rows}
    chosen: dict[Scope, dict[str, PolicyPreset]] = {}
    found: dict[str, list[int]] = defaultdict(list)
    for pk, kind, *facts in _open().values_list("pk", "kind", *SCOPE)[:MOST]:
        scope = Scope(facts[0], facts[1] or "", facts[2] or "", facts[3] or "", facts[4])
        if scope not in chosen:
            chosen[scope] = deciding((row for _, row in rows), scope)
        for row in chosen[scope].values():
            if row.kind == kind:
                found[keys[id(row)]].append(pk)
    return found


def by_column(column: str) -> Concerned:
    """Return the ids of open cases by the text of one of their columns (look-ups allowed). One query, capped."""
    found: dict[str, list[int]] = defaultdict(list)
    for pk, value in _open().values_list("pk", column)[:MOST]:
        found[str(value)].append(pk)
    return found


def by_claim() -> Concerned:
    """Return the ids of open cases with a claim to make by the id of the claim policy that decides. Two queries."""
    found: dict[str, list[int]] = defaultdict(list)
    policies = list(ClaimPolicy.objects.order_by(F("international").asc(nulls_first=True), "pk"))
    rows = _open().filter(claim_due_at__isnull=False)
    for pk, carrier_id, kind, crosses in rows.values_list("pk", "carrier_id", "kind", SCOPE[-1])[:MOST]:
        fitting = [
            each.pk
            for each in policies
            if (each.carrier_id, each.kind) == (carrier_id, kind) and each.international in (None, crosses)
        ]
        if fitting:
            found[str(fitting[-1])].append(pk)
    return found


@dataclass(frozen=True, slots=True)
class Decided:
    """Which row decides a window for one parcel. `key` as in `numbered_windows`; `scope`: for which parcels."""

    window: str
    key: str
    scope: str

    @property
    def is_own(self) -> bool:
        """True when it is one of the product's own rows, not one that was stored."""
        return self.key.startswith("preset")


def deciding_rows(shipment: Shipment, policies: Policies) -> dict[str, list[Decided]]:
    """Return by kind which rows decide its windows for a parcel (carrier, service and warehouse loaded). No query."""
    rows = policies.window_rows
    keys = {id(row): key for key, row in rows}
    found: dict[str, list[Decided]] = defaultdict(list)
    for name, row in deciding((row for _, row in rows), scope_of(shipment)).items():
        found[row.kind].append(Decided(name, keys[id(row)], source_of(row)))
    return found


def _open() -> QuerySet[ExceptionCase]:
    return ExceptionCase.objects.filter(OPEN).order_by("time_left_at", "id")
