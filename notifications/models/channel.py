"""How each channel stands, and the switch that stops all customer messages."""

from django.conf import settings
from django.db import models


class ChannelState(models.Model):
    """One row per channel: paused by a person, closed for a while after faults, how much may leave."""

    channel = models.CharField(max_length=32, unique=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)
    faults = models.PositiveSmallIntegerField(default=0, help_text="Temporary failures in a row.")
    closed_until = models.DateTimeField(null=True, blank=True, help_text="After many faults nothing is tried before.")
    tokens = models.FloatField(default=0, help_text="Messages that may leave at once.")
    tokens_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["channel"]
        verbose_name_plural = "channels"

    def __str__(self) -> str:
        return self.channel


class MessagingSwitch(models.Model):
    """A single row: while it is off, no customer hears anything."""

    is_off = models.BooleanField(default=False)
    changed_at = models.DateTimeField(null=True, blank=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="messaging_switch_single")]

    def __str__(self) -> str:
        return "Customer messages are off" if self.is_off else "Customer messages are on"
