"""Signals and the cases that gather them."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tracking.models.incident import FeedIncident
from tracking.models.order import Order
from tracking.models.parties import Carrier, Store, Warehouse
from tracking.models.shipment import Shipment
from tracking.models.team import RoutingRule, Team
from tracking.vocabulary import (
    ActivityKind,
    CareLevel,
    CaseState,
    CauseFamily,
    NotExceptionReason,
    Outcome,
    PromiseState,
    PromiseSubject,
    Severity,
    ShipmentStatus,
    SignalKind,
    SignalState,
    WaitingParty,
)

OPEN = ~Q(state="resolved")
NO_LADDER_YET = OPEN & ~Q(breach_at=F("time_left_at"))
QUIET_UNKNOWN = Q(state="acknowledged", last_person_action_at__isnull=False) & ~Q(
    quiet_since=F("last_person_action_at")
)


class ExceptionCase(models.Model):
    """The work item people own: one open case per shipment, gathering its signals.

    `carrier`, `warehouse`, `order`, `store`, `shipment_status` and `care_level` repeat the shipment's columns, so that
    the queue filters and sorts on its own indexes.
    """

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="cases")
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="cases")
    store = models.ForeignKey(Store, on_delete=models.SET_NULL, null=True, blank=True)
    carrier = models.ForeignKey(Carrier, on_delete=models.SET_NULL, null=True, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.SET_NULL, null=True, blank=True)
    shipment_status = models.CharField(max_length=24, choices=ShipmentStatus.choices, blank=True)
    care_level = models.CharField(max_length=10, choices=CareLevel.choices, default=CareLevel.STANDARD)
    kind = models.CharField(max_length=32, choices=SignalKind.choices)
    cause = models.CharField(max_length=10, choices=CauseFamily.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    severity_rank = models.PositiveSmallIntegerField(default=2)
    severity_steps = models.PositiveSmallIntegerField(
        default=0, help_text="Steps above what its signals say: a broken promise or an escalation raised it."
    )
    evidence = models.CharField(max_length=500, blank=True, help_text="Evidence of the most severe open signal.")
    brief = models.CharField(max_length=80, blank=True, help_text="The evidence in a few words, without the hours.")
    since = models.DateTimeField(help_text="When the problem began.")
    signal_count = models.PositiveSmallIntegerField(default=1, help_text="Open signals.")
    state = models.CharField(max_length=12, choices=CaseState.choices, default=CaseState.NEW)
    team = models.ForeignKey(Team, on_delete=models.PROTECT)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="owned_cases"
    )
    owner_set_by_person = models.BooleanField(default=False)
    next_action = models.CharField(max_length=300)
    next_action_due_at = models.DateTimeField()
    next_action_by_person = models.BooleanField(default=False)
    first_response_due_at = models.DateTimeField()
    first_responded_at = models.DateTimeField(null=True, blank=True)
    time_left_at = models.DateTimeField(help_text="The earlier of the two clocks.")
    breach_at = models.DateTimeField(
        null=True, blank=True, help_text="The `time_left_at` whose passing began the ladder that is climbed."
    )
    escalation_severity = models.CharField(
        max_length=10, choices=Severity.choices, blank=True, help_text="Whose ladder: the severity at the breach."
    )
    escalation_step = models.PositiveSmallIntegerField(default=0, help_text="Steps taken since the breach.")
    escalation_due_at = models.DateTimeField(null=True, blank=True)
    quiet_since = models.DateTimeField(
        null=True, blank=True, help_text="The person's action that `quiet_due_at` was worked out from."
    )
    quiet_due_at = models.DateTimeField(null=True, blank=True, help_text="When an acknowledged case is new again.")
    waiting_party = models.CharField(max_length=10, choices=WaitingParty.choices, blank=True)
    waiting_on = models.CharField(max_length=120, blank=True)
    waiting_until = models.DateTimeField(null=True, blank=True)
    waiting_for_scan = models.BooleanField(default=False)
    clocks_paused_at = models.DateTimeField(null=True, blank=True, help_text="Waiting on the customer stops the clock.")
    paused_due_at = models.DateTimeField(null=True, blank=True, help_text="When the next action was due at the pause.")
    promise_due_at = models.DateTimeField(
        null=True, blank=True, help_text="What a person promised the customer, while nobody has said how it ended."
    )
    claim_due_at = models.DateTimeField(null=True, blank=True, help_text="Until when the carrier takes a claim.")
    routed_by = models.ForeignKey(RoutingRule, on_delete=models.SET_NULL, null=True, blank=True)
    routed_by_version = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField()
    last_person_action_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="resolved_cases"
    )
    outcome = models.CharField(max_length=20, choices=Outcome.choices, blank=True)
    outcome_note = models.CharField(max_length=500, blank=True)
    not_exception_reason = models.CharField(max_length=20, choices=NotExceptionReason.choices, blank=True)
    cost_minor = models.BigIntegerField(null=True, blank=True, help_text="What it cost us, in minor units.")
    cost_currency = models.CharField(max_length=3, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_count = models.PositiveSmallIntegerField(default=0)
    incident = models.ForeignKey(
        FeedIncident,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="cases",
        help_text="The silence of the only source, during which its clock ran out.",
    )
    follows = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, help_text="Earlier case.")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["time_left_at", "id"]
        permissions = [
            ("act_on_case", "Can act on cases"),
            ("assign_others", "Can assign cases to others"),
            ("edit_policies", "Can edit policies"),
            ("publish_configuration", "Can publish configuration"),
            ("reveal_personal_data", "Can reveal personal data"),
            ("message_customer", "Can message customers"),
            ("approve_money", "Can approve refunds and replacements"),
            ("manage_sources", "Can manage sources"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["shipment"], condition=OPEN, name="case_one_open"),
            models.CheckConstraint(
                condition=(Q(state="resolved") & ~Q(outcome="") & Q(resolved_at__isnull=False))
                | (OPEN & Q(outcome="") & Q(resolved_at=None)),
                name="case_resolved_has_outcome",
            ),
            models.CheckConstraint(
                condition=Q(cost_minor=None) | (Q(cost_minor__gte=0) & ~Q(cost_currency="")),
                name="case_cost_has_currency",
            ),
        ]
        indexes = [
            models.Index(fields=["time_left_at", "id"], name="case_queue", condition=OPEN),
            models.Index(fields=["state", "time_left_at", "id"], name="case_state", condition=OPEN),
            models.Index(fields=["owner", "time_left_at", "id"], name="case_owner", condition=OPEN),
            models.Index(fields=["kind", "time_left_at", "id"], name="case_kind", condition=OPEN),
            models.Index(fields=["time_left_at", "id"], name="case_high_care", condition=OPEN & Q(care_level="high")),
            models.Index(fields=["time_left_at", "id"], name="case_reopened", condition=OPEN & Q(reopened_count__gt=0)),
            models.Index(fields=["-resolved_at", "-id"], name="case_resolved", condition=Q(state="resolved")),
            models.Index(fields=["waiting_until"], name="case_waking", condition=Q(state="waiting")),
            models.Index(fields=["order"], name="case_order"),
            models.Index(
                fields=["incident", "time_left_at"], name="case_incident", condition=Q(incident__isnull=False)
            ),
            models.Index(
                fields=["claim_due_at", "id"], name="case_claim", condition=OPEN & Q(claim_due_at__isnull=False)
            ),
            models.Index(
                fields=["promise_due_at"], name="case_promise", condition=OPEN & Q(promise_due_at__isnull=False)
            ),
            # The sweep's questions, each answered by an index that holds no more than what waits for it.
            models.Index(
                fields=["time_left_at"],
                name="case_breach_next",
                condition=NO_LADDER_YET,
            ),
            models.Index(
                fields=["escalation_due_at"],
                name="case_escalation",
                condition=OPEN & Q(escalation_due_at__isnull=False),
            ),
            models.Index(
                fields=["last_person_action_at"],
                name="case_quiet_next",
                condition=QUIET_UNKNOWN,
            ),
            models.Index(
                fields=["quiet_due_at"],
                name="case_quiet",
                condition=Q(state="acknowledged", quiet_due_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Case {self.pk}: {self.get_kind_display()}"


class Signal(models.Model):
    """One detected problem on one shipment; at most one open of a kind."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="signals")
    case = models.ForeignKey(ExceptionCase, on_delete=models.SET_NULL, null=True, blank=True, related_name="signals")
    kind = models.CharField(max_length=32, choices=SignalKind.choices)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    cause = models.CharField(max_length=10, choices=CauseFamily.choices)
    state = models.CharField(max_length=8, choices=SignalState.choices, default=SignalState.OPEN)
    evidence = models.CharField(max_length=500)
    brief = models.CharField(max_length=80, blank=True, help_text="The evidence in a few words, without the hours.")
    fingerprint = models.CharField(max_length=120, blank=True)
    count = models.PositiveSmallIntegerField(default=1)
    needs_person = models.BooleanField(default=False)
    since = models.DateTimeField()
    fired_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    condition_met_again = models.BooleanField(
        default=False, help_text="Settled, and its clear condition has been met since: it may fire again."
    )

    class Meta:
        ordering = ["fired_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["shipment", "kind"], condition=Q(state="open"), name="signal_one_open")
        ]
        indexes = [models.Index(fields=["shipment", "fired_at"], name="signal_story")]

    def __str__(self) -> str:
        return self.get_kind_display()


class CustomerPromise(models.Model):
    """What a person promised a customer in a case. It holds the case open until a person has said how it ended."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="promises")
    subject = models.CharField(max_length=10, choices=PromiseSubject.choices, default=PromiseSubject.ARRIVAL)
    text = models.CharField(max_length=300)
    due_at = models.DateTimeField()
    known_estimate_at = models.DateTimeField(
        null=True, blank=True, help_text="The carrier's estimate when it was made: only another one contradicts it."
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="customer_promises"
    )
    state = models.CharField(max_length=10, choices=PromiseState.choices, default=PromiseState.OPEN)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was kept, broken or withdrawn.")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    ended_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["made_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(state="open"), name="promise_one_open"),
            models.CheckConstraint(
                condition=(Q(state="open") & Q(ended_at=None)) | (~Q(state="open") & Q(ended_at__isnull=False)),
                name="promise_ended_when",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class CaseActivity(models.Model):
    """What happened to a case, with before and after; written in the change's own transaction."""

    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=20, choices=ActivityKind.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    case_version = models.PositiveIntegerField(default=0, help_text="The case's version with this change.")
    undoes = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="undone_by", db_index=False
    )

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "case activities"
        indexes = [models.Index(fields=["case", "at"], name="activity_story")]

    def __str__(self) -> str:
        return self.get_kind_display()
