"""Reads the customers' pages at the end of a story and holds them against what agents see."""

import html
import re
from datetime import datetime

from django.test import Client

from tracking import clock
from tracking.models import Shipment
from tracking.shipments.queries import told
from tracking.vocabulary import Direction, ShipmentStatus

SENTENCE = re.compile(r"data-sentence>(.*?)</p>")
MOST_BYTES = 60_000


def unlike_agents(now: datetime) -> list[str]:
    """Return what is wrong with the pages: another sentence than the agents', in either language, or too heavy."""
    parcels = Shipment.objects.filter(merged_into=None, direction=Direction.OUTBOUND).select_related(
        "store", "order__customer", "order__store"
    )
    faults = []
    with clock.at(now):
        for parcel in parcels:
            answer = Client().get(f"/track/{parcel.public_token}/")
            page = answer.content.decode()
            shown = [html.unescape(each) for each in SENTENCE.findall(page)]
            if told(parcel).text not in shown and not _is_left_out(parcel):
                faults.append(f"the page of {parcel} says {shown}, agents read {told(parcel).text}")
            if answer.status_code != 200 or len(answer.content) > MOST_BYTES:
                faults.append(f"the page of {parcel}: {answer.status_code}, {len(answer.content)} bytes")
    return faults


def _is_left_out(parcel: Shipment) -> bool:
    """A voided label is not shown beside a parcel that lives."""
    others = Shipment.objects.filter(order=parcel.order, merged_into=None).exclude(status=ShipmentStatus.CANCELLED)
    return parcel.status == ShipmentStatus.CANCELLED and others.exists()
