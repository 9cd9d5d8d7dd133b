"""How orderly the data comes: a table of figures, and the rows behind each of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from tracking.admin.base import require
from tracking.admin.lists import COUNTED_TO, CappedPaginator, Tab
from tracking.admin.reader import Reader, reader
from tracking.analytics.discipline import GROUPS, MEASURES, SPANS, Line, Measure, Span, is_value, rows_of, table
from tracking.detectors import words
from tracking.models import Shipment
from tracking.models.shipment import TrackingNumber
from tracking.privacy import masking

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for; what makes no sense is left at its default."""

    group: str
    days: int
    measure: Measure | None
    value: str

    @classmethod
    def read(cls, request: HttpRequest) -> "Asked":
        """Take it from the address."""
        told = request.GET
        group = told.get("by", "") if told.get("by", "") in GROUPS else "source"
        days = int(told["days"]) if told.get("days", "") in {str(each) for each in SPANS} else SPANS[1]
        value = told.get("value", "")
        return cls(group, days, MEASURES.get(told.get("measure", "")), value if is_value(group, value) else "")

    def link(self, **changes: str | int) -> str:
        """The page's address with something changed; nothing empty in it."""
        told = {"by": self.group, "days": self.days, "measure": "", "value": "", **changes}
        return "?" + urlencode({name: value for name, value in told.items() if value != ""})


def page(request: HttpRequest) -> HttpResponse:
    """The table, or with `measure` in the address the rows behind one of its figures."""
    require(request, "view_shipment")
    asked, who = Asked.read(request), reader(request)
    span = Span(asked.days, who.now, who.zone)
    if asked.measure is None:
        return _answer(request, "shiptrack/discipline/table.html", "Data discipline", **_table(asked, span))
    return _answer(request, "shiptrack/discipline/rows.html", asked.measure.label, **_rows(request, asked, span))


def _answer(request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
    request.current_app = admin.site.name
    frame = {**admin.site.each_context(request), "title": title, "reader": reader(request), "is_fullwidth": "1"}
    return TemplateResponse(request, template, {**frame, "home": reverse("discipline"), **context})


def _table(asked: Asked, span: Span) -> dict[str, Any]:
    total, lines = table(asked.group, span)
    return {
        "measures": list(MEASURES.values()),
        "lines": [_cells(asked, line) for line in (total, *lines)] if lines else [],
        "group": GROUPS[asked.group],
        "days": asked.days,
        "groups": [Tab(label, asked.link(by=key)[1:], is_on=key == asked.group) for key, label in GROUPS.items()],
        "spans": [Tab(f"{each} days", asked.link(days=each)[1:], is_on=each == asked.days) for each in SPANS],
    }


def _cells(asked: Asked, line: Line) -> dict[str, Any]:
    cells = [
        {
            "measure": MEASURES[key],
            "count": figure.count,
            "late": words.duration(figure.median) if figure.median else "",
            "link": asked.link(measure=key, value=line.value),
        }
        for key, figure in line.figures.items()
    ]
    return {"label": line.label, "is_total": not line.value, "cells": cells}


def _rows(request: HttpRequest, asked: Asked, span: Span) -> dict[str, Any]:
    assert asked.measure is not None
    found = rows_of(asked.measure, span, asked.group, asked.value)
    shown = CappedPaginator(found, PER_PAGE).get_page(request.GET.get("p"))
    return {
        "measure": asked.measure,
        "rows": list(_lines(asked.measure, shown.object_list, reader(request))),
        "shown": shown,
        "cap": COUNTED_TO,
        "narrowed": f"{GROUPS[asked.group]}: {_named(asked, span)}" if asked.value else "",
        "days": asked.days,
        "back": asked.link(),
        "here": asked.link(measure=asked.measure.key, value=asked.value),
    }


def _named(asked: Asked, span: Span) -> str:
    return next((line.label for line in table(asked.group, span)[1] if line.value == asked.value), asked.value)


@dataclass(frozen=True, slots=True)
class Row:
    """One parcel or number as a line of the list."""

    parcel: Shipment
    number: str
    at: Any
    what: str
    source: str


def _lines(measure: Measure, rows: Any, who: Reader) -> Iterator[Row]:
    for row in rows:
        at = getattr(row, measure.moment)
        if isinstance(row, TrackingNumber):
            yield Row(row.shipment, row.number, at, _about_number(row), str(row.told_by or "unknown"))
        else:
            source = row.order.source if row.order else None
            yield Row(row, row.number, at, _about_parcel(measure, row, who), str(source or "unknown"))


def _about_number(row: TrackingNumber) -> str:
    if row.contradicts_carrier:
        return f"told as {row.shipment.carrier or row.carrier_group}"
    return f"replaced by {row.shipment.number}" if row.shipment.number else "taken away"


def _about_parcel(measure: Measure, row: Shipment, who: Reader) -> str:
    label = row.label_told_at or row.label_at or row.fulfilled_at
    if measure.key == "late_number" and label and row.number_at:
        return f"{words.duration(row.number_at - label)} after the label of {who.moment(label)}"
    if measure.key == "early_scan" and label and row.first_scan_at:
        return f"{words.duration(label - row.first_scan_at)} before the label of {who.moment(label)}"
    return masking.text(f"fulfilled {words.duration(who.now - row.fulfilled_at)} ago" if row.fulfilled_at else "")


urlpatterns: list[URLPattern] = [path("", admin.site.admin_view(page), name="discipline")]
