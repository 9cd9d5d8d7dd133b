"""What customers reported on their page, for who works on the case."""

from collections.abc import Iterable

from tracking.models import CaseActivity, CustomerReport
from tracking.shipments.queries import Entry
from tracking.vocabulary import ActivityKind


def reports_in(entries: Iterable[Entry]) -> list[CustomerReport]:
    """Return the reports that a parcel's story tells of, the newest first. One query, none where there are none."""
    told = (each.subject for each in entries if isinstance(each.subject, CaseActivity))
    ids = [row.after["report"] for row in told if row.kind == ActivityKind.REPORTED]
    return list(CustomerReport.objects.filter(pk__in=ids).order_by("-reported_at", "-id")) if ids else []
