"""Views of one's own: keep what the address chooses under a name, rename, order, delete."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from tracking.admin.queue_counts import queue_address
from tracking.admin.reader import reader
from tracking.exception_queue import own_views
from tracking.exception_queue.own_views import ViewRefused
from tracking.exception_queue.wanted import Wanted
from tracking.models import SavedView


def save(request: HttpRequest) -> HttpResponse:
    """Keep the choices in the address of this POST under `name`, and go on with them."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    values = request.GET.dict()
    wanted, search = Wanted.read(values), values.get("q", "")
    query = own_views.as_query(wanted, search)
    try:
        view = own_views.save(
            user_id=reader(request).user.pk, name=request.POST.get("name", ""), wanted=wanted, search=search
        )
        messages.success(request, f"Kept as “{view.name}”; it is in the side bar.")
    except ViewRefused as refusal:
        messages.error(request, str(refusal))
    return HttpResponseRedirect(f"{queue_address()}?{query}" if query else queue_address())


def manage(page: Any, request: HttpRequest) -> HttpResponse:
    """The reader's own views in their order, each with a form; POST changes one of them."""
    if request.method == "POST":
        _change(request)
        return HttpResponseRedirect(reverse("admin:tracking_queue_views"))
    found = own_views.of_person(reader(request).user.pk)
    answer: HttpResponse = page.page(
        request, "shiptrack/queue/own_views.html", "Views of your own", found=found, longest=own_views.LONGEST_NAME
    )
    return answer


def _change(request: HttpRequest) -> None:
    user_id, sent = reader(request).user.pk, request.POST
    view_id = int(sent["view"]) if sent.get("view", "").isdecimal() and len(sent["view"]) < 10 else 0
    try:
        match sent.get("do", ""):
            case "rename":
                own_views.rename(user_id=user_id, view_id=view_id, name=sent.get("name", ""))
            case "delete":
                own_views.delete(user_id=user_id, view_id=view_id)
            case "up" | "down" as way:
                own_views.move(user_id=user_id, view_id=view_id, up=way == "up")
    except ViewRefused as refusal:
        messages.error(request, str(refusal))
    except SavedView.DoesNotExist as missing:
        raise Http404("This view is not yours.") from missing
