"""Writes down every decision of one play with its reason, what became of each message, and all that arrived."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import groupby
from textwrap import wrap
from zoneinfo import ZoneInfo

from notifications.models import Decision, OutboxRow
from notifications.vocabulary import Audience
from tracking.models import DomainEvent
from tracking.sandbox.arrivals import Arrival

WIDTH, INDENT = 118, 4
NUMBERS = re.compile(r"(?<=:)\d+")  # ids of cases, news and messages differ from play to play
NAMES = ((re.compile(r"https?://\S+"), "<link>"), (re.compile(r"\bC-\d+"), "C-#"), (re.compile(r"Ref\. \S+"), "Ref. #"))


def ledger(zone: str, arrived: Iterable[Arrival]) -> str:
    """Return the record of a play, with times on the clock of one zone."""
    return "\n".join(["Decisions", *_decisions(ZoneInfo(zone)), "", "Arrived", *_arrivals(arrived, ZoneInfo(zone)), ""])


def _decisions(zone: ZoneInfo) -> Iterator[str]:
    rows = Decision.objects.select_related("row").order_by("pk")
    news = DomainEvent.objects.in_bulk({row.domain_event_id for row in rows})
    for number, group in groupby(rows, key=lambda row: row.domain_event_id):
        yield f"  {_at(news[number].at, zone)}  {_news(news[number])}"
        for row in group:
            yield f"{' ' * INDENT}{_who(row):<18} {_topic(row):<30} {_verdict(row, zone)}"


def _news(row: DomainEvent) -> str:
    told = row.payload
    facts = [str(told[name]) for name in ("sentence", "to", "reason", "kind", "severity", "outcome") if told.get(name)]
    return f"{row.kind}: {', '.join(dict.fromkeys(facts))}" if facts else row.kind


def _who(row: Decision) -> str:
    return row.recipient.removeprefix("channel:") if row.audience == Audience.SYSTEM else row.audience


def _topic(row: Decision) -> str:
    topic = NUMBERS.sub("#", row.topic) if row.audience == Audience.SYSTEM else row.topic
    return topic if row.rule_key else f"({topic})"


def _verdict(row: Decision, zone: ZoneInfo) -> str:
    if row.row is None:
        joins = f", joins {row.facts['joins']}" if row.facts.get("joins") else ""
        return f"withheld: {row.reason}{joins}"
    when = f"{row.why}" + (f" ({_at(row.send_at, zone)})" if row.send_at and row.why != "now" else "")
    return f"send {when}: {_fate(row.row, zone)}"


def _fate(row: OutboxRow, zone: ZoneInfo) -> str:
    if row.sent_at:
        tries = f", {row.attempts} tries" if row.attempts > 1 else ""
        return f"{row.state} {_at(row.sent_at, zone)}{tries}"
    return f"{row.state} {_at(row.changed_at, zone)}{f' ({row.reason})' if row.reason else ''}"


def _arrivals(arrived: Iterable[Arrival], zone: ZoneInfo) -> Iterator[str]:
    for each in arrived:
        head = f"{each.system}: {each.kind}{f' to {each.to}' if each.to else ''}"
        yield f"  {_at(each.at, zone)}  {head}"
        for line in _words(each).splitlines():
            yield from (f"{' ' * 26}{part}" for part in wrap(line, WIDTH - 26))


def _words(each: Arrival) -> str:
    if each.system == "webhook":
        told = each.details["data"]
        parcel, case = told["shipment"] or {}, told["case"] or {}
        facts = [parcel.get("status"), parcel.get("reason"), case.get("kind"), case.get("state")]
        return ", ".join(filter(None, facts))
    words = "\n".join(filter(None, (each.title if each.title != each.to else "", each.text)))
    for pattern, shown in NAMES:
        words = pattern.sub(shown, words)
    return words


def _at(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %H:%M %Z}"
