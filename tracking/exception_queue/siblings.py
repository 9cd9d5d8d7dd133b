"""Cases of one order, worked as a group."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef

from tracking.models import ExceptionCase
from tracking.models.case import OPEN

MOST = 50


def open_siblings(case: ExceptionCase) -> list[int]:
    """Return the ids of the other open cases of the same order; none for a case without order."""
    if case.order_id is None:
        return []
    rows = ExceptionCase.objects.filter(OPEN, order_id=case.order_id).exclude(pk=case.pk)
    return list(rows.order_by("id").values_list("pk", flat=True)[:MOST])


def sibling_ids() -> ArraySubquery:
    """The same as part of a query over cases."""
    rows = ExceptionCase.objects.filter(OPEN, order_id=OuterRef("order_id")).exclude(pk=OuterRef("pk"))
    return ArraySubquery(rows.order_by("id").values("pk")[:MOST])
