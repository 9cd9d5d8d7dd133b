"""Five hundred spoilt messages for every connector, and a judge that does see what is wrong."""

import json

import pytest

from bench.fuzz import Judge, fuzz, table
from bench.fuzz_inputs import corpus, inputs
from tracking.connectors.registry import CONNECTORS


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_no_input_crashes_ends_or_invents(kind: str) -> None:
    outcome = fuzz(kind, 500, seed=1)
    assert outcome.faults == {}, table([outcome])
    assert outcome.inputs == 500
    assert 50 < outcome.read < 500  # some are still messages, some no more


def test_the_same_seed_gives_the_same_inputs_and_another_does_not() -> None:
    first = list(inputs("usps", 50, 1))
    assert first == list(inputs("usps", 50, 1)) != list(inputs("usps", 50, 2))
    assert {name for name, _ in first} <= set(corpus("usps"))


def test_an_end_that_no_sample_has_is_seen() -> None:
    judge = Judge("fedex")
    body = corpus("fedex")["delivered_webhook.json"]
    assert judge.look(body, "webhook") == (True, [])
    judge.ends = set()
    assert "garbage means delivered" in judge.look(body, "webhook")[1]


def test_a_number_from_nowhere_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Judge("fedex")
    body = corpus("fedex")["delivered_webhook.json"]
    _, document = judge._explained(body, "webhook")
    told = json.loads(json.dumps(document))
    told["events"][0]["tracking_number"] = "999999999999"
    monkeypatch.setattr(judge, "_explained", lambda body, transport: (True, told))
    assert judge.look(body, "webhook")[1] == ["a number from nowhere"]
