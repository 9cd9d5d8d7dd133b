"""Rows that keep the machinery honest: heartbeats, long jobs, privacy tasks, personal-data look-ups."""

from django.conf import settings
from django.db import models


class WorkerHeartbeat(models.Model):
    """When a worker cluster last proved that it runs tasks."""

    cluster = models.CharField(max_length=32, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.cluster


class Job(models.Model):
    """Long work done in steps, with progress."""

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"

    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RUNNING)
    cursor = models.JSONField(default=dict, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.kind} {self.done}/{self.total}"


class PrivacyTask(models.Model):
    """A shop's legal request, waiting for a person or the erasure job."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"

    source = models.ForeignKey("tracking.Source", on_delete=models.PROTECT)
    message_id = models.BigIntegerField()
    kind = models.CharField(max_length=24)
    customer_external_id = models.CharField(max_length=64, blank=True)
    email_key = models.CharField(max_length=64, blank=True)
    order_external_ids = models.JSONField(default=list, blank=True)
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["due_at"]
        constraints = [models.UniqueConstraint(fields=["message_id", "kind"], name="privacy_once")]

    def __str__(self) -> str:
        return f"{self.kind} due {self.due_at:%Y-%m-%d}"


class RevealLog(models.Model):
    """Who looked at personal data, and when: of a customer, or (without customer) in what `where` names."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    customer = models.ForeignKey("tracking.Customer", on_delete=models.CASCADE, null=True, blank=True)
    at = models.DateTimeField()
    where = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user} {self.at:%Y-%m-%d %H:%M}"
