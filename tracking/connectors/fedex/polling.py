"""Asking FedEx: OAuth tokens, Track API v1 in batches, the answer split per parcel. The only place that calls out."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tracking.connectors.contract import Account, ParcelAsk, PollAnswer, PolledPart, Token, Unreadable
from tracking.connectors.fedex.reading import ASKED
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.connectors.numbers import normalize
from tracking.connectors.parsing import canonical

DEFAULT_BASE = "https://apis.fedex.com"
DEFAULT_LOCALE = "en_US"
NUMBERS_PER_CALL = 30
TOKEN_SECONDS = 3_600  # what FedEx documents, for an answer that does not say
TOKEN_MARGIN = timedelta(seconds=60)  # renew a little early rather than be refused
THROTTLE_SECONDS = 10.0  # FedEx counts 1,400 calls per 10 seconds and project
MATCHING_DAYS = timedelta(days=10)  # labels are often shipped days after they were made
PROBE_NUMBER = "449044304137821"  # FedEx publishes it for tests


def get_token(account: Account) -> Token:
    """Mint an access token by client credentials. Raises CallFailed (auth: key or secret missing or refused)."""
    key, secret = account.settings.get("client_id", ""), account.settings.get("client_secret", "")
    if not key or not secret:
        raise CallFailed("auth", "The source has no API key or no secret key.")
    response = account.http.request(
        "POST",
        f"{_base(account)}/oauth/token",
        data={"grant_type": "client_credentials", "client_id": key, "client_secret": secret},
    )
    answer = response.json()
    value = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(value, str) or not value:
        raise CallFailed("temporary", "FedEx answered without an access token.", status=response.status)
    lasts = answer.get("expires_in")
    seconds = lasts if isinstance(lasts, int) and 0 < lasts <= 86_400 else TOKEN_SECONDS
    scope = answer.get("scope")
    return Token(value, account.now + timedelta(seconds=seconds), scope if isinstance(scope, str) else "")


def fetch(account: Account, asks: Sequence[ParcelAsk]) -> PollAnswer:
    """Ask about up to 30 parcels. A refused token is renewed once; the new one comes back in the answer.

    Raises CallFailed: quota with the time until the allowance returns, scope when the project lacks the Track API.
    """
    numbers, errors = _askable(asks)
    if not numbers:
        return PollAnswer(parts=(), errors=tuple(errors))
    token = _valid(account.token, account.now)
    minted = None if token else get_token(account)
    try:
        answer = _track(account, token or minted, numbers)
    except CallFailed as failure:
        if failure.kind != "auth" or minted is not None:
            raise
        minted = get_token(account)
        answer = _track(account, minted, numbers)
    parts, unread = _split(answer, numbers)
    return PollAnswer(parts=tuple(parts), errors=(*errors, *unread), token=minted)


def test_connection(account: Account) -> str:
    """Mint a token, ask for one number, and say in a sentence what works. Raises CallFailed."""
    _track(account, get_token(account), {PROBE_NUMBER: ParcelAsk(PROBE_NUMBER)})
    return "FedEx accepts the keys and answers tracking requests."


def _base(account: Account) -> str:
    return (account.settings.get("api_base") or DEFAULT_BASE).rstrip("/")


def _valid(token: Token | None, now: datetime) -> Token | None:
    return token if token is not None and token.expires_at - TOKEN_MARGIN > now else None


def _askable(asks: Sequence[ParcelAsk]) -> tuple[dict[str, ParcelAsk], list[Unreadable]]:
    """Return asks by number. One number FedEx cannot take would spoil the whole call, so it is left out and named."""
    if len(asks) > NUMBERS_PER_CALL:
        raise ValueError(f"at most {NUMBERS_PER_CALL} numbers in one call, not {len(asks)}")
    numbers, errors = {}, []
    for ask in asks:
        number = normalize(ask.number)
        if number.isascii() and number.isalnum() and 8 <= len(number) <= 40:
            numbers[number] = ask
        else:
            errors.append(Unreadable(ask.number[:64], "This cannot be a FedEx number; FedEx was not asked."))
    return numbers, errors


def _track(account: Account, token: Token | None, numbers: dict[str, ParcelAsk]) -> HttpResponse:
    headers = {
        "Authorization": f"Bearer {token.value if token else ''}",
        "Accept": "application/json",
        "x-locale": account.settings.get("locale") or DEFAULT_LOCALE,
    }
    body = {
        "includeDetailedScans": True,
        "trackingInfo": [_question(number, ask) for number, ask in numbers.items()],
    }
    try:
        return account.http.request("POST", f"{_base(account)}/track/v1/trackingnumbers", headers=headers, json=body)
    except CallFailed as failure:
        raise _explained(failure, account.now) from None


def _question(number: str, ask: ParcelAsk) -> dict[str, Any]:
    """A ship date window keeps strangers' parcels with a reused number out of the answer."""
    question: dict[str, Any] = {"trackingNumberInfo": {"trackingNumber": number}}
    if ask.ship_date is not None:
        question["shipDateBegin"] = (ask.ship_date - MATCHING_DAYS).isoformat()
        question["shipDateEnd"] = (ask.ship_date + 3 * MATCHING_DAYS).isoformat()
    return question


def _explained(failure: CallFailed, now: datetime) -> CallFailed:
    """Add FedEx's own code, and tell its two quotas apart: a burst (10 s) and the day's allowance (until 00:00 GMT)."""
    code, text = _error(failure.response)
    kind, wait = failure.kind, failure.retry_after
    if failure.status == 403 and code not in ("FORBIDDEN.ERROR", ""):
        kind = "quota"  # FedEx also answers 403 while it throttles
    if kind == "quota" and wait is None:
        wait = _until_midnight(now) if "daily" in text.lower() else THROTTLE_SECONDS
    message = f"{failure.message} FedEx says {code}." if code else failure.message
    return CallFailed(kind, message, wait, failure.status, failure.response)


def _error(response: HttpResponse | None) -> tuple[str, str]:
    """Return (code, message) of FedEx's first error; empty when there is none to read."""
    try:
        answer = response.json() if response else {}
        first = answer["errors"][0]
        return str(first.get("code", ""))[:80], str(first.get("message", ""))
    except (CallFailed, KeyError, IndexError, TypeError, AttributeError):
        return "", ""


def _until_midnight(now: datetime) -> float:
    today = now.astimezone(UTC)
    return (datetime(today.year, today.month, today.day, tzinfo=UTC) + timedelta(days=1) - today).total_seconds()


def _split(response: HttpResponse, numbers: dict[str, ParcelAsk]) -> tuple[list[PolledPart], list[Unreadable]]:
    """Return one canonical part per number, in the shape of a whole answer so that one reader serves both.

    Parts hold nothing that changes from call to call (transaction id, other parcels), so the same news gives the same
    bytes. Raises CallFailed (temporary) when there is no list of results.
    """
    answer = response.json()
    output = answer.get("output") if isinstance(answer, dict) else None
    results = output.get("completeTrackResults") if isinstance(output, dict) else None
    if not isinstance(results, list):
        raise CallFailed("temporary", "FedEx answered without tracking results.", status=response.status)
    parts: dict[str, PolledPart] = {}
    errors = []
    for index, entry in enumerate(results):
        number = normalize(str(entry.get("trackingNumber") or "")) if isinstance(entry, dict) else ""
        if number not in numbers:
            errors.append(Unreadable(f"completeTrackResults[{index}]", "This entry is about no number we asked for."))
            continue
        parts[number] = PolledPart(about=numbers[number].number, body=_part(entry, numbers[number]))
    errors += [
        Unreadable(number, "FedEx left this number out of its answer.") for number in numbers if number not in parts
    ]
    return list(parts.values()), errors


def _part(entry: dict[str, Any], ask: ParcelAsk) -> bytes:
    whole: dict[str, Any] = {"output": {"completeTrackResults": [entry]}}
    if ask.ship_date is not None:
        whole[ASKED] = {"shipDate": ask.ship_date.isoformat()}
    return canonical(whole)
