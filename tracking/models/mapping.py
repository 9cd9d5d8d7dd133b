"""The administrators' mapping: immutable versions of rows from raw codes to meanings."""

from django.conf import settings
from django.db import models

from tracking.vocabulary import Evidence, Milestone, Reason, Turn


class MappingVersion(models.Model):
    """One published set of rows; the highest number is in force."""

    number = models.PositiveIntegerField(unique=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"version {self.number}"


class StatusMapping(models.Model):
    """One row of one version: when a source says this, it means that."""

    class Author(models.TextChoices):
        PRESET = "preset", "Preset"
        PERSON = "person", "Administrator"

    version = models.ForeignKey(MappingVersion, on_delete=models.CASCADE, related_name="rows")
    row_key = models.CharField(max_length=200, help_text="Stays the same over versions.")
    source_kind = models.CharField(max_length=32, blank=True)
    carrier = models.CharField(max_length=32, blank=True)
    field = models.CharField(max_length=64)
    code = models.CharField(max_length=120)
    subcode = models.CharField(max_length=120, blank=True)
    pattern = models.CharField(max_length=160, blank=True, help_text="Text the carrier's wording begins with.")
    milestone = models.CharField(max_length=24, choices=Milestone.choices)
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)
    evidence = models.CharField(max_length=20, choices=Evidence.choices)
    turn = models.CharField(max_length=20, choices=Turn.choices, blank=True)
    hint = models.BooleanField(default=False, help_text="Show the reason, open no case.")
    is_pass = models.BooleanField(default=False, help_text="Decide nothing here; go on with the next key.")
    description = models.CharField(max_length=300, blank=True)
    author = models.CharField(max_length=8, choices=Author.choices, default=Author.PRESET)

    class Meta:
        ordering = ["source_kind", "field", "code", "subcode", "pattern"]
        constraints = [models.UniqueConstraint(fields=["version", "row_key"], name="mapping_row_once")]

    def __str__(self) -> str:
        return " ".join(part for part in (self.source_kind, self.field, self.code, self.subcode, self.pattern) if part)
