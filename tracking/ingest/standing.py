"""What people decide about a source that its connector has no say in: its name, its rank, how often we may ask."""

from tracking.models import Source


def set_standing(
    *, source_id: int, name: str, precedence: int | None, calls_allowed: int, period_seconds: int
) -> Source:
    """Store the decisions; `precedence` None and zero calls mean what the kind says. Raises Source.DoesNotExist.

    A changed precedence counts for each parcel from its next refresh on.
    """
    source = Source.objects.get(pk=source_id)
    source.name, source.precedence = name, precedence
    source.calls_allowed, source.period_seconds = calls_allowed, period_seconds
    source.save(update_fields=["name", "precedence", "calls_allowed", "period_seconds"])
    return source
