"""Turns a template and the facts into subject, plain text and HTML. Pure: no database, settings or clock.

Templates are Liquid in a small, limited form: values are plain dicts, unknown names are errors, nothing can be marked
as safe. A body is paragraphs parted by empty lines; lines that begin with "- " make a list; a line `[[Label]]` is a
button to the parcel's page. HTML is made from the very text that the plain part shows, so both say the same.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from liquid import BoundTemplate, Environment, Mode, StrictUndefined
from liquid.exceptions import LiquidError

from tracking.brand_colours import OWN, readable_on

FORBIDDEN_FILTERS = (
    "safe", "escape", "escape_once", "escapejs", "newline_to_br", "strip_html", "base64_decode", "base64_encode",
    "base64_url_safe_decode", "base64_url_safe_encode", "url_decode", "url_encode", "map", "where", "concat",
)  # fmt: skip
FORBIDDEN_TAGS = ("include", "render", "tablerow", "increment", "decrement", "cycle", "ifchanged")
LONGEST_SUBJECT = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_BUTTON = re.compile(r"^\[\[(.{1,80})\]\]$")
_MOVING = re.compile(r"on (its|the) way|in transit|has shipped|en camino|en tránsito|ha salido", re.IGNORECASE)

VARIABLES: dict[str, str] = {
    "customer.first_name": "First name of the customer, empty when not known",
    "order.number": "Number of the order as the shop shows it",
    "store.name": "Name or brand of the store",
    "parcel.sentence": "The sentence that the tracking page shows, in the customer's language",
    "parcel.number": "Tracking number, empty when there is none yet",
    "parcel.carrier": "Name of the carrier, empty when not known",
    "parcel.estimate": "Estimated delivery day in words, empty when none may be told",
    "parcel.return_by": "Day in words until which the parcel waits at the pickup point, empty when not known",
    "parcel.attempts": "Days on which a delivery was tried and failed, a number",
    "parcel.town": "Town the parcel goes to",
    "parcels": "All parcels this message speaks of, each with number, carrier and sentence",
    "page_url": "Address of the parcel's tracking page",
    "case.next_action": "What is done next about an open problem (messages to colleagues)",
    "case.kind": "Kind of the open problem in words (messages to colleagues)",
}
SAMPLES: tuple[dict[str, Any], ...] = (
    {
        "customer": {"first_name": "Ann"},
        "order": {"number": "1001"},
        "store": {"name": "Bright"},
        "parcel": {
            "sentence": "Your parcel was delivered on Monday, March 2.",
            "number": "794600000001",
            "carrier": "FedEx",
            "estimate": "Wednesday, March 4",
            "return_by": "Friday, March 6",
            "attempts": 2,
            "town": "Austin",
        },
        "parcels": [
            {"number": "794600000001", "carrier": "FedEx", "sentence": "Your parcel was delivered on Monday, March 2."},
            {"number": "794600000002", "carrier": "FedEx", "sentence": "We are preparing your parcel."},
        ],
        "page_url": "https://example.com/track/sample/",
        "case": {"next_action": "Call the carrier", "kind": "Stalled"},
    },
    {
        "customer": {"first_name": ""},
        "order": {"number": ""},
        "store": {"name": "Casa"},
        "parcel": {
            "sentence": "We are preparing your parcel.",
            "number": "",
            "carrier": "",
            "estimate": "",
            "return_by": "",
            "attempts": 0,
            "town": "",
        },
        "parcels": [{"number": "", "carrier": "", "sentence": "We are preparing your parcel."}],
        "page_url": "https://example.com/track/sample/",
        "case": {"next_action": "", "kind": ""},
    },
)
"""A full and an empty example; a template must work with both before it can be published."""


class BrokenTemplate(Exception):
    """A template that cannot be rendered; `line` counts from 1, 0 = not known."""

    def __init__(self, part: str, line: int, sentence: str) -> None:
        super().__init__(f"{part}, line {line}: {sentence}" if line else f"{part}: {sentence}")
        self.part, self.line, self.sentence = part, line, sentence


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a template: `part` is subject or body, `line` counts from 1."""

    part: str
    line: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Footer:
    """What stands around every message to a customer; texts and addresses are written by us.

    `brand` is who writes, `colour` theirs ("#24483d", "" for none).
    """

    brand: str = ""
    colour: str = ""
    why: str = ""
    unsubscribe_label: str = ""
    unsubscribe_url: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be sent."""

    subject: str
    text: str
    html: str


class _Limited(Environment):
    loop_iteration_limit = 200
    local_namespace_limit = 20_000
    output_stream_limit = 50_000
    context_depth_limit = 10
    block_nesting_limit = 10


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = _Limited(tolerance=Mode.STRICT, undefined=StrictUndefined, strict_filters=True, autoescape=False)
    for name in FORBIDDEN_FILTERS:
        environment.filters.pop(name, None)
    for name in FORBIDDEN_TAGS:
        environment.tags.pop(name, None)
    return environment


@lru_cache(maxsize=256)
def _parsed(part: str, source: str) -> BoundTemplate:
    try:
        return _environment().from_string(source)
    except LiquidError as error:
        raise _broken(part, source, error) from error


def render(
    *, subject: str, body: str, values: Mapping[str, Any], language: str = "en", footer: Footer | None = None
) -> Rendered:
    """Render a message. `values` as VARIABLES documents them, plain data only. Raises BrokenTemplate."""
    title, text = fill(subject=subject, body=body, values=values)
    page_url = str(_plain(values).get("page_url", ""))
    return typeset(subject=title, body=text, page_url=page_url, language=language, footer=footer)


def fill(*, subject: str, body: str, values: Mapping[str, Any]) -> tuple[str, str]:
    """Return subject and body with the values filled in, buttons and lists still marked. Raises BrokenTemplate."""
    clean = _plain(values)
    return _filled("subject", subject, clean), _filled("body", body, clean)


def typeset(*, subject: str, body: str, page_url: str, language: str = "en", footer: Footer | None = None) -> Rendered:
    """Lay out finished words, in which nothing is filled in any more."""
    title = " ".join(_CONTROL.sub(" ", subject).split())[:LONGEST_SUBJECT]
    blocks, below = list(_blocks(body)), footer or Footer()
    return Rendered(title, _text(blocks, page_url, below), _html(title, blocks, page_url, below, language))


def validate(*, subject: str, body: str, says_it_moves: bool = True) -> list[Problem]:
    """Return what keeps a template from being published, [] when it works with every sample.

    `says_it_moves` is False for messages that may leave before the first scan: they may not claim movement.
    """
    problems = []
    for part, source in (("subject", subject), ("body", body)):
        if not source.strip():
            problems.append(Problem(part, 1, "It is empty."))
        problems += _unknown_names(part, source) or _fails(part, source)
        if not says_it_moves:
            problems += _claims(part, source)
    return problems


def _unknown_names(part: str, source: str) -> list[Problem]:
    try:
        found = _parsed(part, source).analyze().globals
    except BrokenTemplate as error:
        return [Problem(part, error.line, error.sentence)]
    return [
        Problem(part, source.count("\n", 0, use.span.index) + 1, f"There is no variable called {name}.")
        for uses in found.values()
        for use in uses
        if not _is_known(name := ".".join(str(segment) for segment in use.segments))
    ]


def _is_known(name: str) -> bool:
    roots = {each.split(".")[0] for each in VARIABLES if "." in each}
    if name in roots:
        return False
    return name in VARIABLES or name.split(".")[0] == "parcels"


def _fails(part: str, source: str) -> list[Problem]:
    for sample in SAMPLES:
        try:
            _filled(part, source, sample)
        except BrokenTemplate as error:
            return [Problem(part, error.line, error.sentence)]
    return []


def _claims(part: str, source: str) -> list[Problem]:
    return [
        Problem(part, number, "It says that the parcel moves, but may leave before the first scan.")
        for number, line in enumerate(source.splitlines(), start=1)
        if _MOVING.search(line)
    ]


def _filled(part: str, source: str, values: Mapping[str, Any]) -> str:
    try:
        return _parsed(part, source).render(**values)
    except LiquidError as error:
        raise _broken(part, source, error) from error


def _broken(part: str, source: str, error: LiquidError) -> BrokenTemplate:
    place = error.context()
    words = str(getattr(error, "message", "") or error).splitlines()[0]
    line = place[0] if place and place[0] else len(source.rstrip().splitlines())  # found out at the end only
    return BrokenTemplate(part, line, f"{words[:1].upper()}{words[1:]}.")


def _plain(value: Any) -> Any:
    """Return plain data in which no text can begin a line or a button of its own."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool | int | float) or value is None:
        return value
    return _CONTROL.sub(" ", str(value)).replace("[[", "[").replace("]]", "]").strip()[:2000]


# -- layout ----------------------------------------------------------------------------------------------------------

Block = tuple[str, list[str]]  # ("text" | "list" | "button", lines)


def _blocks(body: str) -> Iterator[Block]:
    for chunk in re.split(r"\n\s*\n", body.strip()):
        lines = [line.strip() for line in chunk.splitlines() if line.strip()]
        while lines:
            kind = _kind(lines[0])
            count = next((at for at, line in enumerate(lines) if _kind(line) != kind), len(lines))
            if kind == "button":
                count = 1
            yield kind, [_bare(kind, line) for line in lines[:count]]
            lines = lines[count:]


def _kind(line: str) -> str:
    if _BUTTON.match(line):
        return "button"
    return "list" if line.startswith("- ") else "text"


def _bare(kind: str, line: str) -> str:
    return {"button": line[2:-2].strip(), "list": line[2:].strip()}.get(kind, line)


def _text(blocks: list[Block], page_url: str, footer: Footer) -> str:
    parts = [footer.brand] if footer.brand else []
    for kind, lines in blocks:
        if kind == "button":
            parts.append(f"{lines[0]}: {page_url}")
        else:
            parts.append("\n".join(f"- {line}" if kind == "list" else line for line in lines))
    below = [footer.why] if footer.why else []
    if footer.unsubscribe_url:
        below.append(f"{footer.unsubscribe_label}: {footer.unsubscribe_url}")
    return "\n\n".join(parts + (["-- \n" + "\n".join(below)] if below else [])) + "\n"


_FONT = "font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:24px;color:#1f2933"
_SMALL = "font-family:Arial,Helvetica,sans-serif;font-size:13px;line-height:20px;color:#52606d"
_BUTTON_STYLE = (
    "display:inline-block;padding:12px 20px;text-decoration:none;border-radius:6px;"
    "font-family:Arial,Helvetica,sans-serif;font-size:16px"
)
_TOP = (
    "padding:14px 24px;border-radius:8px 8px 0 0;font-family:Arial,Helvetica,sans-serif;font-size:16px;"
    "line-height:24px;font-weight:bold"
)


def _html(title: str, blocks: list[Block], page_url: str, footer: Footer, language: str) -> str:
    fill = footer.colour or OWN
    surface = f"background:{fill};color:{readable_on(fill)}"
    rows = "".join(
        f'<tr><td style="padding:0 24px 16px;{_FONT}">{_inner(*block, page_url, surface)}</td></tr>' for block in blocks
    )
    top = f'<tr><td style="{_TOP};{surface}">{escape(footer.brand)}</td></tr>' if footer.brand else ""
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title></head>'
        '<body style="margin:0;padding:0;background:#f1f3f5">'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0"><tr><td align="center" '
        'style="padding:24px 8px"><table role="presentation" width="600" cellpadding="0" cellspacing="0" '
        'style="width:100%;max-width:600px;background:#ffffff;border-radius:8px">'
        f'{top}<tr><td style="height:24px;line-height:24px">&nbsp;</td></tr>{rows}{_below(footer)}'
        "</table></td></tr></table></body></html>"
    )


def _inner(kind: str, lines: list[str], page_url: str, surface: str) -> str:
    if kind == "button":
        return f'<a href="{escape(page_url)}" style="{surface};{_BUTTON_STYLE}">{escape(lines[0])}</a>'
    if kind == "list":
        items = "".join(f'<li style="margin:0 0 8px">{escape(line)}</li>' for line in lines)
        return f'<ul style="margin:0;padding:0 0 0 20px">{items}</ul>'
    return "<br>".join(escape(line) for line in lines)


def _below(footer: Footer) -> str:
    parts = [escape(footer.why)] if footer.why else []
    if footer.unsubscribe_url:
        link = f'<a href="{escape(footer.unsubscribe_url)}" style="color:#52606d">'
        parts.append(f"{link}{escape(footer.unsubscribe_label)}</a>")
    if not parts:
        return ""
    return f'<tr><td style="padding:16px 24px;border-top:1px solid #d9dee3;{_SMALL}">{"<br>".join(parts)}</td></tr>'
