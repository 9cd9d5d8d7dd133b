"""Stored policies in the form the detectors read, with the presets where nothing is stored. Read once per batch."""

from dataclasses import dataclass, replace

from tracking.detectors.contract import Policy
from tracking.detectors.policies import PolicyBook, Scope
from tracking.detectors.presets import KINDS, NEXT_ACTION_IN_PHASE, WINDOWS, KindPreset, PolicyPreset, scaled_hours
from tracking.models import KindPolicy, Shipment, WindowPolicy
from tracking.vocabulary import CareLevel, Severity


@dataclass(frozen=True, slots=True)
class Todo:
    """What a case of one kind asks for: the next action and its hours, working hours of the team."""

    next_action: str
    due_hours: float
    first_response_hours: float
    team_id: int | None
    pauses: bool = False  # its clock stands still while a case waits on the customer


class Policies:
    """All policies of the installation, loaded in two queries."""

    def __init__(self) -> None:
        rows = [*KindPolicy.objects.all()]
        self._kinds: dict[str, KindPreset] = {row.kind: row for row in KINDS}
        self._teams = {row.kind: row.team_id for row in rows}
        self._pausing = {row.kind for row in rows if row.pauses_while_waiting_on_customer}
        for row in rows:
            self._kinds[row.kind] = KindPreset(
                row.kind, row.severity, row.cause, row.next_action, row.due_hours, row.first_response_hours
            )
        self.window_rows = numbered_windows()
        self._book = PolicyBook((row for _, row in self.window_rows), self._kinds.values())

    def for_shipment(self, shipment: Shipment) -> Policy:
        """Return windows and severities that apply to a parcel."""
        return self._book.policy_for(scope_of(shipment))

    def for_scope(self, scope: Scope) -> Policy:
        """Return windows and severities that apply to parcels of a scope."""
        return self._book.policy_for(scope)

    def todo(self, kind: str, severity: str, phase: str = "") -> Todo:
        """Return the default next action for a kind at a severity; hours halve for each step above the kind's own."""
        row = self._kinds[kind]
        return Todo(
            next_action=NEXT_ACTION_IN_PHASE.get((kind, phase)) or row.next_action,
            due_hours=scaled_hours(row.due_hours, row.severity, severity),
            first_response_hours=scaled_hours(row.first_response_hours, row.severity, Severity(severity)),
            team_id=self._teams.get(kind),
            pauses=kind in self._pausing,
        )


def with_and_without_care(shipment: Shipment) -> tuple[Policy, Policy]:
    """Return the windows that apply to a parcel, and those that would with standard care. One query."""
    book, scope = PolicyBook(_windows(), KINDS), scope_of(shipment)
    return book.policy_for(scope), book.policy_for(replace(scope, care_level=CareLevel.STANDARD))


def _windows() -> list[PolicyPreset]:
    return [row for _, row in numbered_windows()]


def numbered_windows() -> list[tuple[str, PolicyPreset]]:
    """Return all window rows with their keys, in the order in which the later of two equals wins.

    A stored row's key is its id, one of the product's own rows is "preset-3" by its place. One query.
    """
    stored = WindowPolicy.objects.select_related("carrier", "service", "warehouse")
    return [*numbered_presets(), *((str(row.pk), _window(row)) for row in stored)]


def numbered_presets() -> list[tuple[str, PolicyPreset]]:
    """Return the product's own window rows with their keys."""
    return [(f"preset-{place}", row) for place, row in enumerate(WINDOWS)]


def _window(row: WindowPolicy) -> PolicyPreset:
    return PolicyPreset(
        kind=row.kind,
        window=row.window,
        days=row.days,
        is_clock=row.is_clock,
        care_level=row.care_level,
        international=row.international,
        carrier=row.carrier.code if row.carrier else "",
        service=row.service.name if row.service else "",
        warehouse=row.warehouse.name if row.warehouse else "",
    )


def scope_of(shipment: Shipment) -> Scope:
    """What policies ask of a parcel; its carrier, service and warehouse are loaded with it."""
    carrier, service, warehouse = shipment.carrier, shipment.service, shipment.warehouse
    return Scope(
        care_level=shipment.care_level,
        carrier=carrier.code if carrier else "",
        service=service.name if service else "",
        warehouse=warehouse.name if warehouse else "",
        is_international=shipment.is_international,
    )
