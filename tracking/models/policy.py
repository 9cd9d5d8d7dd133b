"""Policies: windows, severities, next actions, care levels, promises. Data that administrators own."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tracking.models.parties import Carrier, Service, Store, Warehouse
from tracking.vocabulary import CareLevel, CaseState, CauseFamily, Outcome, Severity, SignalKind, WaitingParty


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
    pauses_while_waiting_on_customer = models.BooleanField(
        default=False, help_text="The next action's clock stands still while a case waits on the customer."
    )

    class Meta:
        ordering = ["kind"]
        verbose_name_plural = "kind policies"

    def __str__(self) -> str:
        return self.get_kind_display()


class Playbook(KindPolicy):
    """Everything that follows from every status and every kind of problem, on one page."""

    class Meta:
        proxy = True
        verbose_name = "playbook"
        verbose_name_plural = "playbook"


class CarePolicy(models.Model):
    """Orders that deserve high care. Every condition that is given must hold; the first policy by position names it."""

    name = models.CharField(max_length=120, unique=True)
    position = models.PositiveIntegerField(default=100, help_text="Of several that fit, the lowest is named.")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, null=True, blank=True)
    minimum_total_minor = models.BigIntegerField(
        null=True, blank=True, help_text="Order total from here on, in minor units (25000 = 250.00)."
    )
    currency = models.CharField(max_length=3, blank=True)
    tag = models.CharField(max_length=64, blank=True, help_text="A tag of the order.")
    promised_within_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Promised to arrive within so many days of the order."
    )
    country = models.CharField(max_length=2, blank=True, help_text="Ship-to country, two letters.")
    troubles = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="The customer has had so many cases before, within the days below."
    )
    troubles_within_days = models.PositiveSmallIntegerField(default=180)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "care policies"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minimum_total_minor__isnull=False)
                | ~models.Q(tag="")
                | models.Q(promised_within_days__isnull=False)
                | ~models.Q(country="")
                | models.Q(troubles__gte=1),
                name="care_policy_asks_something",
                violation_error_message="Give at least one condition besides the store.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class ClaimPolicy(models.Model):
    """Until when a carrier takes a claim, counted in clock days from the day of shipping."""

    KINDS = (SignalKind.LOST, SignalKind.PRESUMED_LOST, SignalKind.DAMAGED)

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE)
    kind = models.CharField(max_length=32, choices=[(kind.value, kind.label) for kind in KINDS])
    international = models.BooleanField(null=True, blank=True, help_text="Empty: both.")
    days = models.PositiveSmallIntegerField(help_text="Clock days from the day of shipping.")
    note = models.CharField(max_length=300, blank=True, help_text="What the carrier wants to see.")
    is_confirmed = models.BooleanField(default=False, help_text="Somebody has checked this with the carrier.")

    class Meta:
        ordering = ["carrier", "kind", "id"]
        verbose_name_plural = "claim policies"
        constraints = [
            models.UniqueConstraint(
                fields=["carrier", "kind", "international"], name="claim_policy_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.carrier}, {self.get_kind_display()}: {self.days} days"


class Macro(models.Model):
    """Several steps of a case in one: a note, the next action, and the state or outcome that follows."""

    STATES = (CaseState.ACKNOWLEDGED, CaseState.WAITING, CaseState.RESOLVED)

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveIntegerField(default=100)
    is_active = models.BooleanField(default=True)
    kinds = ArrayField(
        models.CharField(max_length=32, choices=SignalKind.choices),
        default=list,
        blank=True,
        help_text="For which kinds of case it is offered; none: for all.",
    )
    note = models.CharField(max_length=500, blank=True)
    next_action = models.CharField(max_length=300, blank=True)
    due_hours = models.FloatField(
        null=True, blank=True, help_text="Working hours of the team until the next action is due, or the waiting ends."
    )
    state = models.CharField(max_length=12, choices=[(state.value, state.label) for state in STATES], blank=True)
    waiting_party = models.CharField(max_length=10, choices=WaitingParty.choices, blank=True)
    waits_for_scan = models.BooleanField(default=False)
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state="resolved") ^ models.Q(outcome=""),
                name="macro_resolves_with_outcome",
                violation_error_message="A macro that resolves names the outcome; another one names none.",
            ),
            models.CheckConstraint(
                condition=models.Q(due_hours=None) | models.Q(due_hours__gt=0), name="macro_hours_positive"
            ),
        ]

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
