"""The code presets as a document for people who want to read and challenge them: `docs/code-presets.md`."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tracking.connectors.registry import CONNECTORS
from tracking.connectors.ups.codes import FAMILY_OF
from tracking.status import presets
from tracking.status.contract import MappingRow
from tracking.vocabulary import Evidence, Milestone, Reason

HEAD = """\
# What codes mean at first

Every row that ships with the product, by source. An administrator may change each of them under *Status mappings*.
This page is made by `manage.py load_presets --table`; the rows stand in `tracking/status/presets/`.

- **Means**: the milestone. *Information only* changes nothing about the parcel.
- **Why**: the reason. It opens a case, unless it is marked *(hint)*.
- **Evidence** that the carrier holds the parcel. Without a scan of the parcel nothing counts as movement, whatever the
  code says.
- A code may stand with a subcode (`A / B`; `*` = any other) and with the beginning of the text it comes with; the more
  exact row goes first. *Next key*: the row decides nothing, and the next field of the event is asked.
- UPS has some 1,500 codes; those that say the same share a row. `M`, `I`, `D`, `X`... are the types of its status.
"""
COLUMNS = "| Code | Means | Why | Evidence | In words |\n|---|---|---|---|---|"
FAMILY = "family"  # UPS: many codes share one row


def code_table() -> str:
    """Return the whole document (Markdown): one section for each connector, by its label, rows by field and code."""
    sections = sorted((connector.label, kind) for kind, connector in CONNECTORS.items())
    parts = [f"- [{label}](#{_anchor(label)}): {len(presets.load(kind))} rows" for label, kind in sections]
    return "\n".join([HEAD, *parts, *(_section(label, kind) for label, kind in sections)]) + "\n"


def _anchor(label: str) -> str:
    return "".join(c for c in label.lower().replace(" ", "-") if c.isalnum() or c == "-")


def _section(label: str, kind: str) -> str:
    by_field: dict[str, list[MappingRow]] = defaultdict(list)
    for row in presets.load(kind):
        by_field[row.field].append(row)
    parts = [f"\n## {label}"]
    for field in sorted(by_field):
        rows = sorted(by_field[field], key=lambda row: (row.code, row.subcode == "*", row.subcode, -len(row.pattern)))
        parts += [f"\n### {label}: `{field}`\n", COLUMNS, *(_line(row, kind) for row in rows)]
    return "\n".join(parts)


def _line(row: MappingRow, kind: str) -> str:
    means = "*next key*" if row.is_pass else str(Milestone(row.milestone).label)
    why = str(Reason(row.reason).label) if row.reason else ""
    cells = (
        _code(row, kind),
        means + (" (return called off)" if row.turn else ""),
        f"{why} (hint)" if row.hint else why,
        "" if row.is_pass else str(Evidence(row.evidence).label),
        row.description,
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _code(row: MappingRow, kind: str) -> str:
    if kind == "ups" and row.field == FAMILY:
        return "; ".join(_codes_of(row.code))
    sub = f" / `{row.subcode}`" if row.subcode not in ("", "*") or _has_rivals(row, kind) else ""
    carrier = f" ({row.carrier})" if row.carrier else ""
    text = f', text "{row.pattern}..."' if row.pattern else ""
    return f"`{row.code}`{sub}{carrier}{text}"


def _has_rivals(row: MappingRow, kind: str) -> bool:
    """True for "any other subcode" where rows with a subcode stand beside it."""
    if row.subcode != "*":
        return False
    return any(r.code == row.code and r.field == row.field and r.subcode != "*" for r in presets.load(kind))


def _codes_of(family: str) -> Iterator[str]:
    """Yield the codes of a UPS family, table by table."""
    for table, codes in FAMILY_OF.items():
        found: Iterable[str] = sorted(code for code, name in codes.items() if name == family)
        if found:
            yield f"{table}: " + " ".join(f"`{code}`" for code in found)
