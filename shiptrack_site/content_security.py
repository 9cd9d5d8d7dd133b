"""Says to browsers what a page may load: only what we serve ourselves."""

import secrets
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

_ALWAYS = (
    "default-src 'none'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
)


class ContentSecurityMiddleware:
    """Adds the policy. A public page may carry one inline style sheet marked with `request.csp_nonce`, and no script.

    The admin theme evaluates the expressions in its markup (Alpine) and sets styles on elements, so it needs more.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request with the header set, unless the view has set its own."""
        nonce = secrets.token_urlsafe(12)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        if request.path.startswith("/admin/"):
            own = "script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
        else:
            own = f"script-src 'self'; style-src 'self' 'nonce-{nonce}'"
        response.headers.setdefault("Content-Security-Policy", _ALWAYS + own)
        return response
