"""Questions about codes and their meaning: what is unmapped, which rows are in force, what a change would touch."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import QuerySet

from tracking.connectors.contract import LookupKey
from tracking.events.meanings import published, to_row
from tracking.models import MappingVersion, Shipment, StatusMapping, TrackingCode, TrackingEvent
from tracking.status.contract import MappingRow, Meaning
from tracking.status.mapping import Mapping
from tracking.status.validation import selector
from tracking.vocabulary import Milestone

COUNTED_TO = 1000


def rows_in_force() -> QuerySet[StatusMapping]:
    """The rows of the version in force."""
    return StatusMapping.objects.filter(version__number=published().number)


def unmapped_codes() -> QuerySet[TrackingCode]:
    """Codes without a meaning, the newest first."""
    return TrackingCode.objects.filter(milestone=Milestone.UNMAPPED).order_by("-first_seen_at")


@dataclass(frozen=True, slots=True)
class Usage:
    """How often a code was heard; both counts stop at 1000 events."""

    events: int = 0
    parcels: int = 0


def usage(code_ids: Iterable[int]) -> dict[int, Usage]:
    """Return the use of codes by id: at most 1000 events are looked at for each. One query."""
    wanted = list(code_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT code, counted.events, counted.parcels FROM unnest(%s::bigint[]) AS code,
            LATERAL (
                SELECT count(*) AS events, count(DISTINCT heard.shipment_id) AS parcels FROM (
                    SELECT shipment_id FROM tracking_trackingevent WHERE code_id = code LIMIT %s
                ) AS heard
            ) AS counted
            """,
            [wanted, COUNTED_TO],
        )
        return {code: Usage(events, parcels) for code, events, parcels in cursor.fetchall()}


def samples(code_id: int, most: int = 5) -> list[TrackingEvent]:
    """Return some events of a code with their parcels."""
    rows = TrackingEvent.objects.filter(code_id=code_id).select_related("shipment__carrier", "source", "code")
    return list(rows.order_by("-id")[:most])


@dataclass(frozen=True, slots=True)
class Effect:
    """What a changed row would do to one code."""

    code: TrackingCode
    before: Meaning
    after: Meaning


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a row would do. Counts stop at 1000 a code."""

    effects: tuple[Effect, ...] = ()
    events: int = 0
    parcels: int = 0
    active_parcels: int = 0


def preview(row: MappingRow, replaces: str = "") -> Preview:
    """Return what would change if `row` were published; `replaces` = key of the row it takes the place of.

    Every code it could speak of is resolved against the rows in force with and without the change.
    """
    before = published().mapping
    after = Mapping([*(each for each in before.rows if each.id != (replaces or row.id)), row])
    effects = [effect for code in _candidates(row) if (effect := _effect(code, before, after))]
    counts = usage([effect.code.pk for effect in effects])
    return Preview(
        effects=tuple(effects),
        events=sum(count.events for count in counts.values()),
        parcels=sum(count.parcels for count in counts.values()),
        active_parcels=_active([effect.code.pk for effect in effects]),
    )


def _candidates(row: MappingRow) -> Iterable[TrackingCode]:
    codes = TrackingCode.objects.all()
    return codes.filter(source_kind=row.source_kind) if row.source_kind else codes


def _effect(code: TrackingCode, before: Mapping, after: Mapping) -> Effect | None:
    keys = [LookupKey(*key) for key in code.keys]
    text = code.sample_text or code.text_shape
    old = before.resolve(code.source_kind, code.carrier, keys, text)
    new = after.resolve(code.source_kind, code.carrier, keys, text)
    same = (old.milestone, old.reason, old.evidence, old.turn, old.hint)
    return None if same == (new.milestone, new.reason, new.evidence, new.turn, new.hint) else Effect(code, old, new)


def _active(code_ids: list[int]) -> int:
    if not code_ids:
        return 0
    heard = TrackingEvent.objects.filter(code_id__in=code_ids).values("shipment_id")
    rows = Shipment.objects.filter(pk__in=heard, ended_at=None, merged_into=None)
    return rows[:COUNTED_TO].count()


def row_matching(row: MappingRow) -> StatusMapping | None:
    """Return the row in force that matches on exactly the same thing as `row`, if there is one: change that instead."""
    same = next((each for each in published().mapping.rows if selector(each) == selector(row)), None)
    return rows_in_force().filter(row_key=same.id).first() if same else None


def changes_of(version: MappingVersion) -> list[tuple[StatusMapping | None, StatusMapping | None]]:
    """Return (before, after) of every row that a version changed against the one before it; None = not there."""
    earlier = {row.row_key: row for row in StatusMapping.objects.filter(version__number=version.number - 1)}
    now = {row.row_key: row for row in version.rows.all()}
    keys = [key for key in {**earlier, **now} if _content(earlier.get(key)) != _content(now.get(key))]
    return [(earlier.get(key), now.get(key)) for key in keys]


def _content(row: StatusMapping | None) -> MappingRow | None:
    return to_row(row) if row else None
