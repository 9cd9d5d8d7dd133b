"""The doors of the customer's page: the page itself, the report of a problem, the look-up. No account, no cookie."""

from datetime import datetime, timedelta

from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from tracking import clock
from tracking.customer_page.errors import ReportRefused, TooOften, UnknownPage
from tracking.customer_page.limits import UNKNOWN_BY_ADDRESS, network_of, use
from tracking.customer_page.look_up import token_for
from tracking.customer_page.operations import LONGEST, report
from tracking.customer_page.queries import Page, page
from tracking.pages.answers import browser_language, chosen_language, client, sealed, show, too_often

_FORM_SALT = "customer_page.form"
_FORM_OPEN_FOR = timedelta(hours=12)


@require_safe
def track(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page of an order."""
    now = clock.now()
    found = page(token=token, language=chosen_language(request), now=now)
    return show(request, "page", found.words, page=found, token=token) if found else _unknown(request, now)


@csrf_exempt  # no session stands behind it: the secret address is the proof, and the form is stamped for it
@require_http_methods(["GET", "HEAD", "POST"])
def problem(request: HttpRequest, token: str) -> HttpResponse:
    """Ask what is wrong, and take it down."""
    now = clock.now()
    if request.method != "POST":
        return _form(request, token, now)
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return HttpResponseForbidden("This form is sent from its own page only.")
    if not _is_ours(request.POST.get("stamp", ""), token, now):
        return _form(request, token, now, "stale")
    which = request.POST.get("parcel", "")
    try:
        report(
            token=token,
            shipment_id=int(which) if which.isascii() and which.isdecimal() and len(which) <= 18 else 0,
            kind=request.POST.get("kind", ""),
            said=request.POST.get("said", ""),
            language=chosen_language(request) or "en",
            address=client(request),
            now=now,
        )
    except UnknownPage:
        return _unknown(request, now)
    except ReportRefused as refused:
        return _form(request, token, now, refused.key)
    except TooOften as often:
        return too_often(request, often.minutes)
    return _to(token, chosen_language(request), "#reports")


@csrf_exempt  # it changes nothing and nobody is logged in
@require_http_methods(["GET", "HEAD", "POST"])
def look_up(request: HttpRequest) -> HttpResponse:
    """Find an order by its number and the e-mail address or postcode it was ordered with."""
    words, number = browser_language(request), request.POST.get("number", "")
    if request.method != "POST":
        return show(request, "look_up", words)
    try:
        token = token_for(number=number, proof=request.POST.get("proof", ""), address=client(request), now=clock.now())
    except TooOften as often:
        return too_often(request, often.minutes)
    return _to(token, chosen_language(request)) if token else show(request, "look_up", words, is_unknown=True)


def _form(request: HttpRequest, token: str, now: datetime, fault: str = "") -> HttpResponse:
    found = page(token=token, language=chosen_language(request), now=now)
    if found is None:
        return _unknown(request, now)
    values = {"parcel": request.POST.get("parcel", ""), "kind": request.POST.get("kind", "")}
    return show(
        request,
        "problem",
        found.words,
        422 if fault else 200,
        page=found,
        token=token,
        fault=found.words.text(fault, most=LONGEST) if fault else "",
        help=found.words.text("say_help", most=LONGEST),
        kinds=_kinds(found),
        values=values,
        said=request.POST.get("said", "")[: LONGEST * 2],
        most=LONGEST,
        stamp=_stamp(token, now),
    )


def _kinds(found: Page) -> list[tuple[str, str]]:
    """All that can be reported of any of the parcels, each once."""
    return list(dict.fromkeys(kind for choice in found.choices for kind in choice.kinds))


def _unknown(request: HttpRequest, now: datetime) -> HttpResponse:
    """The same answer for every address that opens nothing; who tries many has to wait."""
    try:
        use(UNKNOWN_BY_ADDRESS, network_of(client(request)), now)
    except TooOften as often:
        return too_often(request, often.minutes)
    return show(request, "unknown", browser_language(request), 404)


def _to(token: str, language: str, fragment: str = "") -> HttpResponse:
    chosen = f"?language={language}" if language else ""
    answer = HttpResponseRedirect(reverse("track", args=[token]) + chosen + fragment)
    answer.status_code = 303
    return sealed(answer)


def _stamp(token: str, now: datetime) -> str:
    return signing.Signer(salt=_FORM_SALT).sign(f"{token}:{int(now.timestamp())}")


def _is_ours(stamp: str, token: str, now: datetime) -> bool:
    """Whether the form was made by this page, for this address, not too long ago."""
    try:
        name, _, made = signing.Signer(salt=_FORM_SALT).unsign(stamp).rpartition(":")
    except signing.BadSignature:
        return False
    return name == token and 0 <= now.timestamp() - int(made) <= _FORM_OPEN_FOR.total_seconds()
