"""Asks what was decided and said about parcels, and what waits in the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from notifications.models import Decision, OutboxRow, RuleSetVersion
from notifications.vocabulary import OutboxState, Verdict, Withheld
from tracking.models import Order, Shipment

COUNTED_TO = 1000
BULKY = ("body_html",)
VIEWS: dict[str, tuple[str, tuple[OutboxState, ...]]] = {
    "approve": ("To approve", (OutboxState.AWAITING_APPROVAL,)),
    "unknown": ("Perhaps sent", (OutboxState.UNKNOWN,)),
    "failed": ("Failed", (OutboxState.FAILED,)),
    "scheduled": ("Scheduled", (OutboxState.SCHEDULED, OutboxState.SENDING)),
    "sent": ("Sent", (OutboxState.SENT,)),
    "withdrawn": ("Withdrawn", (OutboxState.SUPERSEDED, OutboxState.CANCELLED)),
}
"""The views of the outbox: key, label, the states they show."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the message ledger: the decision, and for a message its row with the exact text."""

    decision: Decision
    row: OutboxRow | None
    is_sent_with_others: bool = False
    rules_in_force: int = 0
    """Number of the rules in force now, 0 for none."""

    @property
    def words(self) -> str:
        """What became of it, in words."""
        if self.row is None:
            return Withheld(self.decision.reason).label
        return self.row.get_state_display()


def ledger_of_shipment(shipment_id: int) -> list[Entry]:
    """Return all decisions about a parcel, those of parcels joined to it included, oldest first. One query."""
    same = Shipment.objects.filter(Q(pk=shipment_id) | Q(merged_into_id=shipment_id)).order_by()
    return _entries(Decision.objects.filter(shipment_id__in=same.values("pk")))


def ledger_of_order(order_id: int) -> list[Entry]:
    """Return all decisions about an order's parcels, oldest first. One query."""
    return _entries(Decision.objects.filter(order_id=order_id))


def _entries(rows: QuerySet[Decision]) -> list[Entry]:
    newest = RuleSetVersion.objects.order_by("-number").values("number")[:1]
    found = rows.select_related("row").defer(*(f"row__{name}" for name in BULKY)).annotate(in_force=newest)
    return [Entry(row, row.row, bool(row.facts.get("joins")), row.in_force or 0) for row in found.order_by("pk")]


def counts() -> dict[str, int]:
    """Return how many decisions there are, how many were sends, how many withheld, and how many outbox rows."""
    return {
        "decisions": Decision.objects.count(),
        "sends": Decision.objects.filter(verdict=Verdict.SEND).count(),
        "withheld": Decision.objects.filter(verdict=Verdict.WITHHOLD).count(),
        "rows": OutboxRow.objects.count(),
    }


def outbox_page(view: str, *, before: int = 0, limit: int = 50) -> list[OutboxRow]:
    """Return the newest rows of a view of the outbox, with an id below `before` (0: any). One query."""
    rows = OutboxRow.objects.filter(state__in=VIEWS[view][1]).order_by("-pk")
    if before:
        rows = rows.filter(pk__lt=before)
    return list(rows.defer("body_text", *BULKY)[:limit])


def outbox_counts() -> dict[str, int]:
    """Return how many rows each view shows, counted up to COUNTED_TO. One query a view, by index."""
    return {
        key: OutboxRow.objects.filter(state__in=states).order_by()[:COUNTED_TO].count()
        for key, (_, states) in VIEWS.items()
    }


def last_spoken_of(template_key: str) -> list[int]:
    """Return the parcels of the newest message in these words, sought among the newest sent ones; [] for none."""
    newest = OutboxRow.objects.filter(state=OutboxState.SENT).order_by("-pk").values("pk")[:COUNTED_TO]
    row = OutboxRow.objects.filter(pk__in=newest, template_key=template_key).order_by("-pk").only("covers").first()
    return row.covers[:1] if row else []


def outbox_row(row_id: int) -> OutboxRow | None:
    """Return one message with its decision, or None."""
    return OutboxRow.objects.select_related("decision").filter(pk=row_id).first()


def orders_of(rows: Iterable[OutboxRow]) -> dict[int, Order]:
    """Return the orders that messages speak of, by id. One query."""
    return Order.objects.in_bulk({row.order_id for row in rows if row.order_id})
