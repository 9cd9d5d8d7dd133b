"""Any help desk over real HTTP: the same case out, the same tickets in."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from notifications.channels.tickets_in import signature
from notifications.models import OutboxRow
from tests.notifications.mail import NOON
from tests.notifications.services import Services, agent, open_case
from tracking import clock
from tracking.exception_queue.operations import resolve, take
from tracking.models import SupportTicket
from tracking.sandbox.api_help_desk import PATH, SETTINGS
from tracking.sandbox.wire import Delivery

pytestmark = pytest.mark.django_db
SECRET = SETTINGS["webhook_secret"]


@pytest.fixture
def services(stage: None, settings: Any) -> Iterator[Services]:
    found = Services(settings)
    assert found.connect("help_desk", {**SETTINGS, "url": found.sandbox.origin + PATH}) == ""
    yield found
    found.sandbox.stop()


def test_a_case_from_beginning_to_end_and_a_ticket_that_is_gone(services: Services) -> None:
    lena = agent("lena", "agent@shiptrack.example")
    case = open_case(NOON)
    with clock.at(services.now):
        services.run("help_desk")
        take(case_id=case.pk, actor=lena, now=services.now)
        services.run("help_desk")
        assert services.kinds() == ["help desk ticket open", "help desk ticket update"]
        kept = SupportTicket.objects.get()
        assert (kept.external_id, kept.case, kept.origin) == (f"HD-case-{case.pk}", case, "case")
        services.world.help_desk.tickets.clear()
        resolve(case_id=case.pk, actor=lena, now=services.now, outcome="arrived")
        services.run("help_desk")
    states = OutboxRow.objects.filter(channel="help_desk").order_by("pk").values_list("state", flat=True)
    assert list(states) == ["sent", "sent", "failed"]
    assert SupportTicket.objects.get().state == "deleted" and services.world.help_desk.tickets == {}


def pushed(ticket: dict[str, object], at: datetime, **headers: str) -> Delivery:
    body, stamp = json.dumps({"ticket": ticket}).encode(), str(int(at.timestamp()))
    signed = {"X-ShipTrack-Timestamp": stamp, "X-ShipTrack-Signature": signature(SECRET, stamp, body)}
    named = {name.replace("_", "-"): value for name, value in headers.items()} or signed
    return Delivery(at, "help_desk", "/desk/help_desk/", {"Content-Type": "application/json", **named}, body)


def test_tickets_come_in_signed_or_with_the_secret_itself(services: Services) -> None:
    assert services.post(pushed({"id": 1, "status": 4}, services.now)) == 200
    assert services.post(pushed({"id": 2}, services.now, X_ShipTrack_Secret=SECRET)) == 200
    assert services.post(pushed({"id": 3}, services.now, X_ShipTrack_Secret="guessed")) == 401
    assert services.post(pushed({"id": 4}, services.now - timedelta(minutes=6))) == 401
    rows = SupportTicket.objects.order_by("external_id").values_list("external_id", "state")
    assert list(rows) == [("1", "solved"), ("2", "open")]
