"""Writing to the customer of a case: choose a wording or begin empty, look at it, send it, undo it for 15 seconds."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from notifications.configuration import Templates, languages
from notifications.outbox.by_hand import LONGEST, UNDO, write_to_customer
from notifications.outbox.operations import OutboxRefused
from notifications.previewing import FIRST_NAME, Words, customer_of, filled, parcels
from notifications.rendering import BrokenTemplate, typeset
from notifications.wording import footer_for, page_url, store_of, wanted_languages
from tracking.admin.base import require
from tracking.admin.reader import reader
from tracking.models import ExceptionCase
from tracking.privacy import masking


class WriteForm(forms.Form):
    """What is written."""

    subject = forms.CharField(max_length=200, label="Subject")
    body = forms.CharField(
        max_length=LONGEST,
        label="Text",
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text="An empty line begins a paragraph, “- ” a list; [[Words]] is a button to the parcel's page.",
    )


def write_view(page: Any, request: HttpRequest, case_id: int) -> HttpResponse:
    """The page on which a message is written: GET fills in a wording, POST shows it or sends it."""
    require(request, "message_customer")
    case = ExceptionCase.objects.filter(pk=case_id).first()
    if case is None:
        raise Http404("There is no such case.")
    shipments = parcels([case.shipment_id])
    customer = customer_of(shipments)
    if customer is None:
        raise Http404("Nobody knows the customer of this case.")
    sent = request.method == "POST"
    form = WriteForm(request.POST) if sent else WriteForm(initial=_begun(request, case))
    shown = None
    if sent and form.is_valid():
        if request.POST.get("do") == "send" and _send(request, case_id, form.cleaned_data):
            return HttpResponseRedirect(reverse("admin:tracking_exceptioncase_change", args=[case_id]) + "#messages")
        store = store_of(shipments[0])
        language = next(iter(wanted_languages(customer, store)), "en")
        words = {
            name: text.replace(FIRST_NAME, masking.name(customer.name)) for name, text in form.cleaned_data.items()
        }
        shown = typeset(**words, page_url=page_url(shipments[0]), footer=footer_for(language, store, ""))
    answer: HttpResponse = page.page(
        request,
        "notifications/write.html",
        f"Write to the customer of C-{case_id}",
        case=case,
        parcel=shipments[0],
        person=masking.customer(customer),
        form=form,
        shown=shown,
        begun_with=request.GET.get("template", ""),
        templates=Templates().names(),
        languages=languages(),
        language=_language(request, case),
        seconds=int(UNDO.total_seconds()),
    )
    return answer


def _send(request: HttpRequest, case_id: int, words: dict[str, str]) -> bool:
    actor: Any = request.user
    try:
        write_to_customer(case_id=case_id, actor=actor, now=reader(request).now, **words)
    except OutboxRefused as refused:
        messages.error(request, str(refused))
        return False
    messages.success(request, f"It leaves in {int(UNDO.total_seconds())} seconds; until then “Undo” withdraws it.")
    return True


def _language(request: HttpRequest, case: ExceptionCase) -> str:
    shipments = parcels([case.shipment_id])
    own = next(iter(wanted_languages(customer_of(shipments), store_of(shipments[0]))), "en")
    wanted = request.GET.get("language", "") or own.partition("-")[0].lower()
    return wanted if wanted in languages() else "en"


def _begun(request: HttpRequest, case: ExceptionCase) -> dict[str, str]:
    """The chosen wording with this parcel's facts; the customer's name stays a placeholder."""
    language = _language(request, case)
    found = Templates().choose(request.GET.get("template", ""), [language])
    if found is None:
        return {"body": f"Hello {FIRST_NAME},\n\n"}
    try:
        subject, body = filled(Words(found.subject, found.body, found.language), parcels([case.shipment_id]), case=case)
    except BrokenTemplate as error:
        messages.error(request, str(error))
        return {}
    return {"subject": " ".join(subject.split()), "body": body}
