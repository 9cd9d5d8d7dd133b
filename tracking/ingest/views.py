"""The webhook door. It answers in a fixed order and promises (202) only what is committed."""

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from tracking import clock
from tracking.connectors.contract import RawMessage
from tracking.connectors.registry import get
from tracking.ingest import operations
from tracking.models import Source

LARGEST = 1024 * 1024  # bytes
ASK_AGAIN = "30"  # seconds, when the database is away


@csrf_exempt
@never_cache
def hook(request: HttpRequest, slug: str) -> HttpResponse:
    """Take one pushed message: 405, 404, 413, 401, 200 (known already), 202 (stored); 503 when nothing can be stored."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        source = Source.objects.filter(slug=slug, is_active=True).first()
        if source is None:
            return _say(404, "There is no active source of this name.")
        body = _body(request)
        if body is None:
            return _say(413, "The message is larger than 1 MiB.")
        return _take(request, source, body)
    except (DatabaseError, InterfaceError):
        connection.close()
        return _say(503, "The message could not be stored. Send it again.", {"Retry-After": ASK_AGAIN})


def _body(request: HttpRequest) -> bytes | None:
    """Return the raw bytes, None when there are more than allowed; never reads more than that."""
    try:
        length = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        length = 0
    if length > LARGEST:
        return None
    body = request.read(LARGEST + 1)
    return body if len(body) <= LARGEST else None


def _take(request: HttpRequest, source: Source, body: bytes) -> HttpResponse:
    now = clock.now()
    headers = {name.lower(): value for name, value in request.headers.items()}
    message = RawMessage(body=body, headers=headers)
    verified = get(source.kind).verify(message, source.all_settings(), request.get_full_path())
    if not verified.ok:
        operations.note_bad_signature(source_id=source.pk, now=now)
        return _say(401, verified.why_not or "The signature does not fit.")
    receipt = operations.receive(source_id=source.pk, body=body, headers=headers, verified=verified, now=now)
    return _say(202, "Stored.") if receipt.is_new else _say(200, "Known already.")


def _say(status: int, sentence: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8", headers=headers)
