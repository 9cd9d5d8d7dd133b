"""Tickets on the pages of their parcel and its case."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.models import SupportTicket
from tracking.vocabulary import TicketKind

pytestmark = pytest.mark.django_db
MOST_QUERIES = 25


@pytest.mark.parametrize("many", [1, 5])
def test_what_customers_ask_stands_beside_the_parcel_and_its_case(client: Client, many: int) -> None:
    world = World.make()
    client.force_login(person("ada", "Support agents"))
    case = world.case()
    for number in range(many):
        SupportTicket.objects.create(
            desk="zendesk", external_id=f"77{number}", kind=TicketKind.WISMO, subject=f"Where is it? ({number})",
            url=f"https://shop.example/tickets/77{number}", shipment=case.shipment, order=case.order,
            customer=case.order.customer if case.order else None, created_at=NOW, updated_at=NOW, received_at=NOW,
        )  # fmt: skip
    for address in (
        f"/admin/tracking/shipment/{case.shipment_id}/change/",
        f"/admin/tracking/exceptioncase/{case.pk}/change/",
    ):
        with clock.at(NOW):
            client.get(address)
            with CaptureQueriesContext(connection) as seen:
                page = client.get(address).content.decode()
        assert page.count("Where is it?") == many
        assert "https://shop.example/tickets/770" in page
        assert len(seen) <= MOST_QUERIES
