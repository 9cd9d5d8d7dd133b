"""The decisions: for each piece of news, rule and recipient, what was decided and on which facts."""

from django.db import models
from django.db.models import Q

from notifications.models.outbox import OutboxRow
from notifications.vocabulary import Audience, Verdict, Why, Withheld


class Decision(models.Model):
    """Written once, never edited (the database refuses it). What became of a `send` is its outbox row."""

    domain_event_id = models.BigIntegerField()
    rule_key = models.CharField(max_length=64, blank=True, help_text="Empty: no rule spoke of it.")
    rule_version = models.PositiveIntegerField()
    recipient = models.CharField(max_length=80)
    audience = models.CharField(max_length=10, choices=Audience.choices)
    channel = models.CharField(max_length=32, blank=True)
    topic = models.CharField(max_length=80)
    shipment_id = models.BigIntegerField(null=True, blank=True)
    order_id = models.BigIntegerField(null=True, blank=True)
    case_id = models.BigIntegerField(null=True, blank=True)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    reason = models.CharField(max_length=24, choices=Withheld.choices, blank=True)
    why = models.CharField(max_length=12, choices=Why.choices, blank=True)
    send_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField()
    facts = models.JSONField(default=dict, help_text="What was known when it was decided; no personal data.")
    row = models.OneToOneField(OutboxRow, on_delete=models.PROTECT, null=True, blank=True, related_name="decision")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["domain_event_id", "rule_key", "recipient"], name="decision_once"),
            models.CheckConstraint(
                condition=(Q(verdict="send", reason="", row__isnull=False) & ~Q(why=""))
                | (Q(verdict="withhold", why="", row=None) & ~Q(reason="")),
                name="decision_is_whole",
            ),
        ]
        indexes = [
            models.Index(fields=["shipment_id", "id"], name="decision_shipment"),
            models.Index(fields=["order_id", "id"], name="decision_order"),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_reason_display() if self.reason else 'send'}"
