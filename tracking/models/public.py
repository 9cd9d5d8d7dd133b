"""What customers do on their page: problems they report, and how often they may ask."""

from django.db import models

from tracking.models.case import ExceptionCase
from tracking.models.dispute import Dispute
from tracking.models.shipment import Shipment
from tracking.vocabulary import ReportKind


class CustomerReport(models.Model):
    """One problem a customer reported about one parcel. The words are theirs and stand here alone."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="reports", db_index=False)
    case = models.ForeignKey(ExceptionCase, on_delete=models.SET_NULL, null=True, blank=True, related_name="reports")
    dispute = models.ForeignKey(
        Dispute, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=16, choices=ReportKind.choices)
    said = models.TextField(blank=True)
    language = models.CharField(max_length=8, default="en")
    reported_at = models.DateTimeField()

    class Meta:
        ordering = ["-reported_at", "-id"]
        indexes = [models.Index(fields=["shipment", "-reported_at"], name="report_shipment")]

    def __str__(self) -> str:
        return self.get_kind_display()


class PublicUse(models.Model):
    """How often something was asked for by one address, or about one order, in one window of time.

    `key` is a keyed hash: neither addresses nor order numbers are kept.
    """

    key = models.CharField(max_length=64)
    window_at = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "window_at"], name="public_use_once")]
        indexes = [models.Index(fields=["window_at"], name="public_use_old")]

    def __str__(self) -> str:
        return f"{self.count} since {self.window_at:%H:%M}"
