"""The slow way to work the same messages, for comparison: one transaction a message, one statement a row.

It is what a careful Django project writes at first: `get_or_create` for each event, `save()` for each parcel, nothing
gathered over several messages. It shares the pure parts (reading, projection, detection, wording) and leaves the same
rows behind. Where the two could differ in effort, it gets the better of it: policies, sources and carriers are read
once for all messages, and cases are moved by the product's own code, only where there is a signal.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from tracking.connectors.contract import ObservedEvent, Reading
from tracking.connectors.numbers import normalize
from tracking.connectors.registry import get
from tracking.domain_events import publish
from tracking.events import observations
from tracking.events.facts import Precedence, events_of, observations_of
from tracking.events.meanings import Heard, published
from tracking.exception_queue import refresh
from tracking.exception_queue.cases import CaseDesk
from tracking.exception_queue.facts import Pickups, earliest
from tracking.exception_queue.policies import Policies
from tracking.exception_queue.signals import Ledger
from tracking.exception_queue.silences import Silences
from tracking.ingest import apply
from tracking.ingest.reading import Item, raw
from tracking.ingest.schedule import Intervals
from tracking.models import (
    Carrier,
    InboundMessage,
    Order,
    PollState,
    Service,
    Shipment,
    Source,
    StatusChange,
    TrackingCode,
    TrackingEvent,
    TrackingNumber,
    Warehouse,
)
from tracking.shipments import projection
from tracking.shipments.store import columns_of
from tracking.status.contract import ObservationFact
from tracking.status.identity import event_identity
from tracking.status.projection import project
from tracking.status.times import settle, zone_side
from tracking.vocabulary import CaseState, InboundState, Precision


class SlowPath:
    """Works stored messages one by one at a fixed moment."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.sources = {row.pk: row for row in Source.objects.defer("secrets", "token")}
        self.carriers = {row.code: row for row in Carrier.objects.all()}
        self.services = {(row.carrier_id, row.name): row for row in Service.objects.all()}
        self.zones = dict(Warehouse.objects.values_list("pk", "time_zone"))
        self.precedence, self.policies, self.pickups = Precedence(), Policies(), Pickups()
        self.intervals, self.silences = Intervals(), Silences(())  # no source is silent here
        self.mapping_version = published().number

    def work(self, message_ids: Iterable[int]) -> None:
        """Work the messages in this order."""
        for message_id in message_ids:
            with transaction.atomic():
                self._work(InboundMessage.objects.select_for_update().get(pk=message_id))

    def _work(self, message: InboundMessage) -> None:
        source = self.sources[message.source_id]
        reading = get(source.kind).read(raw(message))
        number = TrackingNumber.objects.get(number=normalize(reading.shipments[0].tracking_number), valid_to=None)
        Order.objects.select_for_update(no_key=True).get(shipments=number.shipment_id)
        parcels = Shipment.objects.select_for_update(no_key=True, of=("self",))
        shipment = parcels.select_related("carrier", "service", "warehouse", "order").get(pk=number.shipment_id)
        for event in reading.events:
            self._event(message, source, shipment, event)
        self._observe(Item(message, source, reading), shipment)
        self._tell(shipment, reading)
        self._refresh(shipment)
        self._ask_later(source, shipment, number.number)
        self._finish(message, source, reading)

    def _event(self, message: InboundMessage, source: Source, shipment: Shipment, event: ObservedEvent) -> None:
        heard = Heard(event, source.kind, message.received_at)
        code = TrackingCode.objects.get(identity=heard.identity(heard.shape))
        origin = self.zones.get(shipment.warehouse_id or 0, "")
        zone = origin if zone_side(code.milestone) == "origin" else projection.destination_zone(shipment)
        settled, place = settle(event.when, event.place, zone, code.milestone), event.place
        TrackingEvent.objects.get_or_create(
            shipment=shipment,
            identity=event_identity(source.pk, event.when.text, event.keys, ""),
            defaults={
                "source": source,
                "code": code,
                "occurred_at": settled.occurred_at,
                "precision": settled.precision,
                "local_date": settled.local_date,
                "time_text": "" if settled.precision == Precision.INSTANT else event.when.text,
                "received_at": message.received_at,
                "message_id": message.pk,
                "carrier": event.carrier,
                "own_text": "" if event.description == code.words else event.description,
                "city": place.city,
                "region": place.region,
                "postcode": place.postcode,
                "country": place.country,
                "signed_by": event.signed_by,
            },
        )

    def _observe(self, item: Item, shipment: Shipment) -> None:
        zone = projection.destination_zone(shipment)
        for told in item.reading.observations:
            about_at = apply._newest(item).get(normalize(told.tracking_number))
            at = item.message.received_at
            observations.observe([observations.Said(shipment.pk, item.source.pk, told, at, zone, about_at)])

    def _tell(self, shipment: Shipment, reading: Reading) -> None:
        for update in reading.shipments:
            shipment.carrier = self.carriers.get(update.carrier, shipment.carrier)
            if shipment.carrier:
                shipment.service = self.services.get((shipment.carrier.pk, update.service), shipment.service)

    def _refresh(self, shipment: Shipment) -> None:
        """Project, detect, move the case, write what changed."""
        events = events_of([shipment.pk], self.precedence)[shipment.pk]
        said = observations_of([shipment.pk], self.precedence).get(shipment.pk, ())
        state = project(events, said, label_told_at=shipment.label_told_at)
        projected, ledger = projection._project(shipment, state, _first_estimates(said)), Ledger([shipment.pk])
        found = refresh._judge(projected, self.policies, self.pickups, ledger, self.silences, self.now)
        waits = [found.next_check_at, self._late_estimate(projected)]
        if found.signals or ledger.open_of(shipment.pk):
            desk = CaseDesk({shipment.pk: shipment}, self.policies, self.now, self.silences)
            changes = ledger.reconcile(shipment.pk, found, self.now)
            desk.settle(shipment, ledger.open_of(shipment.pk), changes)
            desk.write(ledger)
            waits.append(desk.look_again_at(shipment.pk))
        shipment.next_check_at = earliest(waits)
        self._write(projected)
        self._mark(shipment)

    def _late_estimate(self, projected: projection.Projected) -> datetime | None:
        over_at = projection.estimate_over_at(projected)
        return over_at if over_at and over_at > self.now else None

    def _write(self, projected: projection.Projected) -> None:
        shipment = projected.shipment
        sentence = projection._sentence(projected, disagree=False, now=self.now)
        told = (sentence.key, dict(sentence.parameters), sentence.version)
        if told != projected.old_sentence or shipment.status != projected.old_status:
            shipment.sentence_key, shipment.sentence_parameters, shipment.sentence_version = told
            cause = StatusChange.Cause.EVENT
            StatusChange(**projection._change(projected, cause, self.mapping_version, self.now)).save()
            publish(projection._news(projected, told != projected.old_sentence, cause, self.now))
        shipment.mapping_version = self.mapping_version
        if columns_of(shipment) != projected.old_columns:
            shipment.projected_at = self.now
            shipment.save()

    def _mark(self, shipment: Shipment) -> None:
        order = shipment.order
        has_case = shipment.cases.exclude(state=CaseState.RESOLVED).exists()
        if order and order.needs_review != has_case:
            order.needs_review = has_case
            order.save()

    def _ask_later(self, source: Source, shipment: Shipment, number: str) -> None:
        due = self.intervals.next_for(shipment, self.now)
        if due is None:
            return
        key = {"source": source, "shipment": shipment, "number": number}
        state, is_new = PollState.objects.get_or_create(**key, defaults={"next_poll_at": self.now})
        if not is_new and (state.next_poll_at is None or due < state.next_poll_at):
            state.next_poll_at = due
            state.save()

    def _finish(self, message: InboundMessage, source: Source, reading: Reading) -> None:
        message.state, message.processed_at = InboundState.PROCESSED, self.now
        message.attempts, message.result = 1, apply.summary(Item(message, source, reading))
        message.save()
        if source.last_message_at is None or message.received_at > source.last_message_at:
            source.last_message_at = message.received_at
            source.save(update_fields=["last_message_at"])


def _first_estimates(said: Iterable[ObservationFact]) -> dict[int | None, datetime | None]:
    return {each.source_id: each.original_estimate_at for each in said}
