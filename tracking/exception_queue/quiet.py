"""Why a parcel raises no alarm: every detector's answer, worked out anew and never stored."""

from datetime import datetime

from tracking.detectors.contract import Watch
from tracking.detectors.registry import detect
from tracking.exception_queue.facts import Pickups, facts_of
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.silences import Silences
from tracking.models import Shipment
from tracking.shipments.projection import project_all


def why_quiet(shipment_id: int, now: datetime) -> tuple[Watch, ...]:
    """Return what every detector says of a parcel at `now` (aware UTC); nothing for one that was joined to another.

    Reads only: the projection is made in memory.
    """
    rows = Shipment.objects.filter(pk=shipment_id, merged_into=None)
    shipment = rows.select_related("carrier", "service", "warehouse", "order").first()
    if shipment is None:
        return ()
    state = project_all({shipment.pk: shipment})[shipment.pk].state
    facts = facts_of(shipment, state, Pickups(), Silences([shipment.pk]).since(shipment.pk))
    return detect(facts, Policies().for_shipment(shipment), now).watches
