"""Calls to the GraphQL Admin API. Failures come with HTTP 200 and an `errors` list; the allowance is counted in
points."""

from datetime import datetime, timedelta
from typing import Any

from tracking.connectors.contract import Account, PollAnswer, PolledPart, Quota, Unreadable
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import Node, canonical
from tracking.connectors.shopify.pushes import POLLED
from tracking.connectors.shopify.query import CHANGED_ORDERS, PAGE_SIZE, SHOP, Position
from tracking.connectors.shopify.shapes import id_of, items_of
from tracking.connectors.shopify.tokens import NO_SCOPE, base_address, get_token, secret_for

__all__ = ["API_VERSION", "FIRST_DAYS", "PAGE_SIZE", "ask", "failure_of", "fetch", "test_connection"]

API_VERSION = "2026-10"
FIRST_DAYS = 30
LONGEST_QUOTE = 200
_TOO_COSTLY = "MAX_COST_EXCEEDED"


def fetch(account: Account, cursor: str) -> PollAnswer:
    """Fetch one page of the orders changed since `cursor` ("" = `first_days` back); one part for each order.

    A page that costs more than Shopify allows is asked for again half as long: no parts, `more` set. Raises CallFailed.
    """
    position = Position.read(cursor, account.now - timedelta(days=_first_days(account)))
    answer = ask(account, CHANGED_ORDERS, position.variables())
    quota = _quota(answer, account.now)
    problems = _codes(answer)
    if _TOO_COSTLY in problems and position.size > 1:
        return PollAnswer((), quota, position.halved().text(), more=True)
    orders = answer.node("data").node("orders")
    if not orders.value:
        raise failure_of(answer)
    return _page(answer, orders, position, quota)


def test_connection(account: Account) -> str:
    """Ask for the shop's name with a fresh token. Raises CallFailed."""
    fresh = get_token(account)
    if fresh:
        account = Account(account.settings, account.http, account.now, fresh)
    answer = ask(account, SHOP, {})
    shop = answer.node("data").node("shop")
    if not shop.value:
        raise failure_of(answer)
    return f'Shopify answered for the shop "{shop.text("name") or shop.text("myshopifyDomain")}".'


def ask(account: Account, query: str, variables: dict[str, Any]) -> Node:
    """Send one query; return the answer's object. Raises CallFailed, also when the answer is that we are throttled."""
    version = account.settings.get("api_version") or API_VERSION
    url = f"{base_address(account)}/admin/api/{version}/graphql.json"
    headers = {"X-Shopify-Access-Token": secret_for(account), "Accept": "application/json"}
    value = account.http.request("POST", url, headers=headers, json={"query": query, "variables": variables}).json()
    if not isinstance(value, dict):
        raise CallFailed("temporary", "Shopify answered something that is not an object.", status=200)
    answer = Node(value, [])
    if "THROTTLED" in _codes(answer):
        raise CallFailed("quota", "The Shopify allowance is used up for now.", _wait(answer), status=200)
    return answer


def _page(answer: Node, orders: Node, position: Position, quota: Quota) -> PollAnswer:
    errors = [Unreadable("errors", words) for words in _messages(answer)]  # fields we may not see, next to good data
    parts, newest = [], position.newest
    for node in items_of(Node({"orders": orders.value}, errors), "orders"):
        order_id, changed = id_of(node, "id"), node.instant("updatedAt")
        newest = max(filter(None, (newest, changed)), default=None)
        if order_id:
            parts.append(PolledPart(order_id, canonical(node.value), POLLED))
        else:
            node.note("id", "The order has no id.")
    page = orders.node("pageInfo")
    after = page.text("endCursor")
    more = page.flag("hasNextPage") is True and after not in ("", position.after)
    following = position.next_page(after, newest) if more else position.next_run(newest)
    return PollAnswer(tuple(parts), quota, following.text(), more, tuple(errors))


def _first_days(account: Account) -> int:
    days = Node(account.settings, []).integer("first_days")
    return min(max(days or FIRST_DAYS, 1), 365)


def _codes(answer: Node) -> frozenset[str]:
    """Return the codes of the `errors` list; it is a plain text in some failures."""
    if not isinstance(answer.value.get("errors"), list):
        return frozenset()
    found = (error.node("extensions").text("code") for error in Node(answer.value, []).nodes("errors"))
    return frozenset(code for code in found if code)


def _messages(answer: Node) -> list[str]:
    value = answer.value.get("errors")
    if isinstance(value, str):
        return [value[:LONGEST_QUOTE]]
    quiet = Node(answer.value if isinstance(value, list) else {}, [])
    return [words[:LONGEST_QUOTE] for error in quiet.nodes("errors") if (words := error.text("message"))]


def failure_of(answer: Node) -> CallFailed:
    """Return why an answer with HTTP 200 holds no data."""
    codes, words = _codes(answer), " ".join(_messages(answer))[:LONGEST_QUOTE]
    if "ACCESS_DENIED" in codes:
        return CallFailed("scope", NO_SCOPE, status=200)
    if not words or codes & {"INTERNAL_SERVER_ERROR", "TIMEOUT"}:
        return CallFailed("temporary", "Shopify had a problem of its own and sent no data.", status=200)
    return CallFailed("permanent", f"Shopify rejected the query: {words}", status=200)


def _throttle(answer: Node) -> tuple[float, float, float]:
    """Return (points in all, points left, points restored a second); zeros where Shopify does not say."""
    status = answer.node("extensions").node("cost").node("throttleStatus")
    values = (status.value.get(key) for key in ("maximumAvailable", "currentlyAvailable", "restoreRate"))
    most, left, rate = (float(v) if isinstance(v, int | float) and 0 <= v < 1e9 else 0.0 for v in values)
    return most, left, rate


def _quota(answer: Node, now: datetime) -> Quota:
    most, left, rate = _throttle(answer)
    if not most:
        return Quota()
    full_at = now + timedelta(seconds=max(most - left, 0) / rate) if rate else None
    return Quota(limit=int(most), remaining=int(left), resets_at=full_at)


def _wait(answer: Node) -> float:
    """Return the seconds until the refused query can be paid; one when the answer does not allow to tell."""
    cost = answer.node("extensions").node("cost").value.get("requestedQueryCost")
    _, left, rate = _throttle(answer)
    if not isinstance(cost, int | float) or not rate:
        return 1.0
    return min(max((cost - left) / rate, 1.0), 60.0)
