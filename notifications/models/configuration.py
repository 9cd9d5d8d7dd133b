"""Rules and templates as data: immutable, numbered versions. The highest number is in force."""

from django.conf import settings
from django.db import models


class RuleSetVersion(models.Model):
    """One published set of rules; `content` as `notifications.rules.contract` reads it."""

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "message rules"

    def __str__(self) -> str:
        return f"Rules, version {self.number}"


class TemplateVersion(models.Model):
    """One published wording of a message in one language."""

    key = models.CharField(max_length=64)
    language = models.CharField(max_length=8)
    number = models.PositiveIntegerField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["key", "language", "-number"]
        verbose_name_plural = "message templates"
        constraints = [models.UniqueConstraint(fields=["key", "language", "number"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.key} ({self.language}), version {self.number}"
