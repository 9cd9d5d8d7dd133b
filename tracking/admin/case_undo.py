"""The undo bar: offered for some seconds after an action, kept in the session, done by a compensating action."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from tracking.admin.base import require
from tracking.admin.queue_counts import queue_address
from tracking.admin.reader import Reader, reader
from tracking.admin.row_words import cases_in_words, skipped_in_words
from tracking.exception_queue import operations

KEPT_AS = "shiptrack_undo"
OFFERED = timedelta(seconds=10)
ACCEPTED = timedelta(seconds=15)  # messages that an action causes wait as long before they leave


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be undone: what was done in words, and for how many seconds more."""

    said: str
    seconds: int


def offer(request: HttpRequest, said: str, activities: Iterable[int]) -> None:
    """Offer to undo these activities of the reader; `said` is what was done."""
    ids, now = list(activities), reader(request).now
    request.session[KEPT_AS] = {"said": said, "activities": ids, "at": now.isoformat()}


def offer_for_cases(request: HttpRequest, said: str, case_ids: Iterable[int]) -> bool:
    """Offer to undo what the reader has just done to these cases, all at once; False when that left no trace."""
    who = reader(request)
    result = operations.BulkResult(done=list(case_ids))
    result.find_activities(who.user, who.now)
    if result.activities:
        offer(request, said, result.activities)
    return bool(result.activities)


def offered(request: HttpRequest) -> Offer | None:
    """What the page offers to undo, None when there is nothing or it is too late."""
    kept = request.session.get(KEPT_AS)
    if not kept:
        return None
    left = OFFERED - _age(kept, reader(request))
    return Offer(kept["said"], max(1, round(left.total_seconds()))) if left > timedelta(0) else None


def undo(request: HttpRequest) -> HttpResponse:
    """Undo what was offered last; what was changed meanwhile is listed and skipped. POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    require(request, "act_on_case")
    who, kept = reader(request), request.session.pop(KEPT_AS, None)
    if not kept or _age(kept, who) > ACCEPTED:
        messages.warning(request, "It is too late to undo this. Change the cases by hand.")
    else:
        result = operations.undo(activity_ids=kept["activities"], actor=who.user, now=who.now)
        if result.done:
            messages.success(request, f"Undone on {cases_in_words(len(result.done))}.")
        if result.skipped:
            messages.warning(request, f"Skipped {len(result.skipped)}. {skipped_in_words(result.skipped)}")
    return HttpResponseRedirect(_back(request))


def _age(kept: dict[str, str], who: Reader) -> timedelta:
    return who.now - datetime.fromisoformat(kept["at"])


def _back(request: HttpRequest) -> str:
    wanted = request.POST.get("next", "")
    if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        return wanted
    return queue_address()
