"""The published mapping and the codes it gives meaning to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Max

from tracking.connectors.contract import LookupKey, ObservedEvent
from tracking.models import MappingVersion, StatusMapping, TrackingCode
from tracking.status.contract import MappingRow
from tracking.status.mapping import Mapping, code_identity, text_shape

MEANING_COLUMNS = ("milestone", "reason", "evidence", "turn", "hint", "decided_by", "mapping_version")
SHAPES_PER_CODE = 500  # beyond that a code's texts share one shapeless row


@dataclass(frozen=True, slots=True)
class Published:
    """The mapping in force and its version number (0 = none published)."""

    mapping: Mapping
    number: int


_cache: dict[int, Published] = {}  # versions are immutable, so a version once read stays true


def published() -> Published:
    """Return the mapping version in force."""
    number = MappingVersion.objects.aggregate(number=Max("number"))["number"] or 0
    known = _cache.get(number)
    if known is None:
        rows = StatusMapping.objects.filter(version__number=number)
        known = Published(Mapping(to_row(row) for row in rows), number)
        if rows:
            _cache.clear()
            _cache[number] = known
    return known


def forget() -> None:
    """Drop the cached mapping (tests roll versions back)."""
    _cache.clear()


def to_row(row: StatusMapping) -> MappingRow:
    """Return a stored row in the form the resolution reads."""
    return MappingRow(
        id=row.row_key,
        source_kind=row.source_kind,
        carrier=row.carrier,
        field=row.field,
        code=row.code,
        subcode=row.subcode,
        pattern=row.pattern,
        milestone=row.milestone,
        reason=row.reason,
        evidence=row.evidence,
        turn=row.turn,
        hint=row.hint,
        is_pass=row.is_pass,
        description=row.description,
    )


def give_meaning(code: TrackingCode, force: Published) -> bool:
    """Set what the code means under the version in force (in memory); True when its meaning changed."""
    keys = [LookupKey(*key) for key in code.keys]
    text = code.sample_text or code.text_shape
    meaning = force.mapping.resolve(code.source_kind, code.carrier, keys, text)
    told = (meaning.milestone, meaning.reason, meaning.evidence, meaning.turn, meaning.hint)
    before = (code.milestone, code.reason, code.evidence, code.turn, code.hint)
    code.milestone, code.reason, code.evidence, code.turn, code.hint = told
    code.decided_by, code.mapping_version = meaning.row[:200], force.number
    return told != before


@dataclass(frozen=True, slots=True)
class Heard:
    """One event with the kind of the source that told it."""

    event: ObservedEvent
    source_kind: str
    at: datetime

    @property
    def shape(self) -> str:
        """The text with days, places and numbers taken out."""
        place = self.event.place
        return text_shape(self.event.description, (place.city, place.region, place.postcode))

    def identity(self, shape: str) -> int:
        """The code's identity under a shape."""
        return code_identity(self.source_kind, self.event.carrier, self.event.keys, shape)


def codes_for(heard: Sequence[Heard]) -> list[TrackingCode]:
    """Return the tracking code of each event, in the same order; new codes are stored with their meaning."""
    shapes = [item.shape for item in heard]
    identities = [item.identity(shape) for item, shape in zip(heard, shapes, strict=True)]
    known = _known(identities)
    new = [index for index, identity in enumerate(identities) if identity not in known]
    if new:
        for index in _beyond_the_limit([heard[index] for index in new], new):
            shapes[index], identities[index] = "", heard[index].identity("")
        fresh = {identities[index]: _new_code(heard[index], shapes[index], identities[index]) for index in new}
        known.update(_store(fresh))
    return [known[identity] for identity in identities]


def _known(identities: Iterable[int]) -> dict[int, TrackingCode]:
    return {code.identity: code for code in TrackingCode.objects.filter(identity__any_of=set(identities))}


def _beyond_the_limit(items: Sequence[Heard], indexes: Sequence[int]) -> list[int]:
    """Which of the new events belong to a code that has its full number of shapes already."""
    raws = {item.event.raw_code[:120] for item in items}
    rows = TrackingCode.objects.filter(raw_code__in=raws).values_list("source_kind", "carrier", "raw_code")
    full = {tuple(row[:3]) for row in rows.annotate(n=Count("id")).filter(n__gte=SHAPES_PER_CODE)}
    return [
        index
        for item, index in zip(items, indexes, strict=True)
        if (item.source_kind, item.event.carrier[:32], item.event.raw_code[:120]) in full
    ]


def _new_code(item: Heard, shape: str, identity: int) -> TrackingCode:
    event = item.event
    return TrackingCode(
        source_kind=item.source_kind,
        carrier=event.carrier[:32],
        identity=identity,
        keys=[[key.field, key.code, key.subcode] for key in event.keys],
        raw_code=event.raw_code[:120],
        raw_subcode=event.raw_subcode[:120],
        text_shape=shape,
        sample_text=event.description[:300],
        first_seen_at=item.at,
    )


def _store(fresh: dict[int, TrackingCode]) -> dict[int, TrackingCode]:
    force = published()
    for code in fresh.values():
        give_meaning(code, force)
    TrackingCode.objects.bulk_create([fresh[key] for key in sorted(fresh)], ignore_conflicts=True)
    return _known(fresh)
