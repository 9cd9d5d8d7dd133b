"""How orderly the data of shops and warehouses is: parcels whose numbers, labels and scans came in a wrong order.

Each measure is a set of rows held by a partial index of its own, so that a page costs what went wrong in its span, not
what went well: it reads as many rows as it counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Aggregate, Count, DurationField, F, Q, QuerySet
from django.db.models.functions import TruncDate

from tracking.models import Shipment, Source, Store, TrackingNumber, Warehouse
from tracking.models.shipment import EARLY_SCAN, LABEL_AT, LATE_NUMBER, NO_NUMBER
from tracking.vocabulary import NumberRole

SPANS = (7, 30, 90)
GROUPS: dict[str, str] = {"source": "Source", "store": "Store", "warehouse": "Warehouse", "day": "Day"}
NOBODY = "none"


class Median(Aggregate):
    """The middle value, as PostgreSQL computes it."""

    function = "percentile_cont"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Measure:
    """One kind of disorder: its words, which rows show it, and when it happened to each of them."""

    key: str
    label: str
    definition: str
    condition: Q
    moment: str
    of_numbers: bool = False  # rows are tracking numbers, not parcels

    def rows(self) -> QuerySet[Any]:
        """All rows, whenever."""
        return (TrackingNumber.objects if self.of_numbers else Shipment.objects).filter(self.condition)

    def column(self, group: str) -> str:
        """The column that says to which store, warehouse or source a row belongs."""
        if group == "source":
            return "told_by_id" if self.of_numbers else "order__source_id"
        return f"{'shipment__' if self.of_numbers else ''}{group}_id"


MEASURES: dict[str, Measure] = {
    each.key: each
    for each in (
        Measure(
            "no_number",
            "Fulfilled without number",
            "Parcels the shop reports as fulfilled that have no tracking number today, by the day of the fulfilment.",
            NO_NUMBER,
            "fulfilled_at",
        ),
        Measure(
            "late_number",
            "Number later than the label",
            "Parcels whose number we were told more than 1 h after the label was made (where nobody told the label: "
            "after the fulfilment), by the day the number came. The median is how late.",
            LATE_NUMBER,
            "number_at",
        ),
        Measure(
            "changed_number",
            "Number changed",
            "Numbers that were replaced by another one for the same parcel, by the day of the change.",
            Q(role=NumberRole.SUPERSEDED),
            "valid_to",
            of_numbers=True,
        ),
        Measure(
            "doubtful_number",
            "Number contradicts its carrier",
            "Numbers whose pattern or check digit cannot be one of the carrier they were told with, by the day they "
            "were told. Numbers of the postal service count as right for the light services of FedEx, UPS and DHL.",
            Q(contradicts_carrier=True),
            "valid_from",
            of_numbers=True,
        ),
        Measure(
            "early_scan",
            "Scanned before the label",
            "Parcels with a physical scan, known to the minute, earlier than their label was made, by the day of the "
            "scan: the number was used before, or the label was dated later.",
            EARLY_SCAN,
            "first_scan_at",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Span:
    """The last so many local days, today included."""

    days: int
    now: datetime
    zone: ZoneInfo

    @property
    def since(self) -> datetime:
        """The beginning of the first day (aware)."""
        first = self.now.astimezone(self.zone).date() - timedelta(days=self.days - 1)
        return datetime.combine(first, time(), self.zone)


@dataclass(frozen=True, slots=True)
class Figure:
    """How many rows, and for late numbers how late the middle one is."""

    count: int = 0
    median: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One store, warehouse, source or day with its figures by measure. `value` is what a link names it by."""

    value: str
    label: str
    figures: Mapping[str, Figure]


def table(group: str, span: Span) -> tuple[Line, list[Line]]:
    """Return the figures of the span in all, and by `group` (a key of GROUPS): most disorder first, days newest first.

    One query a measure, and one for the names.
    """
    found = {key: _counted(measure, group, span) for key, measure in MEASURES.items()}
    values = {value for figures in found.values() for value in figures}
    names = _names(group, values)
    lines = [
        Line(_value(value), names.get(value, "Unknown"), {key: found[key].get(value, Figure()) for key in MEASURES})
        for value in values
    ]
    if group == "day":
        lines.sort(key=lambda line: line.value, reverse=True)
    else:
        lines.sort(key=lambda line: (-sum(each.count for each in line.figures.values()), line.label))
    total = {key: Figure(sum(each.count for each in figures.values())) for key, figures in found.items()}
    return Line("", "All", total), lines


def rows_of(measure: Measure, span: Span, group: str = "", value: str = "") -> QuerySet[Any]:
    """Return the rows behind a figure, newest first; `value` as in Line, "" for all."""
    found = measure.rows().filter(**{f"{measure.moment}__gte": span.since, f"{measure.moment}__lte": span.now})
    if group == "day" and value:
        begins = datetime.combine(date.fromisoformat(value), time(), span.zone)
        ends = datetime.combine(date.fromisoformat(value) + timedelta(days=1), time(), span.zone)
        found = found.filter(**{f"{measure.moment}__gte": begins, f"{measure.moment}__lt": ends})
    elif value:
        found = found.filter(**{measure.column(group): None if value == NOBODY else int(value)})
    parcel = "shipment__" if measure.of_numbers else ""
    related = [f"{parcel}{name}" for name in ("order__source", "store", "carrier", "warehouse")]
    related += ["shipment", "told_by"] if measure.of_numbers else []
    return found.select_related(*related).order_by(f"-{measure.moment}", "-pk")


def is_value(group: str, value: str) -> bool:
    """True when `value` can name a line of `group`."""
    if group == "day":
        try:
            date.fromisoformat(value)
        except ValueError:
            return False
        return len(value) == len("2026-11-19")
    return value == NOBODY or (value.isascii() and value.isdecimal() and len(value) < 10)


def _counted(measure: Measure, group: str, span: Span) -> dict[Any, Figure]:
    rows = rows_of(measure, span).select_related(None).order_by()
    by = TruncDate(measure.moment, tzinfo=span.zone) if group == "day" else F(measure.column(group))
    figures = rows.annotate(line=by).values_list("line").annotate(many=Count("pk"))
    if measure.key != "late_number":
        return {value: Figure(many) for value, many in figures}
    late = figures.annotate(late=Median(F("number_at") - LABEL_AT))
    return {value: Figure(many, median) for value, many, median in late}


def _value(value: Any) -> str:
    if value is None:
        return NOBODY
    return value.isoformat() if isinstance(value, date) else str(value)


def _names(group: str, values: Iterable[Any]) -> dict[Any, str]:
    if group == "day":
        return {value: f"{value:%a} {value.day} {value:%b}" for value in values if value}
    models: dict[str, type[Source | Store | Warehouse]] = {"source": Source, "store": Store, "warehouse": Warehouse}
    rows = models[group]._default_manager.filter(pk__in=[value for value in values if value is not None])
    return {row.pk: str(row) for row in rows}
