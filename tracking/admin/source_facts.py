"""The figures of a source as its page and the list show them, each with its definition."""

from datetime import datetime

from django.urls import reverse
from django.utils.safestring import SafeString

from tracking.admin.reader import Reader
from tracking.admin.shipment_facts import Fact
from tracking.connectors.registry import CONNECTORS
from tracking.detectors import words
from tracking.ingest.queries import Health
from tracking.models import Source
from tracking.privacy import masking
from tracking.templatetags.shiptrack import FEED_LOOK, badge, capped
from tracking.vocabulary import FeedState

FEED_BADGE = {
    "ok": ("ok", "check_circle"),
    "warn": ("med", "schedule"),
    "bad": ("crit", "error"),
    "": ("low", "pending"),
}


def state_badge(source: Source) -> SafeString:
    """Health of a source as a badge."""
    tint, icon = FEED_BADGE[FEED_LOOK.get(source.feed_state, "")]
    return badge(tint, icon, FeedState(source.feed_state).label)


def failed_of(source: Source) -> str:
    """Address of the list of a source's failed messages."""
    return f"{_messages_of(source)}&state__in=failed,gave_up"


def waiting_of(source: Source) -> str:
    """Address of the list of a source's messages that are not worked yet."""
    return f"{_messages_of(source)}&state__exact=pending"


def _messages_of(source: Source) -> str:
    return f"{reverse('admin:tracking_inboundmessage_changelist')}?source__id__exact={source.pk}"


def quota_left(source: Source) -> str:
    """What is left of the vendor's allowance: "3,912 of 10,000"."""
    if source.quota_remaining is None:
        return "not reported"
    of = f" of {source.quota_limit:,}" if source.quota_limit else ""
    return f"{source.quota_remaining:,}{of}"


def polls_due(source: Source, found: Health, who: Reader) -> tuple[str, str]:
    """How many parcels we should ask about now, of how many; for a source asked as a whole, when next."""
    connector = CONNECTORS.get(source.kind)
    style = connector.poll.style if connector else "none"
    if style == "none":
        return "never", "this source only pushes"
    if style == "cursor":
        return (who.moment(source.next_poll_at) if source.next_poll_at else "now"), "asked for all changes"
    return f"{capped(found.polls_due)} of {capped(found.polled_parcels)}", "parcels to ask about now"


def strip(source: Source, found: Health, who: Reader) -> list[Fact]:
    """The figures of a source, each with its definition."""
    lag = found.lag
    return [
        Fact("Last message", _at(source.last_message_at, who, "never"), _ago(source.last_message_at, who)),
        Fact(
            "Lag, median",
            words.duration(lag.median) if lag else "too few events",
            f"p95 {words.duration(lag.p95)}, {lag.events:,} events" if lag else "of exact time this week",
            title="From the moment an event happened to the moment we first heard of it. Last 7 days, exact times "
            "only, events since the source was connected; of at most the newest 20,000 events of all sources.",
        ),
        Fact(
            "Failures in a row",
            str(source.failures_in_a_row),
            f"last {who.moment(source.last_failure_at)}" if source.last_failure_at else "none so far",
            "bad" if source.failures_in_a_row else "",
            masking.text(source.last_failure),
        ),
        Fact("Quota left", quota_left(source), _resets(source, who), title="As the vendor last reported it."),
        Fact("Polls due", *polls_due(source, found, who)),
        Fact(
            "Messages failed",
            capped(found.failed),
            "kept, can be replayed" if found.failed else "none",
            "bad" if found.failed else "",
            link=failed_of(source),
        ),
        Fact("Messages waiting", capped(found.waiting), "to be worked", link=waiting_of(source)),
    ]


def _at(at: datetime | None, who: Reader, never: str) -> str:
    return who.moment(at) if at else never


def _ago(at: datetime | None, who: Reader) -> str:
    return f"{words.duration(who.now - at)} ago" if at else ""


def _resets(source: Source, who: Reader) -> str:
    if source.quota_resets_at:
        return f"resets {who.moment(source.quota_resets_at)}"
    return f"told {who.moment(source.quota_told_at)}" if source.quota_told_at else "the vendor says nothing"
