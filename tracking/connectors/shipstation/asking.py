"""One call to ShipStation, and the pages of its lists."""

from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from tracking.connectors.contract import Account, Quota
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.connectors.parsing import Node
from tracking.connectors.shipstation import hosts

LONGEST_WAIT = 3600  # seconds


def ask(account: Account, url: str, version: str) -> tuple[Node, Quota]:
    """Make one call to an address of that version. Raises CallFailed.

    A used-up allowance names in `X-Rate-Limit-Reset` the seconds to wait (V1).
    """
    headers = hosts.headers_for(account.settings, version)
    try:
        response = account.http.request("GET", url, headers=headers)
    except CallFailed as failure:
        wait = _reset(failure.response) if failure.kind == "quota" and failure.response else None
        if wait is None or failure.retry_after is not None:
            raise
        raise CallFailed("quota", failure.message, wait, failure.status, failure.response) from None
    value = response.json()
    if not isinstance(value, dict):
        raise CallFailed("temporary", "ShipStation answered something that is not an object.", status=response.status)
    return Node(value, []), _quota(account, response)


def _reset(response: HttpResponse) -> float | None:
    seconds = Node(response.headers, []).integer("x-rate-limit-reset")
    return float(min(max(seconds, 1), LONGEST_WAIT)) if seconds is not None else None


def _quota(account: Account, response: HttpResponse) -> Quota:
    told = Node(response.headers, [])
    wait = _reset(response)
    if wait is None:
        return Quota()
    limit, remaining = told.integer("x-rate-limit-limit"), told.integer("x-rate-limit-remaining")
    return Quota(limit=limit, remaining=remaining, resets_at=account.now + timedelta(seconds=wait))


def has_next(answer: Node, page: int) -> bool:
    """Tell whether an answer has pages behind this one; both versions number them alike."""
    return (Node(answer.value, []).integer("pages") or 1) > page


def with_page(url: str, page: int) -> str:
    """Return the address of another page of the same list."""
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "page"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("page", str(page))])))
