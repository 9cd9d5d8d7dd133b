"""Why a parcel raises no alarm: every detector answers, and nothing is written."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.tracking.shipments.telling import DAY, HOUR, MONDAY, ONE, event, fulfilment, only_parcel, order, tell
from tracking.detectors.registry import DETECTORS
from tracking.exception_queue.quiet import why_quiet
from tracking.models import Shipment, Signal

pytestmark = pytest.mark.usefixtures("stage")


def test_every_detector_says_why_it_is_quiet_or_when_it_would_speak() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", MONDAY))
    with CaptureQueriesContext(connection) as captured:
        watches = why_quiet(only_parcel(), MONDAY + HOUR)
    assert all(each["sql"].startswith("SELECT") for each in captured.captured_queries)
    assert [watch.kind for watch in watches] == [detector.kind for detector in DETECTORS]
    assert all(watch.signal is None and (watch.why_not or watch.due_at) for watch in watches)
    stalled = next(watch for watch in watches if watch.kind == "stalled")
    assert stalled.due_at is not None
    assert stalled.due_at == only_parcel().next_check_at


def test_it_looks_ahead_without_firing() -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", MONDAY))
    loud = [watch.kind for watch in why_quiet(only_parcel(), MONDAY + 5 * DAY) if watch.signal]
    assert loud == ["stalled"]
    assert not Signal.objects.exists()


def test_a_joined_parcel_has_nothing_to_say() -> None:
    tell("shop", order(), fulfilment())
    tell("fedex", event(ONE, "in_transit", MONDAY))
    tell("shop", fulfilment(ONE, version=MONDAY + HOUR), at=MONDAY + HOUR)
    assert why_quiet(Shipment.objects.exclude(merged_into=None).get(), MONDAY) == ()
