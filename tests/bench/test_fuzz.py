"""Five hundred spoilt messages for every connector, and a judge that does see what is wrong."""

import json
from datetime import datetime

import pytest

from bench.fuzz import Judge, fuzz, table
from bench.fuzz_inputs import corpus, inputs
from bench.fuzz_rows import Ground, fuzz_rows
from tracking.connectors.registry import CONNECTORS
from tracking.models import InboundMessage, Shipment


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


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
def test_no_input_breaks_the_drain_or_touches_another_parcel(kind: str, presets: None, now: datetime) -> None:
    outcome = fuzz_rows(kind, 500, seed=1, now=now)
    assert outcome.faults == {}, table([outcome])
    assert outcome.inputs == 500
    assert 50 < outcome.read < 500
    assert not InboundMessage.objects.exists()


def test_a_touched_bystander_is_seen(monkeypatch: pytest.MonkeyPatch, presets: None, now: datetime) -> None:
    def working(*, clock: object) -> None:
        Shipment.objects.filter(number="BYSTANDER0001").update(status="lost")

    ground = Ground("fedex", now)
    assert {row.split()[0] for row in ground.rows()} >= {
        "shipment",
        "order",
        "trackingevent",
        "statuschange",
        "exceptioncase",
    }
    monkeypatch.setattr("bench.fuzz_rows.Ground", lambda kind, now: ground)
    monkeypatch.setattr("bench.fuzz_rows.drain", working)
    faults = fuzz_rows("fedex", 2, seed=1, now=now).faults
    assert faults["a bystander was touched"] == 1
    assert faults["left unworked"] == 2


def test_an_end_in_the_database_that_no_sample_has_is_seen(
    monkeypatch: pytest.MonkeyPatch, presets: None, now: datetime
) -> None:
    monkeypatch.setattr("bench.fuzz_rows.inputs", lambda *args: [("x", corpus("fedex")["delivered_webhook.json"])])
    assert fuzz_rows("fedex", 1, seed=1, now=now).faults == {}
    monkeypatch.setattr("bench.fuzz_rows.Judge", _knows_no_end)
    assert fuzz_rows("fedex", 1, seed=1, now=now).faults == {"garbage means delivered": 1}


def _knows_no_end(kind: str) -> Judge:
    judge = Judge(kind)
    judge.ends = set()
    return judge
