"""What every answer of the customer's page has in common: who may frame, keep, list or refer to it."""

from axes.helpers import get_client_ip_address
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from tracking.customer_page.words import NAMES, Words, page_language

_POLICY = (
    "default-src 'none'; style-src 'self'{more}; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "private, no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "same-origin",  # the address is the key: no other site may learn it
}


def chosen_language(request: HttpRequest) -> str:
    """Return the language the reader has chosen on the page, "" for none."""
    wanted = request.GET.get("language", "")
    return wanted if wanted in NAMES else ""


def browser_language(request: HttpRequest) -> Words:
    """Return the words for a page that belongs to nobody: as chosen, else as the browser asks."""
    return Words(chosen_language(request) or page_language(getattr(request, "LANGUAGE_CODE", "")))


def client(request: HttpRequest) -> str:
    """Return the network address of who asks, "" when it is not known."""
    return get_client_ip_address(request) or ""


def sealed(answer: HttpResponse, nonce: str = "") -> HttpResponse:
    """Set the headers of a public page; `nonce` marks the one inline style sheet it may have: the store's colour."""
    answer.headers["Content-Security-Policy"] = _POLICY.format(more=f" 'nonce-{nonce}'" if nonce else "")
    for name, value in _HEADERS.items():
        answer.headers[name] = value
    return answer


def show(request: HttpRequest, template: str, words: Words, status: int = 200, **values: object) -> HttpResponse:
    """Return a page in the language of `words`."""
    nonce = str(request.csp_nonce) if getattr(values.get("page"), "colours", "") else ""  # type: ignore[attr-defined]
    values |= {"words": words, "language": words.language, "names": NAMES, "nonce": nonce}
    answer = HttpResponse(render_to_string(f"shiptrack/public/{template}.html", values), status=status)
    answer.headers["Content-Language"] = words.language
    return sealed(answer, nonce)


def too_often(request: HttpRequest, minutes: int) -> HttpResponse:
    """Return the page that asks for patience."""
    answer = show(request, "too_often", browser_language(request), 429, minutes=minutes)
    answer.headers["Retry-After"] = str(minutes * 60)
    return answer
