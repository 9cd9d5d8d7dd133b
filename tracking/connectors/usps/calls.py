"""Calls to USPS: OAuth token, and tracking of up to 35 numbers at once (Tracking v3r2)."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from tracking.connectors.contract import Account, ParcelAsk, PollAnswer, PolledPart, Token, Unreadable
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.connectors.numbers import normalize, without_routing
from tracking.connectors.parsing import Node, canonical
from tracking.connectors.usps.problems import problem_of

PRODUCTION = "https://apis.usps.com"
NUMBERS_PER_CALL = 35
SCOPE = "tracking"
NO_SCOPE = (
    'The credentials are right, but USPS has not granted them the scope "tracking". '
    "Add the tracking product to the application in the USPS developer portal."
)
DEFAULT_LIFETIME = 3_600  # seconds; USPS has been seen to give one hour and eight
SAFETY = timedelta(seconds=60)


def get_token(account: Account) -> Token:
    """Mint a token by client credentials (`/oauth2/v3/token`). Raises CallFailed.

    The token call succeeds also for applications without tracking and then names no scope, so the scope is checked
    here: kind `scope`, not `auth`.
    """
    client_id, secret = (account.settings.get(key, "") for key in ("client_id", "client_secret"))
    if not client_id or not secret:
        raise CallFailed("refused", "The consumer key and secret of the USPS application are not set.")
    asked = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret, "scope": SCOPE}
    response = account.http.request("POST", f"{_base(account)}/oauth2/v3/token", json=asked, accept=frozenset({400}))
    answer = _object(response)
    if response.status == 400:
        raise _refused_token(answer)
    value, scope = answer.text("access_token"), answer.text("scope")
    if not value:
        raise CallFailed("temporary", "USPS answered without a token.", status=response.status)
    if "scope" in answer.value and not grants_tracking(scope):
        raise CallFailed("scope", NO_SCOPE, status=response.status)
    lifetime = timedelta(seconds=min(answer.integer("expires_in") or DEFAULT_LIFETIME, 86_400))
    return Token(value, account.now + max(lifetime - SAFETY, SAFETY), scope)


def grants_tracking(scope: str) -> bool:
    """Tell whether a scope text (blank-separated) holds tracking; `subscriptions-tracking` is another one."""
    return SCOPE in scope.split()


def fetch(account: Account, asks: Sequence[ParcelAsk]) -> PollAnswer:
    """Ask about at most 35 numbers in one call; one part for each number answered.

    An entry that is an error other than "not found" becomes an entry of `errors`: it says nothing of the parcel.
    Raises CallFailed.
    """
    asked = {without_routing(normalize(ask.number)): ask.number for ask in asks}
    response = _post_numbers(account, [{"trackingNumber": number} for number in asked])
    entries = _entries(response, asked)
    errors: list[Unreadable] = []
    parts = [part for entry in entries if (part := _part(entry, asked, errors))]
    silent = set(asked.values()) - {part.about for part in parts} - {error.where for error in errors}
    errors += [Unreadable(number, "USPS left this number out of its answer.") for number in sorted(silent)]
    return PollAnswer(parts=tuple(parts), errors=tuple(errors))


def _post_numbers(account: Account, body: list[dict[str, str]]) -> HttpResponse:
    if account.token is None:
        raise CallFailed("auth", "There is no USPS token yet.")
    headers = {"Authorization": f"Bearer {account.token.value}", "Accept": "application/json"}
    url = f"{_base(account)}/tracking/v3r2/tracking"
    try:
        return account.http.request("POST", url, headers=headers, json=body, accept=frozenset({400, 404}))
    except CallFailed as failure:
        if failure.status == 403 or (failure.status == 401 and _lacks_scope(account.token)):
            raise CallFailed("scope", NO_SCOPE, failure.retry_after, failure.status, failure.response) from None
        raise


def _lacks_scope(token: Token) -> bool:
    return bool(token.scope) and not grants_tracking(token.scope)


def _entries(response: HttpResponse, asked: dict[str, str]) -> list[dict[str, Any]]:
    """Return the answer's entries (HTTP 200 or 207), each with its number.

    A request for one number may be answered by a bare object, an entry that failed may not repeat its number: where
    only one number is left, it is that one's.
    """
    value = response.json()
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise CallFailed("temporary", "USPS answered something that is not a list of parcels.", status=response.status)
    entries = [entry for entry in value if isinstance(entry, dict)]
    named = {_number(entry) for entry in entries}
    nameless, unanswered = [entry for entry in entries if not _number(entry)], [n for n in asked if n not in named]
    if response.status in (400, 404) and not (named - {""}) and len(unanswered) != 1:
        raise _rejected(entries, response)
    if len(nameless) == len(unanswered) == 1 and _speaks_of_a_parcel(nameless[0], response):
        nameless[0]["trackingNumber"] = unanswered[0]
    elif response.status == 400 and nameless:
        raise _rejected(nameless, response)
    return entries


def _speaks_of_a_parcel(entry: dict[str, Any], response: HttpResponse) -> bool:
    """Tell a failed parcel from a failed request: HTTP 400 that does not say "not found" is about the request."""
    return response.status != 400 or not problem_of(Node(entry, []))


def _part(entry: dict[str, Any], asked: dict[str, str], errors: list[Unreadable]) -> PolledPart | None:
    number = _number(entry)
    if not number:
        errors.append(Unreadable("", problem_of(Node(entry, [])) or "An entry of the answer names no number."))
        return None
    number = asked.get(number, number)  # our spelling, which may carry the ZIP prefix USPS drops
    problem = problem_of(Node(entry, []))
    if problem:
        errors.append(Unreadable(number, problem))
        return None
    return PolledPart(about=number, body=canonical({**entry, "trackingNumber": number}))


def _number(entry: dict[str, Any]) -> str:
    return normalize(Node(entry, []).text("trackingNumber"))


def _rejected(entries: Iterable[dict[str, Any]], response: HttpResponse) -> CallFailed:
    said = next((words for entry in entries if (words := problem_of(Node(entry, [])))), "USPS rejected the request.")
    return CallFailed("permanent", f"{said} (HTTP {response.status})", status=response.status, response=response)


def _refused_token(answer: Node) -> CallFailed:
    """Tell the OAuth failures of HTTP 400 apart (RFC 6749, 5.2)."""
    if answer.value.get("error") == "invalid_scope":
        return CallFailed("scope", NO_SCOPE, status=400)
    return CallFailed("auth", "USPS refused the consumer key and secret.", status=400)


def _object(response: HttpResponse) -> Node:
    value = response.json()
    if not isinstance(value, dict):
        raise CallFailed("temporary", "USPS answered something that is not a token.", status=response.status)
    return Node(value, [])


def _base(account: Account) -> str:
    return (account.settings.get("api_base") or PRODUCTION).rstrip("/")
