"""Why a parcel raises no alarm: every detector's answer, worked out anew and never stored."""

from copy import copy
from datetime import datetime

from tracking.detectors.contract import Watch
from tracking.detectors.registry import detect
from tracking.exception_queue.facts import Pickups, facts_of
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.silences import Silences
from tracking.models import Shipment
from tracking.shipments.projection import project_all


def why_quiet(shipment: Shipment, now: datetime, policies: Policies | None = None) -> tuple[Watch, ...]:
    """Return what every detector says of a parcel at `now` (aware UTC); nothing for one that was joined to another.

    Reads only: the projection is made in memory, on a copy. Select carrier, service, warehouse and order with it.
    `policies`: those the caller has read already.
    """
    if shipment.merged_into_id:
        return ()
    shipment = copy(shipment)
    state = project_all({shipment.pk: shipment})[shipment.pk].state
    facts = facts_of(shipment, state, Pickups(), Silences([shipment.pk]).since(shipment.pk))
    return detect(facts, (policies or Policies()).for_shipment(shipment), now).watches
