"""Calls to Shopify over a transport that answers from a list."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tracking.connectors.contract import Account, PollAnswer, RawMessage, Token
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse
from tracking.connectors.shopify import SHOPIFY

SAMPLE = json.loads((Path(__file__).parents[2] / "samples" / "shopify" / "graphql_orders.json").read_bytes())
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIXED = {"shop": "mugs.myshopify.com", "access_token": "shpat_hush"}
MINTED = {"shop": "mugs", "client_id": "app", "client_secret": "hush"}


class Answers:
    """A transport with prepared answers; keeps what was sent."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers = list(answers)
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        status, body = self.answers.pop(0)
        return HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())

    def variables(self, index: int = -1) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.sent[index].body)["variables"]
        return found


def account(answers: Answers, settings: dict[str, str] = FIXED, token: Token | None = None) -> Account:
    return Account(settings, HttpClient(answers), NOW, token)


def page(*changed: str, after: str = "") -> dict[str, Any]:
    """An answer with one order for each time it changed; `after` set when another page follows."""
    nodes = [{"id": f"gid://shopify/Order/{i}", "updatedAt": at} for i, at in enumerate(changed, 1)]
    return {"data": {"orders": {"pageInfo": {"hasNextPage": bool(after), "endCursor": after or None}, "nodes": nodes}}}


def failed(code: str, message: str = "No.", **extensions: object) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code}}], "extensions": extensions}


def fetch(answer: object, cursor: str = "") -> tuple[PollAnswer, Answers]:
    answers = Answers((200, answer))
    return SHOPIFY.fetch(account(answers), [], cursor), answers


def test_first_page() -> None:
    found, answers = fetch(SAMPLE)
    sent = answers.sent[0]
    assert sent.url == "https://mugs.myshopify.com/admin/api/2026-10/graphql.json"
    assert sent.headers["X-Shopify-Access-Token"] == "shpat_hush"
    assert answers.variables() == {"first": 25, "after": None, "query": "updated_at:>='2026-10-23T12:00:00Z'"}
    assert "sortKey: UPDATED_AT" in json.loads(sent.body)["query"]
    assert [(part.about, part.topic) for part in found.parts] == [
        ("5500100200300", "orders/poll"),
        ("5500100200305", "orders/poll"),
    ]
    assert found.more
    assert (found.quota.limit, found.quota.remaining) == (2000, 1959)
    assert found.quota.resets_at == NOW + timedelta(seconds=0.41)


def test_parts_are_readable_alone() -> None:
    found, _ = fetch(SAMPLE)
    first = SHOPIFY.read(RawMessage(found.parts[0].body, topic=found.parts[0].topic, transport="poll"))
    assert [o.number for o in first.orders] == ["#1042"]
    assert len(first.events) == 1


def test_pages_follow_each_other_and_the_next_run_overlaps() -> None:
    first, _ = fetch(page("2026-11-20T10:00:00Z", after="c1"))
    assert first.more
    second, answers = fetch(page("2026-11-20T11:00:00Z", after="c2"), first.cursor)
    assert answers.variables()["after"] == "c1"
    assert second.more
    last, answers = fetch(page(), second.cursor)
    assert answers.variables()["after"] == "c2"
    assert not last.more
    _, answers = fetch(page(), last.cursor)
    assert answers.variables() == {"first": 25, "after": None, "query": "updated_at:>='2026-11-20T10:55:00Z'"}


def test_quiet_shop_keeps_its_place() -> None:
    cursor = fetch(page("2026-11-20T10:00:00Z"))[0].cursor
    again = fetch(page(), cursor)[0].cursor
    assert again == cursor
    assert fetch(page("2026-11-20T09:55:00Z"), cursor)[0].cursor == cursor


def test_page_that_points_at_itself_ends_the_run() -> None:
    first, _ = fetch(page("2026-11-20T10:00:00Z", after="c1"))
    again, _ = fetch(page("2026-11-20T10:00:00Z", after="c1"), first.cursor)
    assert not again.more


@pytest.mark.parametrize("cursor", ["", "nonsense", "{}", "[]", '{"since": 5, "after": "", "newest": "", "size": 1}'])
def test_unknown_cursor_starts_over(cursor: str) -> None:
    assert fetch(page(), cursor)[1].variables()["query"] == "updated_at:>='2026-10-23T12:00:00Z'"


@pytest.mark.parametrize(
    ("days", "since"), [("7", "2026-11-15"), ("", "2026-10-23"), ("-3", "2026-11-21"), ("many", "2026-10-23")]
)
def test_days_to_look_back(days: str, since: str) -> None:
    answers = Answers((200, page()))
    SHOPIFY.fetch(account(answers, {**FIXED, "first_days": days}), [], "")
    assert since in answers.variables()["query"]


def test_too_costly_page_is_halved_until_it_fits() -> None:
    cursor, sizes = "", []
    for _ in range(5):
        found, answers = fetch(failed("MAX_COST_EXCEEDED"), cursor)
        assert found.more
        assert not found.parts
        sizes.append(answers.variables()["first"])
        cursor = found.cursor
        if sizes[-1] // 2 == 1:
            break
    assert sizes == [25, 12, 6, 3]
    with pytest.raises(CallFailed) as failure:
        fetch(failed("MAX_COST_EXCEEDED"), cursor)
    assert failure.value.kind == "permanent"


def test_throttled_query_waits_for_its_points() -> None:
    throttle = {"maximumAvailable": 1000.0, "currentlyAvailable": 100, "restoreRate": 50.0}
    answer = failed("THROTTLED", cost={"requestedQueryCost": 400, "throttleStatus": throttle})
    with pytest.raises(CallFailed) as failure:
        fetch(answer)
    assert (failure.value.kind, failure.value.retry_after) == ("quota", 6.0)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failed("ACCESS_DENIED"), "scope"),
        (failed("INTERNAL_SERVER_ERROR"), "temporary"),
        (failed("undefinedField", "Field 'x' doesn't exist"), "permanent"),
        ({"errors": "Unavailable Shop"}, "permanent"),
        ({"data": {"orders": None}}, "temporary"),
        ({"data": None, "errors": [{"message": "x", "extensions": {"code": "ACCESS_DENIED"}}]}, "scope"),
        ({}, "temporary"),
        ([], "temporary"),
        (b"<html>", "temporary"),
    ],
)
def test_failures_that_come_with_200(answer: object, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        fetch(answer)
    assert failure.value.kind == kind
    assert "hush" not in str(failure.value)


@pytest.mark.parametrize(("status", "kind"), [(401, "auth"), (403, "scope"), (404, "permanent"), (502, "temporary")])
def test_failures_by_status(status: int, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        SHOPIFY.fetch(account(Answers((status, {}))), [], "")
    assert failure.value.kind == kind


def test_a_field_we_may_not_see_does_not_hide_the_orders() -> None:
    found, _ = fetch({**page("2026-11-20T10:00:00Z"), **failed("ACCESS_DENIED", "Access denied for email field.")})
    assert [part.about for part in found.parts] == ["1"]
    assert [error.message for error in found.errors] == ["Access denied for email field."]


def test_order_without_id_is_reported() -> None:
    answer = page("2026-11-20T10:00:00Z")
    answer["data"]["orders"]["nodes"].append({"updatedAt": "2026-11-20T10:00:01Z"})
    found, _ = fetch(answer)
    assert [part.about for part in found.parts] == ["1"]
    assert len(found.errors) == 1


def test_token() -> None:
    answers = Answers((200, {"access_token": "new", "scope": "read_orders,read_fulfillments", "expires_in": 86399}))
    token = SHOPIFY.get_token(account(answers, MINTED))
    assert token is not None
    assert token.value == "new"
    assert NOW + timedelta(hours=23, minutes=50) < token.expires_at < NOW + timedelta(hours=24)
    assert answers.sent[0].url == "https://mugs.myshopify.com/admin/oauth/access_token"
    assert answers.sent[0].body == b"grant_type=client_credentials&client_id=app&client_secret=hush"


def test_fixed_token_needs_no_call() -> None:
    answers = Answers()
    assert SHOPIFY.get_token(account(answers)) is None
    assert not answers.sent


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (400, {"error": "application_cannot_be_found"}, "auth"),
        (401, {}, "auth"),
        (200, {"access_token": "new", "scope": "read_products"}, "scope"),
        (200, {}, "temporary"),
        (200, [], "temporary"),
    ],
)
def test_failures_of_the_token_call(status: int, answer: object, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        SHOPIFY.get_token(account(Answers((status, answer)), MINTED))
    assert failure.value.kind == kind
    assert "hush" not in str(failure.value)


@pytest.mark.parametrize("settings", [{}, {"shop": "mugs"}, {"client_id": "a", "client_secret": "b"}])
def test_nothing_is_called_before_the_set_up_is_complete(settings: dict[str, str]) -> None:
    answers = Answers()
    with pytest.raises(CallFailed) as failure:
        SHOPIFY.get_token(account(answers, settings))
    assert failure.value.kind == "refused"
    assert not answers.sent


@pytest.mark.parametrize(
    ("settings", "base"),
    [
        ({"shop": "mugs"}, "https://mugs.myshopify.com"),
        ({"shop": "https://Mugs.myshopify.com/"}, "https://mugs.myshopify.com"),
        ({"shop": "mugs", "api_base": "https://elsewhere.example/s/"}, "https://elsewhere.example/s"),
    ],
)
def test_address(settings: dict[str, str], base: str) -> None:
    answers = Answers((200, page()))
    SHOPIFY.fetch(account(answers, {"access_token": "t", "api_version": "2026-07", **settings}), [], "")
    assert answers.sent[0].url == f"{base}/admin/api/2026-07/graphql.json"


def test_connection_with_minted_token() -> None:
    answers = Answers((200, {"access_token": "new", "expires_in": 86399}), (200, {"data": {"shop": {"name": "Mugs"}}}))
    assert SHOPIFY.test_connection(account(answers, MINTED)) == 'Shopify answered for the shop "Mugs".'
    assert answers.sent[1].headers["X-Shopify-Access-Token"] == "new"


def test_connection_says_what_is_wrong() -> None:
    with pytest.raises(CallFailed) as failure:
        SHOPIFY.test_connection(account(Answers((200, failed("ACCESS_DENIED")))))
    assert failure.value.kind == "scope"
