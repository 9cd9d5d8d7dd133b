"""Calls to UPS: OAuth token, and Track v1, which takes one number a call; a few calls run side by side."""

import base64
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from tracking.connectors.contract import Account, ParcelAsk, PollAnswer, PolledPart, Quota, Token, Unreadable
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.connectors.numbers import normalize
from tracking.connectors.parsing import Node, canonical
from tracking.connectors.ups.packages import problem_of, says_not_found
from tracking.connectors.ups.reading import ASKED

PRODUCTION = "https://onlinetools.ups.com"
AT_ONCE = 4  # calls side by side: together they last as long as the slowest
DEFAULT_LIFETIME = 14_399  # seconds, what UPS commonly gives
SAFETY = timedelta(seconds=60)
SHORTEST, LONGEST = 7, 34  # characters of a number that Track takes
PROBE_NUMBER = "1Z12345E0291980793"  # UPS publishes it for tests; that it is unknown in production is an answer, too
DEFAULT_WAIT = timedelta(minutes=1)  # UPS publishes no rate limit, and 429 may come without a time
_WORST_FIRST = ("auth", "scope", "refused", "quota", "temporary", "permanent")


def get_token(account: Account) -> Token:
    """Mint a token by client credentials (`/security/v1/oauth/token`, HTTP Basic). Raises CallFailed."""
    client_id, secret = (account.settings.get(key, "") for key in ("client_id", "client_secret"))
    if not client_id or not secret:
        raise CallFailed("refused", "The client id and secret of the UPS application are not set.")
    credentials = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
    if account.settings.get("account_number"):
        headers["x-merchant-id"] = account.settings["account_number"]
    form = {"grant_type": "client_credentials"}
    url = f"{_base(account)}/security/v1/oauth/token"
    response = account.http.request("POST", url, headers=headers, data=form, accept=frozenset({400}))
    if response.status == 400:
        raise CallFailed("auth", "UPS refused the client id and secret.", status=400)
    return _token(_object(response), account.now)


def _token(answer: Node, now: datetime) -> Token:
    """All values of the answer come as texts, also the seconds."""
    value = answer.text("access_token", 8_000)
    if not value:
        raise CallFailed("temporary", "UPS answered without a token.")
    seconds = min(max(answer.integer("expires_in") or DEFAULT_LIFETIME, 0), 86_400)
    return Token(value, now + max(timedelta(seconds=seconds) - SAFETY, SAFETY), answer.text("scope"))


def fetch(account: Account, asks: Sequence[ParcelAsk]) -> PollAnswer:
    """Ask about at most four numbers, each in a call of its own.

    One part for each number answered, also when UPS does not know it. A number whose call failed becomes an entry of
    `errors`; used-up allowance comes back as quota. Raises CallFailed when no call worked, or when credentials or
    permission are refused: that holds for all.
    """
    if account.token is None:
        raise CallFailed("auth", "There is no UPS token yet.")
    numbers, errors = _askable(asks)
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        answers = list(pool.map(lambda number: _ask(account, number), numbers))
    parts = [answer for answer in answers if isinstance(answer, PolledPart)]
    failures = [answer for answer in answers if isinstance(answer, CallFailed)]
    errors += [answer for answer in answers if isinstance(answer, Unreadable)]
    worst = min(failures, key=lambda failure: _WORST_FIRST.index(failure.kind), default=None)
    if worst and (worst.kind in ("auth", "scope", "refused") or len(failures) == len(answers)):
        raise worst
    errors += [
        Unreadable(number, answer.message)
        for number, answer in zip(numbers, answers, strict=True)
        if isinstance(answer, CallFailed)
    ]
    return PollAnswer(parts=tuple(parts), quota=_quota(worst, account.now), errors=tuple(errors))


def test_connection(account: Account) -> str:
    """Mint a token and ask for one number; say in a sentence what works. Raises CallFailed."""
    fresh = Account(account.settings, account.http, account.now, get_token(account))
    answer = _ask(fresh, PROBE_NUMBER)
    if isinstance(answer, CallFailed):
        raise answer
    return "UPS accepts the credentials and answers tracking requests."


def _askable(asks: Sequence[ParcelAsk]) -> tuple[list[str], list[Unreadable]]:
    """Return the numbers in the spelling UPS takes, and an entry for each that it could not take."""
    if len(asks) > AT_ONCE:
        raise ValueError(f"at most {AT_ONCE} numbers in one go, not {len(asks)}")
    numbers, errors = [], []
    for ask in asks:
        number = normalize(ask.number)
        if number.isascii() and number.isalnum() and SHORTEST <= len(number) <= LONGEST:
            numbers.append(number)
        else:
            errors.append(Unreadable(ask.number[:64], "This cannot be a UPS number; UPS was not asked."))
    return numbers, errors


def _ask(account: Account, number: str) -> PolledPart | Unreadable | CallFailed:
    """Ask about one number. A failed call is returned, not raised, so that it does not hide the others' answers."""
    headers = {
        "Authorization": f"Bearer {account.token.value if account.token else ''}",
        "Accept": "application/json",
        "transId": uuid4().hex,
        "transactionSrc": "ShipTrack",
    }
    query = "locale=en_US&returnSignature=false&returnMilestones=false"
    url = f"{_base(account)}/api/track/v1/details/{number}?{query}"
    try:
        response = account.http.request("GET", url, headers=headers, accept=frozenset({400, 404}))
        return _part(_object(response), response.status, number)
    except CallFailed as failure:
        return failure


def _part(answer: Node, status: int, number: str) -> PolledPart | Unreadable | CallFailed:
    refusal = answer.node("response")
    if status < 400 and not answer.has("trackResponse"):
        return CallFailed("temporary", "UPS answered without a tracking result.", status=status)
    if status >= 400 and not refusal.has("errors"):
        return CallFailed("permanent", f"UPS rejected the request. (HTTP {status})", status=status)
    if status >= 400 and not says_not_found(refusal):
        return Unreadable(number, problem_of(refusal) or "UPS answered with an error that says nothing.")
    whole: dict[str, Any] = {**answer.value, ASKED: number}
    return PolledPart(about=number, body=canonical(whole))


def _quota(failure: CallFailed | None, now: datetime) -> Quota:
    """Some numbers were answered before the allowance was used up: nothing more is asked until it is back."""
    if failure is None or failure.kind != "quota":
        return Quota()
    wait = timedelta(seconds=failure.retry_after) if failure.retry_after is not None else DEFAULT_WAIT
    return Quota(remaining=0, resets_at=now + wait)


def _object(response: HttpResponse) -> Node:
    value = response.json()
    if not isinstance(value, dict):
        raise CallFailed("temporary", "UPS answered something that is not an object.", status=response.status)
    return Node(value, [])


def _base(account: Account) -> str:
    return (account.settings.get("api_base") or PRODUCTION).rstrip("/")
