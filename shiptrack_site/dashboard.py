"""The home page: what needs attention, with a link behind every number."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from tracking.admin.reader import reader
from tracking.analytics import flow, queries, response
from tracking.exception_queue.queries import CAP
from tracking.exception_queue.wanted import ANY_STATE, LATE, Wanted
from tracking.models import ExceptionCase
from tracking.vocabulary import KIND_ICON, CaseState, FeedState

TROUBLED = frozenset({FeedState.FAILING, FeedState.SILENT, FeedState.SLOW, FeedState.LOSING})


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add to the index page's context what the reader should know first."""
    who = reader(request)
    context |= {"title": "Home", "reader": who, "is_fullwidth": "1", "cap": CAP}
    if not request.user.has_perm("tracking.view_exceptioncase"):
        return context
    found = queries.overview(who.user.pk, who.now, who.zone)
    return context | {
        "overview": found,
        "links": {name: queue_link(wanted) for name, wanted in queries.WANTED.items()},
        "page_links": _page_links(),
        "kinds": _bars(found.kinds, "kind"),
        "causes": _bars(found.causes, "cause"),
        "days": _day_bars(found.days),
        "response": _response_bars(found.response),
        "warehouses": _bars(found.warehouses, "warehouse"),
        "carriers": _bars(found.carriers, "carrier"),
        "owners": _bars(found.owners, "owner"),
        "troubled": sum(source.feed_state in TROUBLED for source in found.sources),
        "may_connect": request.user.has_perm("tracking.manage_sources"),
    }


def queue_link(wanted: Wanted) -> str:
    """The queue's address that shows exactly what is wanted."""
    address = reverse(f"admin:{ExceptionCase._meta.app_label}_{ExceptionCase._meta.model_name}_changelist")
    return address if wanted.is_default() else f"{address}?{wanted.query()}"


def _page_links() -> dict[str, str]:
    return {
        "sources": _address("tracking_source_changelist"),
        "troubled": _address("tracking_source_changelist") + f"?feed_state__in={','.join(sorted(TROUBLED))}",
        "team_load": _address("tracking_teamload_changelist"),
        "add_source": _address("tracking_source_add"),
        "failed": _address("tracking_inboundmessage_changelist") + "?state__in=failed,gave_up",
        "unmapped": _address("tracking_trackingcode_changelist") + "?milestone__exact=unmapped",
    }


def _address(name: str) -> str:
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        return ""


def _bars(shares: tuple[queries.Share, ...], name: str) -> list[dict[str, Any]]:
    """Shares with their link, and the widths of their bars in percent of the longest."""
    longest = max((share.count for share in shares), default=1)
    return [
        {
            "share": share,
            "link": queue_link(Wanted(**{name: share.id})),
            "late_link": queue_link(Wanted(view=LATE, **{name: share.id})),
            "icon": KIND_ICON.get(share.id, "") if name == "kind" else "",
            "late": round(100 * share.late / longest),
            "rest": round(100 * (share.count - share.late) / longest),
        }
        for share in shares
    ]


def _day_bars(days: tuple[flow.Day, ...]) -> list[dict[str, Any]]:
    """Days with the links behind their two numbers, and the heights of their bars in percent of the highest."""
    highest = max([1, *(count for day in days for count in (day.opened, day.resolved))])
    return [
        {
            "day": day,
            "in_link": queue_link(Wanted(state=ANY_STATE, opened=day.date.isoformat())),
            "out_link": queue_link(Wanted(state=CaseState.RESOLVED, ended=day.date.isoformat())),
            "opened": round(100 * day.opened / highest),
            "from_opened": 100 - round(100 * day.opened / highest),
            "resolved": round(100 * day.resolved / highest),
            "from_resolved": 100 - round(100 * day.resolved / highest),
        }
        for day in days
    ]


def _response_bars(lines: tuple[response.Line, ...]) -> list[dict[str, Any]]:
    """Typical times with their link, and the widths of their two parts in percent of the longest."""
    longest = max((line.typical.owned + line.typical.acted for line in lines), default=timedelta(0))
    scale = 100 / max(longest.total_seconds(), 1)
    return [
        {
            "line": line,
            "link": queue_link(replace(response.WANTED, kind=line.kind)),
            "icon": KIND_ICON.get(line.kind, ""),
            "owned": round(scale * line.typical.owned.total_seconds()),
            "acted": round(scale * line.typical.acted.total_seconds()),
        }
        for line in lines
    ]
