"""What a case says of its parcel: copied from the most severe open signal and the parcel's row, in memory."""

from collections.abc import Iterable

from tracking.detectors.presets import LEAD
from tracking.detectors.rule import raised
from tracking.models import ExceptionCase, Shipment, Signal
from tracking.vocabulary import SEVERITY_RANK


def describe(case: ExceptionCase, shipment: Shipment, signals: Iterable[Signal]) -> None:
    """Copy the most severe signal and the parcel's columns to the case; steps that raised it above them stay."""
    rows = sorted(signals, key=lambda row: (-SEVERITY_RANK[row.severity], LEAD.get(row.kind, len(LEAD)), row.fired_at))
    worst = rows[0]
    case.kind, case.cause, case.since = worst.kind, worst.cause, worst.since
    case.evidence, case.brief = worst.evidence, worst.brief
    case.severity = worst.severity
    raise_severity(case, case.severity_steps)
    case.signal_count = len(rows)
    case.order_id, case.store_id = shipment.order_id, shipment.store_id
    case.carrier_id, case.warehouse_id = shipment.carrier_id, shipment.warehouse_id
    case.shipment_status, case.care_level = shipment.status, shipment.care_level


def raise_severity(case: ExceptionCase, steps: int) -> None:
    """Raise a case's severity by steps; nothing is above critical."""
    case.severity = raised(case.severity, steps)
    case.severity_rank = SEVERITY_RANK[case.severity]
