"""Policies: windows, severities, next actions, care levels, promises. Data that administrators own."""

from django.db import models

from tracking.models.parties import Carrier, Service, Store, Warehouse
from tracking.vocabulary import CareLevel, CauseFamily, Severity, SignalKind


class WindowPolicy(models.Model):
    """How long something may last before it is a problem; the most specific row wins."""

    kind = models.CharField(max_length=32, choices=SignalKind.choices)
    window = models.CharField(max_length=64, help_text="Which of the kind's windows.")
    days = models.FloatField()
    is_clock = models.BooleanField(default=False, help_text="Clock days; else carrier days.")
    care_level = models.CharField(max_length=10, choices=CareLevel.choices, blank=True)
    international = models.BooleanField(null=True, blank=True)
    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE, null=True, blank=True)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, null=True, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, null=True, blank=True)

    class Meta:
        ordering = ["kind", "window", "id"]
        verbose_name_plural = "window policies"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "window", "care_level", "international", "carrier", "service", "warehouse"],
                name="window_policy_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(days__gte=0), name="window_policy_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.window}: {self.days:g} {'clock' if self.is_clock else 'carrier'} days"


class KindPolicy(models.Model):
    """What a signal of one kind leads to: severity, cause, next action and when it is due, which team."""

    kind = models.CharField(max_length=32, choices=SignalKind.choices, unique=True)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    cause = models.CharField(max_length=10, choices=CauseFamily.choices)
    next_action = models.CharField(max_length=300)
    due_hours = models.FloatField(help_text="Working hours until the next action is due.")
    first_response_hours = models.FloatField(help_text="Working hours until a person must have acted first.")
    team = models.ForeignKey("tracking.Team", on_delete=models.SET_NULL, null=True, blank=True)

    class Meta:
        ordering = ["kind"]
        verbose_name_plural = "kind policies"

    def __str__(self) -> str:
        return self.get_kind_display()


class CarePolicy(models.Model):
    """Orders that deserve high care: by value or tag."""

    name = models.CharField(max_length=120, unique=True)
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True)
    minimum_total_minor = models.BigIntegerField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    tag = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "care policies"

    def __str__(self) -> str:
        return self.name


class PromisePolicy(models.Model):
    """A promise for orders whose source gives none: carrier days after the order; the most specific row wins."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True)
    shipping_method = models.CharField(max_length=120, blank=True)
    country = models.CharField(max_length=2, blank=True)
    carrier_days = models.FloatField()

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "promise policies"
        constraints = [
            models.UniqueConstraint(
                fields=["store", "shipping_method", "country"], name="promise_policy_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.shipping_method or 'any method'} to {self.country or 'anywhere'}: {self.carrier_days:g} d"
