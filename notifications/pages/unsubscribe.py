"""The door by which customers refuse messages: a signed link, a page with one button, and the one-click of RFC 8058."""

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from notifications.outbox.operations import accept, refuse
from notifications.vocabulary import Purpose
from notifications.wording import SALT, brand
from tracking import clock
from tracking.brand_colours import style_sheet
from tracking.models import Store


@csrf_exempt  # the signed link is the proof; mail programs press it without any session
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask on GET, so that a mail scanner that opens links refuses nothing; do it on POST."""
    try:
        email_key, store_id, purpose = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError):
        return render(request, "notifications/unsubscribe.html", {"is_unknown": True}, status=404)
    done = ""
    if request.method == "POST":
        if request.POST.get("undo"):
            accept(email_key=email_key, store_id=store_id, purpose=purpose)
            done = "undone"
        else:
            how = "one_click" if request.POST.get("List-Unsubscribe") else "page"
            refuse(email_key=email_key, store_id=store_id, purpose=purpose, how=how, now=clock.now())
            done = "refused"
    store = Store.objects.filter(pk=store_id).first()
    with translation.override(store.default_language if store else "en"):
        return render(
            request,
            "notifications/unsubscribe.html",
            {
                "brand": brand(store),
                "colours": style_sheet(store.brand_colour) if store else "",
                "done": done,
                "is_progress": purpose == Purpose.PROGRESS,
                "language": store.default_language[:2] if store else "en",
            },
        )
