"""Presses of buttons in Slack, and who the people there are here."""

from django.conf import settings
from django.db import models

from notifications.vocabulary import PressState


class SlackPress(models.Model):
    """One press of a button, kept before anything is done. The same signed request is taken once."""

    request_key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the request's signature.")
    pressed_at = models.DateTimeField()
    workspace = models.CharField(max_length=32, blank=True)
    slack_user = models.CharField(max_length=32)
    place = models.CharField(max_length=32, help_text="The conversation in which it was pressed.")
    message_ts = models.CharField(max_length=32, blank=True)
    action = models.CharField(max_length=32)
    case_id = models.BigIntegerField(null=True, blank=True)
    case_version = models.PositiveIntegerField(null=True, blank=True)
    choice = models.CharField(max_length=64, blank=True)
    state = models.CharField(max_length=8, choices=PressState.choices, default=PressState.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    answer = models.CharField(max_length=300, blank=True, help_text="What the person was told, when it was not done.")
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["pressed_at"], name="press_waiting", condition=models.Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return f"{self.action} by {self.slack_user}"


class SlackPerson(models.Model):
    """Who a member of a Slack workspace is here, as their e-mail address said when it was last asked."""

    workspace = models.CharField(max_length=32, blank=True)
    slack_user = models.CharField(max_length=32)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    asked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["workspace", "slack_user"], name="slack_person_once")]

    def __str__(self) -> str:
        return f"{self.slack_user}: {self.user}"
