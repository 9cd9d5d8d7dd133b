"""The door for Slack's buttons: `POST /slack/actions/`.

Slack signs "v0:timestamp:body" with the app's signing secret (HMAC-SHA256, header X-Slack-Signature). A request older
than five minutes, or one that was taken before, is refused.
"""

from urllib.parse import parse_qs

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from slack_sdk.signature import Clock, SignatureVerifier

from notifications.channels.accounts import account_of, settings_of
from notifications.channels.contract import ChannelBroken
from notifications.channels.slack_calls import KIND
from notifications.channels.slack_presses import NotAPress, keep_press, read_press
from tracking import clock
from tracking.ingest.doorbell import ring

LARGEST = 256 * 1024  # bytes; a message has at most 50 blocks
TASK = "notifications.tasks.slack_presses"


class _OurClock(Clock):
    """slack_sdk asks this for the time, in whole seconds since 1970."""

    def now(self) -> float:
        return clock.now().timestamp()


@csrf_exempt  # the signature proves who sends it
@never_cache
def slack_actions(request: HttpRequest) -> HttpResponse:
    """Take one press: 405, 404 (Slack is not connected), 413, 401 (signature, age, repetition), 200."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        secret = str(settings_of(account_of(KIND), ("signing_secret",))["signing_secret"])
    except ChannelBroken:
        return _say(404, "Slack is not connected.")
    try:
        body = request.read(LARGEST + 1)
    except UnreadablePostError:
        return _say(400, "The request broke off.")
    if len(body) > LARGEST:
        return _say(413, "The request is too large.")
    if not _is_signed(body, request, secret):
        return _say(401, "The signature does not fit, or the request is older than five minutes.")
    return _take(body, request.headers["X-Slack-Signature"])


def _is_signed(body: bytes, request: HttpRequest, secret: str) -> bool:
    stamp = request.headers.get("X-Slack-Request-Timestamp", "")
    signature = request.headers.get("X-Slack-Signature", "")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 12 and signature.isascii()):
        return False
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return SignatureVerifier(secret, _OurClock()).is_valid(text, stamp, signature)


def _take(body: bytes, signature: str) -> HttpResponse:
    payload = parse_qs(body.decode("utf-8"), max_num_fields=10).get("payload", [""])[0]
    try:
        press = read_press(payload)
    except NotAPress:
        return HttpResponse(status=200)  # buttons that only open a page are told here too
    if not keep_press(press=press, signature=signature, now=clock.now()):
        return _say(401, "This request was taken before.")
    ring(TASK, cluster="net")
    return HttpResponse(status=200)


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8")
