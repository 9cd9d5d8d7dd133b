"""Disputes: what a customer says against the carrier's story, with the evidence as it was at that moment."""

from django.conf import settings
from django.db import models

from tracking.models.case import ExceptionCase
from tracking.models.parties import Customer
from tracking.models.shipment import Shipment
from tracking.vocabulary import DisputeKind, DisputeSource


class Dispute(models.Model):
    """One complaint about one parcel. Its evidence is frozen when it is opened and never made anew."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="disputes", db_index=False)
    case = models.ForeignKey(ExceptionCase, on_delete=models.SET_NULL, null=True, blank=True, related_name="disputes")
    customer = models.ForeignKey(
        Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="disputes", db_index=False
    )
    kind = models.CharField(max_length=24, choices=DisputeKind.choices)
    source = models.CharField(max_length=16, choices=DisputeSource.choices)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    ledger_parcel = models.BigIntegerField(help_text="The parcel's id as the ledger names it, also after a join.")
    erased_at = models.DateTimeField(null=True, blank=True, help_text="When the personal fields were emptied.")

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [
            models.Index(fields=["shipment", "opened_at"], name="dispute_shipment"),
            models.Index(fields=["customer", "opened_at"], name="dispute_customer"),
            models.Index(fields=["-opened_at", "-id"], name="dispute_newest"),
        ]

    def __str__(self) -> str:
        return f"Dispute {self.pk}: {self.get_kind_display()}"


class EvidenceSection(models.Model):
    """One frozen part of a dispute's evidence. The hash is over the content as it was frozen, and stays for ever."""

    dispute = models.ForeignKey(Dispute, on_delete=models.CASCADE, related_name="sections", db_index=False)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=24)
    content = models.JSONField()
    sha256 = models.CharField(max_length=64)
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="Personal fields were emptied: the content no longer gives the hash."
    )

    class Meta:
        ordering = ["dispute", "position"]
        constraints = [models.UniqueConstraint(fields=["dispute", "name"], name="evidence_once")]

    def __str__(self) -> str:
        return f"{self.name} of dispute {self.dispute_id}"
