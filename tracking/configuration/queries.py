"""What is drafted, published and applied."""

from datetime import datetime

from django.db.models import Max, QuerySet

from tracking.configuration.kinds import Content, Effect, kind_called
from tracking.models import ConfigurationApplication, ConfigurationDraft, ConfigurationVersion


def latest_number(kind: str) -> int:
    """Return the number of the version in force; 0 when nothing was published yet."""
    return ConfigurationVersion.objects.filter(kind=kind).aggregate(newest=Max("number"))["newest"] or 0


def draft_of(kind: str) -> ConfigurationDraft | None:
    """Return the draft of a kind with who edited it last, or None."""
    return ConfigurationDraft.objects.select_related("edited_by").filter(kind=kind).first()


def versions_of(kind: str) -> QuerySet[ConfigurationVersion]:
    """All versions of a kind, newest first, with who published them; their contents are not loaded."""
    rows = ConfigurationVersion.objects.filter(kind=kind).select_related("published_by")
    return rows.defer("content").order_by("-number")


def version_of(kind: str, number: int) -> ConfigurationVersion | None:
    """Return one version with its content, or None."""
    rows = ConfigurationVersion.objects.select_related("published_by")
    return rows.filter(kind=kind, number=number).first()


def applications_of(version: ConfigurationVersion) -> QuerySet[ConfigurationApplication]:
    """When a version was applied to existing rows, newest first; what is needed to undo it is not loaded."""
    return version.applications.select_related("applied_by", "undone_by").defer("record")


def in_force(kind: str) -> Content:
    """Return the content that applies now. Raises UnknownKind."""
    return kind_called(kind).in_force()


def problems(kind: str, content: Content) -> list[str]:
    """Return why a content cannot be published, as sentences; none if it can. Raises UnknownKind."""
    return kind_called(kind).validate(content)


def effects(kind: str, content: Content, now: datetime) -> list[Effect]:
    """Return the existing rows that a content would change at `now` (aware UTC). Raises UnknownKind."""
    return kind_called(kind).preview(content, now)
