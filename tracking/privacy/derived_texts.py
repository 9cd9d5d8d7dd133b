"""Sentences and facts of our own that may repeat what is personal: the words are blotted out, the rest stays."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import Model, Q

from tracking.models import (
    CaseActivity,
    DomainEvent,
    EvidenceSection,
    ExceptionCase,
    Shipment,
    Signal,
    StatusChange,
    TrackingCode,
    TrackingEvent,
)

BLOT = "•••"
SHORTEST = 3  # letters: shorter words would blot out half of every sentence
WRITTEN = frozenset({"note", "text", "said", "waiting_on", "outcome_note", "next_action", "ended_because"})
"""What a person typed, by its name in the record of an action: it goes whole."""
Change = Callable[[Any], Any]


def blot(names: set[str], places: set[str], *, order_ids: list[int], shipment_ids: list[int], now: datetime) -> None:
    """Take personal words out of what was derived from them about these orders and parcels, inside the caller's
    transaction. `places` (postcodes, where it was left) stay in the sample of a code, which other parcels share."""
    without = _blotter(names | places)
    cases = list(ExceptionCase.objects.filter(shipment_id__in=shipment_ids).values_list("pk", flat=True))
    mine = Q(shipment_id__in=shipment_ids)
    _rewrite(ExceptionCase, mine, ("evidence", "brief", "next_action"), without)
    _rewrite(Signal, mine, ("evidence", "brief"), without)
    _rewrite(Shipment, Q(pk__in=shipment_ids), ("sentence_parameters", "care_reason"), without)
    _rewrite(StatusChange, mine, ("sentence_parameters",), without)
    _rewrite(TrackingEvent, mine & ~Q(own_text=""), ("own_text",), without)
    codes = set(TrackingEvent.objects.filter(mine).values_list("code_id", flat=True))
    _rewrite(TrackingCode, Q(pk__in=codes - {None}), ("sample_text",), _blotter(names))
    _blot_evidence(without, shipment_ids, now)
    news = mine | Q(order_id__in=order_ids) | Q(case_id__in=cases)
    _rewrite(DomainEvent, news, ("payload",), without)
    _rewrite(CaseActivity, Q(case_id__in=cases), ("before", "after"), lambda value: _unwritten(without(value)))
    CaseActivity.objects.filter(case_id__in=cases).update(note="")


def _blotter(words: Iterable[str]) -> Change:
    known = sorted((word for word in words if len(word) >= SHORTEST), key=len, reverse=True)
    any_of = "|".join(map(re.escape, known))
    pattern = re.compile(rf"(?<!\w)(?:{any_of})(?!\w)", re.IGNORECASE) if known else None

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return pattern.sub(BLOT, value) if pattern else value
        if isinstance(value, Mapping):
            return {key: without(inner) for key, inner in value.items()}
        return [without(inner) for inner in value] if isinstance(value, list) else value

    return without


def _blot_evidence(without: Change, shipment_ids: list[int], now: datetime) -> None:
    """What a carrier wrote of a person in a frozen story; its hash stays, and it says when it was emptied."""
    for row in EvidenceSection.objects.filter(dispute__shipment_id__in=shipment_ids).order_by("pk"):
        row.content, was = without(row.content), row.content
        if row.content != was:
            row.erased_at = now
            row.save(update_fields=["content", "erased_at"])


def _unwritten(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: "" if key in WRITTEN and inner else _unwritten(inner) for key, inner in value.items()}
    return value


def _rewrite(model: type[Model], which: Q, names: tuple[str, ...], change: Change) -> None:
    """Change some fields of some rows in place; rows that stay as they are are not written."""
    for pk, *values in model._default_manager.filter(which).order_by("pk").values_list("pk", *names):
        changed = [change(value) for value in values]
        if changed != values:
            model._default_manager.filter(pk=pk).update(**dict(zip(names, changed, strict=True)))
