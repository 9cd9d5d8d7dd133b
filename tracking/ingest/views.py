"""The webhook door. It answers in a fixed order and promises (202) only what is committed."""

import logging

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from tracking import clock
from tracking.connectors.contract import RawMessage
from tracking.connectors.registry import get
from tracking.ingest import operations, outgoing
from tracking.models import Source
from tracking.models.encryption import UndecipherableSecret

logger = logging.getLogger(__name__)

LARGEST = 1024 * 1024  # bytes
ASK_AGAIN = "30"  # seconds, when nothing can be stored
# The embedded server answers with RuntimeError or OSError when it cannot be started.
AWAY = (DatabaseError, InterfaceError, RuntimeError, OSError)


@csrf_exempt
@never_cache
def hook(request: HttpRequest, slug: str) -> HttpResponse:
    """Take one pushed message: 405, 404, 413, 401, 200 (known already), 202 (stored); 503 if nothing can be."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        return _answer(request, slug)
    except UnreadablePostError:
        return _say(400, "The message broke off.")
    except UndecipherableSecret:
        logger.error("source %s: no key of FIELD_KEYS opens its secrets", slug)
        return _say(503, "The signature cannot be checked now. Send it again.", {"Retry-After": ASK_AGAIN})
    except AWAY:
        logger.exception("a message to %s could not be stored", slug)
        connection.close()
        return _say(503, "The message could not be stored. Send it again.", {"Retry-After": ASK_AGAIN})


def _answer(request: HttpRequest, slug: str) -> HttpResponse:
    source = Source.objects.filter(slug=slug, is_active=True).first()
    if source is None:
        return _say(404, "There is no active source of this name.")
    body = _body(request)
    if body is None:
        return _say(413, "The message is larger than 1 MiB.")
    return _take(request, source, body)


def _body(request: HttpRequest) -> bytes | None:
    """Return the raw bytes, None when there are more than allowed; never reads more than that.

    A body sent in chunks declares no length, and Django takes it for empty; where the server vouches for the end of its
    stream (WSGI's `wsgi.input_terminated`) the stream itself is read.
    """
    declared = request.headers.get("Content-Length", "")
    if declared.isdecimal() and int(declared) > LARGEST:
        return None
    in_chunks = not declared and request.META.get("wsgi.input_terminated")
    stream = request.META["wsgi.input"] if in_chunks else request
    body = stream.read(LARGEST + 1)
    return body if len(body) <= LARGEST else None


def _take(request: HttpRequest, source: Source, body: bytes) -> HttpResponse:
    now = clock.now()
    headers = {name.lower(): value for name, value in request.headers.items()}
    message = RawMessage(body=body, headers=headers)
    verified = get(source.kind).verify(message, source.settings_at_the_door(), request.get_full_path())
    if not verified.ok:
        operations.note_bad_signature(source_id=source.pk, now=now)
        if verified.is_key_unknown:
            outgoing.ask_for_keys(source_id=source.pk, now=now)
        return _say(401, verified.why_not or "The signature does not fit.")
    receipt = operations.receive(source_id=source.pk, body=body, headers=headers, verified=verified, now=now)
    return _say(202, "Stored.") if receipt.is_new else _say(200, "Known already.")


def _say(status: int, sentence: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
