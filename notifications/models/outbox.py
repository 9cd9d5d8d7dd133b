"""What became of every message that was to be sent."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from notifications.vocabulary import (
    Approval,
    AttemptResult,
    Audience,
    MailNews,
    OutboxAct,
    OutboxState,
    Purpose,
    SubjectKind,
)


class OutboxRow(models.Model):
    """One message to one recipient by one channel. Ids of the other app are plain numbers.

    `covers` are the parcels it speaks of (several in a digest). The exact text is kept from the moment it leaves.
    """

    channel = models.CharField(max_length=32)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    purpose = models.CharField(max_length=16, choices=Purpose.choices, blank=True)
    recipient = models.CharField(max_length=80, help_text='Who, as a key: "customer:12", "user:3".')
    subject_kind = models.CharField(max_length=10, choices=SubjectKind.choices)
    subject_id = models.BigIntegerField()
    topic = models.CharField(max_length=80)
    covers = ArrayField(models.BigIntegerField(), default=list, blank=True)
    order_id = models.BigIntegerField(null=True, blank=True)
    case_id = models.BigIntegerField(null=True, blank=True)
    state = models.CharField(max_length=20, choices=OutboxState.choices, default=OutboxState.SCHEDULED)
    reason = models.CharField(max_length=300, blank=True, help_text="Why superseded, cancelled, failed or unknown.")
    approval = models.CharField(max_length=16, choices=Approval.choices, default=Approval.AUTO)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField(null=True, blank=True, help_text="Empty: not before a person approves.")
    due_at = models.DateTimeField(null=True, blank=True, help_text="When it is worked next.")
    changed_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    idempotency_key = models.UUIDField(unique=True)
    rule_key = models.CharField(max_length=64)
    rule_version = models.PositiveIntegerField()
    true_while = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    needs_scan = models.BooleanField(default=False)
    held_by = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    template_key = models.CharField(max_length=64)
    template_version = models.PositiveIntegerField(default=0)
    language = models.CharField(max_length=8, blank=True)
    address_key = models.CharField(max_length=64, blank=True, help_text="Hash of the address it went to.")
    subject_text = models.CharField(max_length=400, blank=True)
    body_text = models.TextField(blank=True)
    body_html = models.TextField(blank=True)
    text_removed_at = models.DateTimeField(null=True, blank=True)
    provider_id = models.CharField(max_length=200, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "messages"
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "topic", "recipient", "channel"],
                condition=~Q(state__in=["superseded", "cancelled", "failed"]),
                name="outbox_said_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "id"], name="outbox_due", condition=Q(state__in=["scheduled", "awaiting_approval"])
            ),
            models.Index(fields=["lease_until"], name="outbox_sending", condition=Q(state="sending")),
            models.Index(fields=["state", "-id"], name="outbox_state"),
            models.Index(fields=["order_id"], name="outbox_order"),
            models.Index(fields=["case_id", "channel"], name="outbox_case", condition=Q(audience="system")),
            models.Index(fields=["provider_id"], name="outbox_provider", condition=~Q(provider_id="")),
            models.Index(fields=["recipient", "-created_at"], name="outbox_recipient"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} to {self.recipient}"


class DeliveryAttempt(models.Model):
    """One try to hand a message over, written before the try."""

    row = models.ForeignKey(OutboxRow, on_delete=models.CASCADE, related_name="deliveries")
    number = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=12, choices=AttemptResult.choices, default=AttemptResult.STARTED)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.result}"


class OutboxAction(models.Model):
    """What a person did with a message."""

    row = models.ForeignKey(OutboxRow, on_delete=models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=12, choices=OutboxAct.choices)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "id"]

    def __str__(self) -> str:
        return self.get_kind_display()


class MailReport(models.Model):
    """What a mail provider reported of a message; each report once."""

    row = models.ForeignKey(OutboxRow, on_delete=models.CASCADE, null=True, blank=True, related_name="reports")
    provider = models.CharField(max_length=32)
    event_id = models.CharField(max_length=200)
    news = models.CharField(max_length=16, choices=MailNews.choices)
    at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [models.UniqueConstraint(fields=["provider", "event_id"], name="mail_report_once")]

    def __str__(self) -> str:
        return self.get_news_display()
