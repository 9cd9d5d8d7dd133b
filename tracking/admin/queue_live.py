"""What the open page asks for every few seconds: numbers of the views, and who is at which case."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from tracking.admin.base import own_rows
from tracking.admin.queue_counts import own_counts, view_links
from tracking.admin.reader import reader
from tracking.exception_queue import presence, queries
from tracking.models import Presence
from tracking.templatetags.shiptrack import AVATAR_TINTS, initials_of, person_name

MOST_SHOWN = 100  # rows of one page, with room


def counts(request: HttpRequest) -> HttpResponse:
    """The numbers of the reader's views, by the key of their line in the side bar."""
    shown = {view.key: {"count": view.count, "tint": view.tint} for view in view_links(request)}
    for key, count in own_counts(request).items():
        shown[key] = {"count": count, "tint": ""}
    return JsonResponse({"views": shown, "as_of": reader(request).as_of})


def present(request: HttpRequest) -> HttpResponse:
    """Say which case the reader has open (`case`, `kind`; `left` says it was closed), and answer who else is at the
    cases on the page (`shown`), and in which version those are. POST only."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    who, sent = reader(request), request.POST
    for case_id in own_rows(sent.getlist("left"))[:1]:
        presence.leave(user_id=who.user.pk, case_id=case_id)
    for case_id in own_rows(sent.getlist("case"))[:1]:
        presence.be_present(user_id=who.user.pk, case_id=case_id, kind=sent.get("kind", ""), now=who.now)
    shown = own_rows(sent.get("shown", "").split(","))[:MOST_SHOWN]
    found = presence.present_at(shown, now=who.now, without=who.user.pk)
    at = {case_id: [_person(each) for each in people] for case_id, people in found.items()}
    return JsonResponse({"at": at, "versions": queries.versions(shown)})


def _person(each: Presence) -> dict[str, Any]:
    name = person_name(each.user)
    return {
        "name": name,
        "initials": initials_of(name),
        "tint": f"a{each.user_id % AVATAR_TINTS}",
        "kind": each.kind,
        "words": each.get_kind_display(),
    }
