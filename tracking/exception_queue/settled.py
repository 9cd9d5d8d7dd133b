"""The signals of a case when a person ends it and when it is opened again."""

from datetime import datetime

from tracking.models import ExceptionCase, Signal
from tracking.vocabulary import SignalState


def settle_open(case: ExceptionCase, at: datetime) -> None:
    """Settle the open signals of the case's parcel at `at`; the case counts none (in memory)."""
    rows = Signal.objects.filter(shipment_id=case.shipment_id, state=SignalState.OPEN)
    rows.update(state=SignalState.SETTLED, ended_at=at, condition_met_again=False)
    case.signal_count = 0


def open_again(case: ExceptionCase, settled_at: datetime | None) -> None:
    """Open the signals again that were settled at `settled_at`; the case counts them (in memory).

    A kind that is open anew stays settled: there is one open signal of a kind.
    """
    mine = Signal.objects.filter(shipment_id=case.shipment_id)
    taken = mine.filter(state=SignalState.OPEN).values("kind")
    settled = mine.filter(state=SignalState.SETTLED, ended_at=settled_at).exclude(kind__in=taken)
    settled.update(state=SignalState.OPEN, ended_at=None, case=case)
    case.signal_count = mine.filter(state=SignalState.OPEN).count()
