"""One bounded, guarded, logged call; every bad answer becomes a CallFailed that says what to do about it."""

import json as json_module
import logging
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from tracking.connectors.http.addresses import check_url
from tracking.connectors.http.messages import CallFailed, HttpRequest, HttpResponse, Transport
from tracking.connectors.http.transport import RequestsTransport

logger = logging.getLogger(__name__)

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 3
MAX_RETRY_AFTER = 86_400.0  # a day: quotas reset daily at the latest
LONGEST_PLAIN_SEGMENT = 24  # longer path segments may be secrets and are not logged


class HttpClient:
    """Makes calls to one or several vendors. Never retries: the caller keeps due times and attempts in its rows.

    `allow_hosts`: "host:port" entries that may be internal or plain http (the sandbox, operator-listed hosts).
    """

    def __init__(self, transport: Transport | None = None, allow_hosts: frozenset[str] = frozenset()) -> None:
        self._allow_hosts = frozenset(entry.lower() for entry in allow_hosts)
        self._transport = transport or RequestsTransport(self._allow_hosts)

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        data: Mapping[str, str] | bytes | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> HttpResponse:
        """Send `json` (any JSON value) or `data` (form fields or raw bytes) and return the answer.

        Statuses of 400 and more raise CallFailed unless listed in `accept`; so do refused addresses, redirects to
        another host, and calls without a whole answer in time.
        """
        check_url(url, self._allow_hosts)
        request = _build(method, url, headers or {}, json, data)
        for _ in range(MAX_REDIRECTS + 1):
            response = self._send(request)
            if response.status not in REDIRECTS:
                return _checked(response, accept)
            request = _redirected(request, response)
        raise CallFailed("refused", "The vendor redirected too many times.", status=response.status, response=response)

    def _send(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        try:
            response = self._transport.send(request)
        except CallFailed as failure:
            logger.info("%s %s failed: %s", request.method, safe_url(request.url), failure.kind)
            raise
        took = int((time.monotonic() - started) * 1000)
        logger.debug("%s %s -> %d in %d ms", request.method, safe_url(request.url), response.status, took)
        return response


def _build(
    method: str, url: str, headers: Mapping[str, str], json: Any, data: Mapping[str, str] | bytes | None
) -> HttpRequest:
    sent, body = dict(headers), b""
    sent.setdefault("User-Agent", "ShipTrack")
    if json is not None:
        sent.setdefault("Content-Type", "application/json")
        body = json_module.dumps(json, ensure_ascii=False, separators=(",", ":")).encode()
    elif isinstance(data, bytes):
        body = data
    elif data is not None:
        sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        body = urlencode(data).encode()
    if any(character in text for pair in sent.items() for text in pair for character in "\r\n\0"):
        raise CallFailed("refused", "A setting of this source holds a line break where none may be.")
    return HttpRequest(method=method.upper(), url=url, headers=sent, body=body)


def _redirected(request: HttpRequest, response: HttpResponse) -> HttpRequest:
    """Return the next request of a redirect inside the same host. Raises CallFailed (refused) for any other."""
    target = urljoin(request.url, response.headers.get("location", ""))
    old, new = urlsplit(request.url), urlsplit(target)
    keeps_meaning = request.method == "GET" or response.status in (307, 308)
    if (old.scheme, old.netloc) != (new.scheme, new.netloc) or target == request.url or not keeps_meaning:
        raise CallFailed(
            "refused", "The vendor redirected the call elsewhere.", status=response.status, response=response
        )
    return HttpRequest(method=request.method, url=target, headers=request.headers, body=request.body)


def _checked(response: HttpResponse, accept: frozenset[int]) -> HttpResponse:
    if response.status < 400 or response.status in accept:
        return response
    kind, sentence = _failure(response.status)
    message = f"{sentence} (HTTP {response.status})"
    raise CallFailed(kind, message, retry_after(response.headers), response.status, response)


def _failure(status: int) -> tuple[str, str]:
    if status == 401:
        return "auth", "The vendor refused the credentials."
    if status == 403:
        return "scope", "The credentials are not allowed to do this."
    if status == 429:
        return "quota", "The allowance at the vendor is used up for now."
    if status in (408, 425) or status >= 500:
        return "temporary", "The vendor has a problem of its own."
    return "permanent", "The vendor rejected the request."


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds to wait that `Retry-After` asks for, between 0 and a day; None when it does not say.

    It comes as seconds or as an HTTP date; a date is measured against the answer's own `Date`, so that neither our
    clock nor its error matters.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_RETRY_AFTER)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("date", ""))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), MAX_RETRY_AFTER)


def safe_url(url: str) -> str:
    """Return a URL fit for a log: no user part, no query values, no long path segments (they may be secrets)."""
    parts = urlsplit(url)
    segments = [part if len(part) <= LONGEST_PLAIN_SEGMENT else "..." for part in parts.path.split("/")]
    query = "?..." if parts.query else ""
    return f"{parts.scheme}://{parts.netloc.rsplit('@')[-1]}{'/'.join(segments)}{query}"
