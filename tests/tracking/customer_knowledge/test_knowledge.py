"""What customers know: kept by topic, never taken back, moved when parcels are joined."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tracking.customer_knowledge.operations import Known, move, record
from tracking.customer_knowledge.queries import latest_for, of_shipment
from tracking.models import Shipment

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def parcel(now: datetime) -> int:
    return Shipment.objects.create(created_at=now).pk


def test_the_later_word_on_a_topic_replaces_the_earlier(now: datetime) -> None:
    key = parcel(now)
    record(entries=[Known(key, "first_scan", "scheduled", now)])
    record(entries=[Known(key, "first_scan", "withheld", now + MINUTE, "opted_out")])
    record(entries=[Known(key, "first_scan", "scheduled", now)])
    assert [(row.state, row.reason) for row in of_shipment(key)] == [("withheld", "opted_out")]


@pytest.mark.parametrize("state", ["scheduled", "withheld", "failed", "unknown", "to_approve"])
def test_nothing_takes_back_what_was_told(now: datetime, state: str) -> None:
    key = parcel(now)
    record(entries=[Known(key, "delivered", "told", now), Known(key, "delivered", state, now + MINUTE)])
    record(entries=[Known(key, "delivered", state, now + MINUTE)])
    assert [row.state for row in of_shipment(key)] == ["told"]


def test_the_newest_topic_is_the_latest_word(now: datetime) -> None:
    one, other, silent = parcel(now), parcel(now), parcel(now)
    record(
        entries=[
            Known(one, "first_scan", "told", now),
            Known(one, "delivered", "scheduled", now + MINUTE),
            Known(other, "first_scan", "failed", now, "bounced"),
        ]
    )
    found = latest_for([one, other, silent])
    assert {key: (row.topic, row.state) for key, row in found.items()} == {
        one: ("delivered", "scheduled"),
        other: ("first_scan", "failed"),
    }


def test_a_parcel_that_is_gone_is_left_out(now: datetime) -> None:
    assert record(entries=[Known(987654, "first_scan", "told", now)]) == 0


def test_a_joined_parcel_takes_over_what_was_told_of_either(now: datetime) -> None:
    survivor, loser = parcel(now), parcel(now)
    record(entries=[Known(survivor, "first_scan", "scheduled", now + MINUTE), Known(loser, "first_scan", "told", now)])
    record(entries=[Known(loser, "label_created", "withheld", now, "no_rule")])
    move(survivor_id=survivor, loser_id=loser)
    assert {row.topic: row.state for row in of_shipment(survivor)} == {
        "first_scan": "told",
        "label_created": "withheld",
    }
    assert of_shipment(loser) == []


def test_many_entries_are_one_statement(now: datetime) -> None:
    keys = [parcel(now) for _ in range(50)]
    with CaptureQueriesContext(connection) as seen:
        record(entries=[Known(key, "first_scan", "told", now) for key in keys])
    assert len([each for each in seen.captured_queries if "INSERT" in each["sql"]]) == 1
