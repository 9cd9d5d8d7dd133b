"""The ledger: one row per domain event, written in the transaction of the change it reports."""

from django.db import models


class DomainEvent(models.Model):
    """Something that became true. Ids are plain numbers: the ledger outlives what it speaks of."""

    kind = models.CharField(max_length=64)
    at = models.DateTimeField()
    shipment_id = models.BigIntegerField(null=True, blank=True)
    order_id = models.BigIntegerField(null=True, blank=True)
    case_id = models.BigIntegerField(null=True, blank=True)
    payload = models.JSONField(default=dict)
    relayed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], name="ledger_unrelayed", condition=models.Q(relayed_at=None)),
            models.Index(fields=["shipment_id", "id"], name="ledger_shipment"),
        ]

    def __str__(self) -> str:
        return self.kind
