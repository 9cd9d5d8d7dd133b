"""Asks what was decided and said about parcels."""

from dataclasses import dataclass

from notifications.models import Decision, OutboxRow
from notifications.vocabulary import Verdict, Withheld
from tracking.models import Shipment


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the message ledger: the decision, and for a message its row with the exact text."""

    decision: Decision
    row: OutboxRow | None
    is_sent_with_others: bool = False

    @property
    def words(self) -> str:
        """What became of it, in words."""
        if self.row is None:
            return Withheld(self.decision.reason).label
        return self.row.get_state_display()


def ledger_of_shipment(shipment_id: int) -> list[Entry]:
    """Return all decisions about a parcel, those of parcels joined to it included, oldest first. Two queries."""
    ids = list(Shipment.objects.filter(merged_into_id=shipment_id).values_list("pk", flat=True))
    rows = Decision.objects.filter(shipment_id__in=[shipment_id, *ids]).select_related("row").order_by("pk")
    return [Entry(row, row.row, bool(row.facts.get("joins"))) for row in rows]


def ledger_of_order(order_id: int) -> list[Entry]:
    """Return all decisions about an order's parcels, oldest first. One query."""
    rows = Decision.objects.filter(order_id=order_id).select_related("row").order_by("pk")
    return [Entry(row, row.row, bool(row.facts.get("joins"))) for row in rows]


def counts() -> dict[str, int]:
    """Return how many decisions there are, how many were sends, how many withheld, and how many outbox rows."""
    return {
        "decisions": Decision.objects.count(),
        "sends": Decision.objects.filter(verdict=Verdict.SEND).count(),
        "withheld": Decision.objects.filter(verdict=Verdict.WITHHOLD).count(),
        "rows": OutboxRow.objects.count(),
    }
