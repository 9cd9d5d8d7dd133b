"""Who is at the other end of a request, when trusted proxies stand between."""

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """Return the client's address as the outermost trusted proxy saw it.

    Each proxy appends whom it heard from to X-Forwarded-For, so only the last `TRUSTED_PROXIES` entries are facts; what
    stands further left was written by the client.
    """
    direct: str = request.META.get("REMOTE_ADDR", "")
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
    trusted = told[-settings.TRUSTED_PROXIES :] if settings.TRUSTED_PROXIES else []
    return trusted[0] if trusted else direct
