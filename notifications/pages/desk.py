"""The door for help desks: `POST /desk/<channel>/` takes tickets in."""

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.request import UnreadablePostError
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from notifications.cards import DESKS
from notifications.channels.accounts import account_of, settings_of
from notifications.channels.contract import ChannelBroken
from notifications.channels.tickets_in import NotATicket, is_from_desk, read_ticket
from tracking import clock
from tracking.tickets.operations import take_ticket

LARGEST = 1024 * 1024  # bytes


@csrf_exempt  # the signature proves who sends it
@never_cache
def desk(request: HttpRequest, channel: str) -> HttpResponse:
    """Take one ticket: 405, 404 (not connected), 413, 401 (signature), 422 (no ticket), 200; 503 if it is not kept."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        return _answer(request, channel)
    except UnreadablePostError:
        return _say(400, "The request broke off.")
    except (DatabaseError, InterfaceError):
        answer = _say(503, "The ticket could not be stored. Send it again.")
        answer["Retry-After"] = "30"
        return answer


def _answer(request: HttpRequest, channel: str) -> HttpResponse:
    try:
        account = account_of(channel) if channel in DESKS else None
        secret = str(settings_of(account, ("webhook_secret",))["webhook_secret"])
    except ChannelBroken:
        return _say(404, "This help desk is not connected.")
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _say(413, "The message is larger than 1 MiB.")
    now = clock.now()
    headers = {name.lower(): value for name, value in request.headers.items()}
    if not is_from_desk(channel, body, headers, secret, now):
        return _say(401, "The signature does not fit, or the message is older than five minutes.")
    try:
        told = read_ticket(channel, body, now)
    except NotATicket as error:
        return _say(422, str(error))
    take_ticket(told=told, now=now)
    return _say(200, "Taken.")


def _say(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence + "\n", status=status, content_type="text/plain; charset=utf-8")
