"""The connector against the pretend USPS: every push and every answer is understood."""

import pytest

from tests.tracking.connectors.pretend import account, deliveries, received
from tracking.connectors.contract import ParcelAsk, RawMessage, Reading
from tracking.connectors.http import CallFailed
from tracking.connectors.usps import USPS
from tracking.sandbox.accounts import SOURCES
from tracking.status import presets
from tracking.status.mapping import Mapping

SLUG = next(slug for slug, source in SOURCES.items() if source.kind == "usps")


def meanings(readings: list[Reading]) -> set[str]:
    mapping = Mapping(presets.load("usps"))
    events = (event for reading in readings for event in reading.events)
    return {mapping.resolve("usps", "usps", event.keys, event.description).milestone for event in events}


def test_every_push_is_understood() -> None:
    pushed = [received(USPS, delivery) for delivery in deliveries("usps")]
    assert len(pushed) > 100
    assert not [error for reading in pushed for error in reading.errors]
    assert {"label_created", "first_scan", "in_transit", "delivered"} <= meanings(pushed)
    assert "unmapped" not in meanings(pushed)


def test_poll_answers_for_every_number() -> None:
    pushed = {e.tracking_number for d in deliveries("usps") for e in received(USPS, d).events}
    numbers = [*sorted(pushed)[:34], "9400150899563999999999"]
    here = account(SLUG, USPS.get_token(account(SLUG)))
    answer = USPS.fetch(here, [ParcelAsk(number) for number in numbers], "")
    assert {part.about for part in answer.parts} == set(numbers)
    assert not answer.errors
    readings = [USPS.read(RawMessage(part.body, transport="poll")) for part in answer.parts]
    assert not [error for reading in readings for error in reading.errors]
    assert "unmapped" not in meanings(readings)
    unknown = [o.tracking_number for reading in readings for o in reading.observations if o.not_found]
    assert unknown == ["9400150899563999999999"]


def test_missing_scope_is_told_apart_from_wrong_credentials() -> None:
    client = SOURCES[SLUG].settings["client_id"]
    for changed, kind in (({"client_id": f"{client}-noscope"}, "scope"), ({"client_secret": "wrong"}, "auth")):
        with pytest.raises(CallFailed) as failure:
            USPS.test_connection(account(SLUG, changed=changed))
        assert failure.value.kind == kind
