"""Exactly what sources said, stored before anything is thought about it."""

from django.db import models
from django.db.models.functions import Now

from tracking.models.source import Source
from tracking.vocabulary import InboundState, Transport


class InboundMessage(models.Model):
    """One pushed message byte for byte, or one parcel's part of a poll answer."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    transport = models.CharField(max_length=8, choices=Transport.choices)
    topic = models.CharField(max_length=80, blank=True)
    about = models.CharField(max_length=128, blank=True, help_text="Polled parts: the parcel or order asked about.")
    headers = models.JSONField(default=dict, blank=True)
    body = models.BinaryField()
    body_hash = models.BinaryField(max_length=32)
    delivery_id = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    inserted_at = models.DateTimeField(db_default=Now(), editable=False)
    timestamp_is_old = models.BooleanField(default=False, help_text="Signed more than 5 minutes before it came.")
    state = models.CharField(max_length=10, choices=InboundState.choices, default=InboundState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    notes = models.JSONField(default=list, blank=True, help_text="Parts that could not be read: where and why.")
    result = models.CharField(max_length=300, blank=True, help_text="What it led to, in a few words.")
    seen_count = models.PositiveIntegerField(default=1)
    last_seen_at = models.DateTimeField(null=True, blank=True)
    is_replay = models.BooleanField(default=False)
    fetched_for = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text="The pushed message that named the address from which this was fetched.",
    )
    pruned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its body and headers were removed, their time of keeping being over."
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "delivery_id"], condition=~models.Q(delivery_id=""), name="inbound_delivery"
            ),
            models.UniqueConstraint(
                fields=["source", "body_hash"],
                condition=models.Q(delivery_id="", transport="webhook"),
                name="inbound_body",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at", "id"], name="inbound_open", condition=models.Q(state__in=["pending", "failed"])
            ),
            models.Index(fields=["inserted_at"], name="inbound_lag", condition=models.Q(state="pending")),
            models.Index(fields=["source", "about", "-id"], name="inbound_about", condition=~models.Q(about="")),
            models.Index(fields=["source", "-id"], name="inbound_source"),
            models.Index(fields=["state", "-id"], name="inbound_state"),
            models.Index(
                fields=["received_at"],
                name="inbound_to_prune",
                condition=models.Q(pruned_at=None, state__in=["processed", "nothing"]),
            ),
        ]

    def __str__(self) -> str:
        return f"message {self.pk}"


class WakeFlag(models.Model):
    """Present = there may be work on this lane; deleted by the worker before it looks."""

    lane = models.CharField(max_length=32, primary_key=True)

    def __str__(self) -> str:
        return self.lane


class FetchBack(models.Model):
    """An address that a pushed message named and that polling has to fetch; gone when that is done or given up."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    message = models.ForeignKey(InboundMessage, on_delete=models.CASCADE)
    url = models.CharField(max_length=500)
    next_try_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = "fetch-back"
        constraints = [models.UniqueConstraint(fields=["source", "url"], name="fetch_back_once")]
        indexes = [models.Index(fields=["source", "next_try_at"], name="fetch_back_due")]

    def __str__(self) -> str:
        return f"fetch-back {self.pk}"


class PollState(models.Model):
    """When to ask one source about one parcel next."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    shipment = models.ForeignKey("tracking.Shipment", on_delete=models.CASCADE)
    number = models.CharField(max_length=64)
    next_poll_at = models.DateTimeField(null=True, blank=True)
    last_polled_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "shipment", "number"], name="poll_once")]
        indexes = [
            models.Index(
                fields=["source", "next_poll_at"], name="poll_due", condition=models.Q(next_poll_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return self.number


class PollPolicy(models.Model):
    """How often carriers are asked, by what the parcel is doing; minutes, 0 = do not ask."""

    class Phase(models.TextChoices):
        LABEL_ONLY = "label_only", "Label only"
        MOVING = "moving", "Moving"
        OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
        SILENT = "silent", "Silent for more than 5 days"
        AFTER_END = "after_end", "For 3 days after the end"

    phase = models.CharField(max_length=20, choices=Phase.choices, unique=True)
    minutes = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "poll policies"

    def __str__(self) -> str:
        return f"{self.get_phase_display()}: every {self.minutes} min"
