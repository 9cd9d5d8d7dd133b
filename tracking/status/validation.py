"""What makes a mapping row acceptable; the preset loader and the editor refuse all others."""

from collections import defaultdict
from collections.abc import Iterable

from tracking.status.contract import MappingRow
from tracking.vocabulary import MOVING_MILESTONES, SILENT_MILESTONES, Evidence, Milestone, Reason, Turn

_STATES = MOVING_MILESTONES | {Milestone.DELAYED, Milestone.EXCEPTION, Milestone.CANCELLED}
_PROVES_NOTHING = SILENT_MILESTONES | {Milestone.LABEL_CREATED}

Selector = tuple[str, str, str, str, str, str]


def selector(row: MappingRow) -> Selector:
    """Return what a row matches on; two rows of one mapping may not share it."""
    return row.source_kind, row.carrier, row.field, row.code, row.subcode, row.pattern.casefold()


def validate(row: MappingRow) -> list[str]:
    """Return what is wrong with a row, as sentences for an administrator; an empty list means it is fine."""
    wrong = _missing(row) + _unknown_words(row)
    return wrong if wrong or row.is_pass else _contradictions(row)


def clashes(rows: Iterable[MappingRow]) -> list[str]:
    """Return one sentence for every set of rows that match on exactly the same thing."""
    same: dict[Selector, list[str]] = defaultdict(list)
    for row in rows:
        same[selector(row)].append(row.id)
    return [f"Rows {', '.join(sorted(ids))} match the same code." for ids in same.values() if len(ids) > 1]


def _missing(row: MappingRow) -> list[str]:
    wrong = []
    if not row.field:
        wrong.append("The vendor field is missing.")
    if not row.code:
        wrong.append('The code is missing; "*" stands for any.')
    if row.is_pass and (row.milestone or row.reason or row.turn or row.hint):
        wrong.append("A row that passes on decides nothing, so it has no milestone, reason, turn or hint.")
    return wrong


def _unknown_words(row: MappingRow) -> list[str]:
    checks = (
        ("milestone", row.milestone, Milestone.values, row.is_pass),
        ("reason", row.reason, Reason.values, True),
        ("evidence", row.evidence, Evidence.values, row.is_pass),
        ("turn", row.turn, Turn.values, True),
    )
    return [
        f'"{word}" is not a known {name}.' if word else f"The {name} is missing."
        for name, word, known, may_be_empty in checks
        if word not in known and (word or not may_be_empty)
    ]


def _contradictions(row: MappingRow) -> list[str]:
    wrong = []
    scanned = row.evidence == Evidence.ITEM_SCANNED
    if row.milestone == Milestone.UNMAPPED:
        wrong.append("A row cannot say unmapped; leave the code out, or call it information only.")
    if row.milestone in MOVING_MILESTONES and not scanned:
        wrong.append(f"{row.milestone} means that the parcel moves, so it needs the evidence item_scanned.")
    if row.milestone in _PROVES_NOTHING and scanned:
        wrong.append(f"{row.milestone} cannot prove a scan; choose a milestone that means one, or weaker evidence.")
    if row.hint and not row.reason and row.milestone != Milestone.EXCEPTION:
        wrong.append("A hint needs a reason to hint at.")
    if row.turn and row.milestone not in _STATES:
        wrong.append("A row that turns the parcel round needs a milestone that says where it stands now.")
    return wrong
