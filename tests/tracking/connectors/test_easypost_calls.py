"""Calls to EasyPost over a transport that answers from a list."""

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tracking.connectors.contract import Account, PollAnswer, RawMessage
from tracking.connectors.easypost import EASYPOST
from tracking.connectors.http import CallFailed, HttpClient, HttpRequest, HttpResponse

PAGE = (Path(__file__).parents[2] / "samples" / "easypost" / "poll_trackers.json").read_bytes()
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
KEY = {"api_key": "EZAKhush"}


class Answers:
    """A transport with prepared answers; keeps what was sent."""

    def __init__(self, *answers: tuple[int, object]) -> None:
        self.answers = list(answers)
        self.sent: list[HttpRequest] = []

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        status, body = self.answers.pop(0)
        return HttpResponse(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())

    def query(self, index: int) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.sent[index].url).query)


def fetch(answers: Answers, cursor: str = "", settings: dict[str, str] = KEY) -> PollAnswer:
    return EASYPOST.fetch(Account(settings, HttpClient(answers), NOW), [], cursor)


def page(*ids: str, more: bool = False, **fields: object) -> dict[str, object]:
    return {"trackers": [{"id": i, "tracking_code": f"N{i}", **fields} for i in ids], "has_more": more}


def test_a_page_becomes_one_part_for_each_tracker() -> None:
    answers = Answers((200, PAGE))
    found = fetch(answers)
    assert [part.about for part in found.parts] == [
        "1Z12345E0291980793 UPS",
        "000000000000 FedEx",
        "600000000013 FedExSmartPost",
    ]
    assert [error.where for error in found.errors] == ["trackers[3].tracking_code"]
    (request,) = answers.sent
    assert request.method == "GET"
    assert request.url.startswith("https://api.easypost.com/v2/trackers?")
    assert request.headers["Authorization"] == "Basic " + base64.b64encode(b"EZAKhush:").decode()
    assert answers.query(0) == {"page_size": ["50"], "start_datetime": ["2026-10-08T12:00:00Z"]}
    reading = EASYPOST.read(RawMessage(found.parts[0].body, transport="poll"))
    assert len(reading.events) == 4
    assert reading.complete_for == {"1Z12345E0291980793"}


def test_a_run_goes_from_the_newest_to_the_oldest_and_then_begins_again() -> None:
    answers = Answers((200, page("9", "8", more=True)), (200, page("7")), (200, page("9")))
    first = fetch(answers)
    second = fetch(answers, first.cursor)
    third = fetch(answers, second.cursor)
    assert [first.more, second.more, third.more] == [True, False, False]
    assert [answers.query(i).get("before_id") for i in range(3)] == [None, ["8"], None]
    assert len({first.cursor, second.cursor}) == 2


def test_a_page_that_leads_nowhere_ends_the_run() -> None:
    answers = Answers((200, page("8", more=True)), (200, page("8", more=True)), (200, page(more=True)))
    first = fetch(answers)
    assert fetch(answers, first.cursor).more is False
    assert fetch(answers).more is False


@pytest.mark.parametrize("cursor", ["nonsense", "{}", '{"since": 1, "before": "x"}', "[]", '{"before": "x"}'])
def test_a_cursor_that_is_not_ours_begins_a_new_run(cursor: str) -> None:
    answers = Answers((200, page()))
    fetch(answers, cursor)
    assert "before_id" not in answers.query(0)


def test_a_tracker_without_news_gives_the_same_bytes() -> None:
    one = fetch(Answers((200, page("1", updated_at="2026-11-20T09:00:00Z", status="in_transit"))))
    two = fetch(Answers((200, page("1", status="in_transit", updated_at="2026-11-21T09:00:00Z", fees=[{"amount": 1}]))))
    three = fetch(Answers((200, page("1", status="delivered", updated_at="2026-11-21T09:00:00Z"))))
    assert one.parts == two.parts
    assert one.parts != three.parts


@pytest.mark.parametrize(
    ("status", "answer", "kind"),
    [
        (401, {}, "auth"),
        (403, {}, "scope"),
        (429, {"error": {"code": "RATE_LIMITED"}}, "quota"),
        (500, {}, "temporary"),
        (422, {}, "permanent"),
        (200, [], "temporary"),
        (200, {}, "temporary"),
        (200, b"<html>", "temporary"),
    ],
)
def test_failures(status: int, answer: object, kind: str) -> None:
    with pytest.raises(CallFailed) as failure:
        fetch(Answers((status, answer)))
    assert failure.value.kind == kind
    assert "hush" not in str(failure.value)


def test_nothing_is_called_without_key() -> None:
    answers = Answers()
    with pytest.raises(CallFailed, match="not set") as failure:
        fetch(answers, settings={})
    assert failure.value.kind == "refused"
    assert not answers.sent


def test_no_token_is_needed() -> None:
    assert EASYPOST.get_token(Account(KEY, HttpClient(Answers()), NOW)) is None


@pytest.mark.parametrize(("key", "word"), [("EZAK1", "production"), ("EZTK1", "test")])
def test_connection(key: str, word: str) -> None:
    answers = Answers((200, page()))
    settings = {"api_key": key, "api_base": "https://ez.example/v2/"}
    assert word in EASYPOST.test_connection(Account(settings, HttpClient(answers), NOW))
    assert answers.sent[0].url == "https://ez.example/v2/trackers?page_size=1"
