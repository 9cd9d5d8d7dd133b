"""Small parts every page is made of: badges, icons, avatars, times, durations. Plain functions, fit for columns too."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tracking.detectors import words
from tracking.exception_queue.wanted import day_of
from tracking.vocabulary import (
    KIND_ICON,
    SEVERITY_LOOK,
    STATUS_LOOK,
    CareLevel,
    CaseState,
    FeedState,
    Milestone,
    Severity,
    ShipmentStatus,
    SignalKind,
)

if TYPE_CHECKING:
    from tracking.admin.reader import Reader

register = template.Library()

HOT = timedelta(hours=1)
WARM = timedelta(hours=4)
AVATAR_TINTS = 4
CASE_STATE_LOOK = {
    "new": ("pri", "fiber_new"),
    "acknowledged": ("low", "check"),
    "waiting": ("med", "hourglass_empty"),
    "resolved": ("ok", "check_circle"),
}
FEED_LOOK = {"ok": "ok", "slow": "warn", "failing": "bad", "silent": "bad", "losing": "warn", "paused": "", "setup": ""}


@register.simple_tag
def icon(name: str, size: int = 16) -> SafeString:
    """A Material Symbol of the bundled font, hidden from screen readers: a word always stands beside it."""
    return format_html('<span class="st-i s{} material-symbols-outlined" aria-hidden="true">{}</span>', size, name)


def badge(tint: str, icon_name: str, label: str, title: str = "") -> SafeString:
    """A badge: tint (a class of tokens.css), icon and word."""
    sign = icon(icon_name, 14) if icon_name else ""
    return format_html('<span class="st-badge {}" title="{}">{}{}</span>', tint, title, sign, label)


@register.simple_tag
def status_badge(status: str, title: str = "") -> SafeString:
    """The badge of a shipment status or an event's milestone."""
    tint, icon_name = STATUS_LOOK.get(status, ("low", "help"))
    tint += " struck" if status == ShipmentStatus.CANCELLED else ""
    return badge(tint, icon_name, label_of(ShipmentStatus, status) or label_of(Milestone, status) or status, title)


milestone_badge = register.simple_tag(status_badge, name="milestone_badge")


@register.simple_tag
def severity_mark(severity: str) -> SafeString:
    """The 20 px square of a severity; its word is there for screen readers and on hover."""
    tint, icon_name = SEVERITY_LOOK.get(severity, ("low", "help"))
    word = label_of(Severity, severity)
    return format_html(
        '<span class="st-sev {}" title="{}">{}<span class="st-hidden">{}</span></span>',
        tint,
        word,
        icon(icon_name),
        word,
    )


@register.simple_tag
def severity_badge(severity: str) -> SafeString:
    """A severity with its word."""
    tint, icon_name = SEVERITY_LOOK.get(severity, ("low", "help"))
    return badge(tint, icon_name, label_of(Severity, severity))


@register.simple_tag
def kind_icon(kind: str) -> SafeString:
    """The icon of a kind of exception."""
    return icon(KIND_ICON.get(kind, "more_horiz"))


@register.filter
def topic_words(topic: str) -> str:
    """`failed_attempt:2` -> "Failed attempt 2"; a day that only tells two delays apart is left out."""
    name, _, rest = topic.partition(":")
    rest = "" if day_of(rest) else rest
    return " ".join(part for part in (name.replace("_", " ").capitalize(), rest) if part)


@register.filter
def kind_label(kind: str) -> str:
    """The words of a kind of exception."""
    return label_of(SignalKind, kind) or kind


@register.simple_tag
def case_state_badge(state: str) -> SafeString:
    """The badge of a case's state."""
    tint, icon_name = CASE_STATE_LOOK.get(state, ("low", ""))
    return badge(tint, icon_name, label_of(CaseState, state))


@register.simple_tag
def care_chip(level: str, amount: str = "", title: str = "") -> SafeString:
    """The outlined chip of high care, with the order's value; nothing for standard care."""
    if level != CareLevel.HIGH:
        return SafeString("")
    text = f"High · {amount}" if amount else "High care"
    return format_html('<span class="st-care" title="{}">{}{}</span>', title, icon("shield", 14), text)


@register.simple_tag
def feed_dot(state: str) -> SafeString:
    """Round = healthy, triangle = slow, square = silent or failing; with the word for screen readers."""
    word = label_of(FeedState, state)
    return format_html(
        '<span class="st-dot {}" title="{}"></span><span class="st-hidden">{}</span>',
        FEED_LOOK.get(state, ""),
        word,
        word,
    )


@register.simple_tag
def avatar(user: Any, team: Any = None) -> SafeString:
    """A round avatar for a person, a square one for a team, a dashed one for nobody."""
    if user is not None:
        tint = f"a{user.pk % AVATAR_TINTS}"
        name = person_name(user)
        return format_html(
            '<span class="st-av {}" title="{}" aria-hidden="true">{}</span>', tint, name, initials_of(name)
        )
    if team is not None:
        return format_html('<span class="st-av team" title="{}">{}</span>', team, icon("groups", 14))
    return format_html('<span class="st-av nobody" title="Nobody owns this">{}</span>', icon("person_add", 14))


@register.filter
def person_name(user: Any) -> str:
    """A colleague's name as shown: the full name, else the login; "" for nobody."""
    return (user.get_full_name() or user.get_username()) if user is not None else ""


def initials_of(name: str) -> str:
    """Up to two capitals: "Agent Brown" -> "AB"."""
    return "".join(part[0] for part in name.split()[:2]).upper()


@register.simple_tag
def time_left(due_at: datetime | None, now: datetime) -> SafeString:
    """Time until `due_at`: solid red once late, tinted under one and four hours; nothing without a due time."""
    if due_at is None:
        return SafeString("")
    left = due_at - now
    if left < timedelta(0):
        return format_html('<span class="st-left late">late {}</span>', words.duration(-left))
    tint = "hot" if left <= HOT else "warm" if left <= WARM else "calm"
    return format_html('<span class="st-left {}">{}</span>', tint, words.duration(left))


@register.filter
def duration(span: timedelta | None) -> str:
    """A span in words: `18 min`, `1 h 20`, `52 h`, `4 d`; "" for none."""
    return words.duration(span) if span is not None else ""


@register.simple_tag
def ago(at: datetime | None, now: datetime) -> str:
    """How long ago `at` was, in words without "ago"; "" for never."""
    return words.duration(now - at) if at is not None else ""


@register.simple_tag
def when(at: datetime | None, reader: "Reader", none: str = "") -> SafeString:
    """A moment in the reader's zone (`Thu 19 Nov 10:12`) with the ISO form on hover; `none` if there is none."""
    if at is None:
        return format_html('<span class="st-mute">{}</span>', none)
    return format_html('<time datetime="{}" title="{}">{}</time>', iso(at), iso(at), reader.moment(at))


@register.filter
def moment(at: datetime | None, reader: "Reader") -> str:
    """A moment in the reader's zone as plain text: `Thu 19 Nov 10:12`; "" for none."""
    return reader.moment(at) if at is not None else ""


@register.filter
def near(at: datetime | None, reader: "Reader") -> str:
    """A moment as short as it is clear: `13:31`, `Thu 13:31`, `Thu 19 Nov`; "" for none."""
    return reader.near(at) if at is not None else ""


@register.filter
def day(at: datetime | None, reader: "Reader") -> str:
    """The day of a moment in the reader's zone as plain text: `Thu 19 Nov`; "" for none."""
    return reader.day(at) if at is not None else ""


@register.simple_tag
def when_day(at: datetime | None, reader: "Reader", none: str = "") -> SafeString:
    """The day of a moment in the reader's zone: `Thu 19 Nov`."""
    if at is None:
        return format_html('<span class="st-mute">{}</span>', none)
    return format_html('<time datetime="{}" title="{}">{}</time>', iso(at), iso(at), reader.day(at))


def iso(at: datetime) -> str:
    """ISO form to the second, with offset."""
    return at.isoformat(timespec="seconds")


@register.filter
def number_groups(number: str) -> str:
    """A tracking number in groups of four, so that people can read it aloud."""
    return " ".join(number[at : at + 4] for at in range(0, len(number), 4))


@register.filter
def number_tail(number: str) -> str:
    """The last eight of a tracking number in groups of four, with an ellipsis before them if there is more."""
    return number_groups(number) if len(number) <= 10 else "…" + number_groups(number[-8:])


@register.filter
def money(minor: int | None, currency: str = "") -> str:
    """Minor units and a currency as people write them: 41200, USD -> $412.00; "" for none."""
    return _written(minor, currency, 2)


def _written(minor: int | None, currency: str, digits: int) -> str:
    if minor is None:
        return ""
    sign = {"USD": "$", "EUR": "€", "GBP": "£"}.get(currency, f"{currency} " if currency else "")
    if currency in {"JPY", "KRW", "CLP", "VND"}:  # currencies without minor units (ISO 4217)
        return f"{sign}{minor:,}"
    return f"{sign}{minor / 100:,.{digits}f}"


@register.filter
def order_value(order: Any) -> str:
    """What an order was worth, "" when there is no order or nobody told."""
    return money(order.total_minor, order.currency) if order is not None else ""


@register.filter
def order_value_short(order: Any) -> str:
    """What an order was worth without its cents, for narrow places: 63157, USD -> $632."""
    return _written(order.total_minor, order.currency, 0) if order is not None else ""


@register.filter
def capped(count: int, cap: int = 1000) -> str:
    """A count as shown: thousands separated, "1,000+" once it reached the cap it was counted to."""
    return f"{cap:,}+" if count >= cap else f"{count:,}"


def label_of(choices: Any, code: str) -> str:
    """The label of a stored code, "" if it is none of these."""
    return str(choices(code).label) if code in choices.values else ""
