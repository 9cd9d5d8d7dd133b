"""Configuration that is drafted, previewed and published: drafts, immutable versions, and what was done with them."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models


class ConfigurationDraft(models.Model):
    """What somebody is working on; at most one of a kind, seen by all who may edit it."""

    kind = models.CharField(max_length=32, unique=True)
    content = models.JSONField()
    based_on = models.PositiveIntegerField(default=0, help_text="Number of the version it was begun from; 0: none.")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    edited_at = models.DateTimeField()
    revision = models.PositiveIntegerField(default=1, help_text="Counts edits, so that two editors notice each other.")

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return f"{self.kind}, draft"


class ConfigurationVersion(models.Model):
    """What was published; never edited. The highest number of a kind is in force."""

    kind = models.CharField(max_length=32)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    published_at = models.DateTimeField()
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["kind", "-number"]
        constraints = [models.UniqueConstraint(fields=["kind", "number"], name="configuration_version_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"


class ConfigurationApplication(models.Model):
    """A version was applied to rows that existed before it; undone as one."""

    version = models.ForeignKey(ConfigurationVersion, on_delete=models.PROTECT, related_name="applications")
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    applied_at = models.DateTimeField()
    changed_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Ids of what was changed.")
    record = models.JSONField(default=list, help_text="What the kind needs to undo it.")
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)
    kept_ids = ArrayField(models.BigIntegerField(), default=list, help_text="Changed meanwhile, so left as they were.")

    class Meta:
        ordering = ["-applied_at", "-id"]

    def __str__(self) -> str:
        return f"{self.version} applied"
