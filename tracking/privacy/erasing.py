"""Erasing a person: who they are and what they wrote goes; rows, hashes, states and times stay, and so every figure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from tracking.customer_page.operations import empty_words
from tracking.domain_events import News, publish
from tracking.exception_queue.disputes import empty_personal_fields
from tracking.models import (
    Customer,
    CustomerPromise,
    ExceptionCase,
    InboundMessage,
    Observation,
    Order,
    PrivacyTask,
    Shipment,
    TrackingEvent,
)
from tracking.privacy.derived_texts import blot
from tracking.privacy.messages_about import messages_about
from tracking.tickets.operations import empty_tickets
from tracking.transactions import whole
from tracking.vocabulary import InboundState

ERASED = "customer.erased"
"""Its payload names the `customers`; whoever keeps texts elsewhere empties them too."""
REDACT = "customer_redact"
EMPTIED = "Emptied with the customer's data"


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure emptied: people, and whole messages that spoke of them."""

    customers: int = 0
    messages: int = 0


@whole
def erase_customers(*, customer_ids: Iterable[int], now: datetime) -> Erased:
    """Empty all that is personal of these customers (aware UTC `now`); who is erased already is left out.

    Messages that spoke of them are emptied whole, also failed ones: those cannot be tried again. What a customer and
    colleagues wrote about their parcels is emptied; in sentences of our own their words are blotted out.
    """
    people = list(_unerased(customer_ids))
    if not people:
        return Erased()
    ids = [row.pk for row in people]
    orders = list(Order.objects.filter(customer_id__in=ids).order_by("pk"))
    parcels = _parcels(orders)
    names, places = _names(people, parcels), _places(orders, parcels)
    messages = _empty_messages(people, orders, parcels, now)
    blot(names, places, order_ids=_ids(orders), shipment_ids=_ids(parcels), now=now)
    empty_personal_fields(customer_ids=ids, now=now)
    empty_words(customer_ids=ids)
    empty_tickets(customer_ids=ids, order_ids=_ids(orders), shipment_ids=_ids(parcels))
    _empty_parcels(_ids(orders), _ids(parcels))
    _empty_cases(_ids(parcels))
    Customer.objects.filter(pk__in=ids).update(email="", name="", phone="", locale="", erased_at=now)
    publish([News(ERASED, now, payload={"customers": ids})])
    return Erased(len(ids), messages)


@whole
def erase_requested(*, now: datetime) -> Erased:
    """Do every open request for erasure that a shop passed on; a request about nobody we know is done as well."""
    tasks = list(PrivacyTask.objects.filter(kind=REDACT, state=PrivacyTask.State.OPEN).select_for_update())
    done = erase_customers(customer_ids={pk for task in tasks for pk in _asked_for(task)}, now=now)
    PrivacyTask.objects.filter(pk__in=_ids(tasks)).update(state=PrivacyTask.State.DONE, done_at=now)
    return done


def _asked_for(task: PrivacyTask) -> list[int]:
    stores = task.source.stores.values_list("pk", flat=True)
    known = Q(email_key=task.email_key) if task.email_key else Q(pk=None)
    known |= Q(order__external_id__in=task.order_external_ids)
    return list(Customer.objects.filter(known, store_id__in=stores).values_list("pk", flat=True).distinct())


def _unerased(customer_ids: Iterable[int]) -> Iterable[Customer]:
    rows = Customer.objects.filter(pk__in=list(customer_ids), erased_at=None)
    return rows.order_by("pk").select_for_update(no_key=True)


def _parcels(orders: Sequence[Order]) -> list[Shipment]:
    mine = Q(order__in=orders) | Q(merged_into__order__in=orders)
    return list(Shipment.objects.filter(mine).order_by("pk").select_for_update(no_key=True, of=("self",)))


def _names(people: Sequence[Customer], parcels: Sequence[Shipment]) -> set[str]:
    events, observations = _told_of(parcels)
    told = {text for row in people for text in (row.email, row.name, row.phone)}
    told |= {row.signed_by for row in events} | {row.signed_by for row in observations}
    return (told | {row.signed_by for row in parcels}) - {""}


def _places(orders: Sequence[Order], parcels: Sequence[Shipment]) -> set[str]:
    events, observations = _told_of(parcels)
    told = {row.ship_to_postcode for row in orders} | {row.postcode for row in events}
    told |= {row.ship_to_postcode for row in parcels}
    told |= {text for row in parcels for text in (row.delivered_to, row.delivered_postcode, row.proof_url)}
    told |= {text for row in observations for text in (row.delivered_to, row.delivered_postcode, row.proof_url)}
    return told - {""}


def _told_of(parcels: Sequence[Shipment]) -> tuple[list[TrackingEvent], list[Observation]]:
    events = TrackingEvent.objects.filter(shipment__in=parcels).exclude(signed_by="", postcode="")
    return list(events), list(Observation.objects.filter(shipment__in=parcels))


def _empty_messages(
    people: Sequence[Customer], orders: Sequence[Order], parcels: Sequence[Shipment], now: datetime
) -> int:
    found = messages_about(people=people, orders=orders, parcels=parcels)
    rows = InboundMessage.objects.filter(pk__in=found).exclude(state=InboundState.PENDING)
    locked = list(rows.select_for_update().order_by("id").values_list("pk", flat=True))
    mine = InboundMessage.objects.filter(pk__in=locked)
    mine.filter(state__in=[InboundState.FAILED, InboundState.GAVE_UP]).update(
        state=InboundState.NOTHING, next_try_at=None, processed_at=now
    )
    return mine.update(body=b"", headers={}, error="", notes=[], result=EMPTIED, pruned_at=now)


def _empty_parcels(order_ids: list[int], shipment_ids: list[int]) -> None:
    Order.objects.filter(pk__in=order_ids).update(ship_to_postcode="")
    Shipment.objects.filter(pk__in=shipment_ids).update(
        ship_to_postcode="", delivered_postcode="", signed_by="", delivered_to="", proof_url=""
    )
    Observation.objects.filter(shipment_id__in=shipment_ids).update(
        delivered_postcode="", signed_by="", delivered_to="", proof_url=""
    )
    events = TrackingEvent.objects.filter(shipment_id__in=shipment_ids)
    events.filter(Q(source=None) | ~Q(signed_by="")).update(own_text="")  # a carrier repeats the signer's name
    events.update(signed_by="", postcode="")


def _empty_cases(shipment_ids: list[int]) -> None:
    cases = ExceptionCase.objects.filter(shipment_id__in=shipment_ids)
    cases.filter(next_action_by_person=True).update(next_action=EMPTIED)
    cases.update(outcome_note="", waiting_on="")
    CustomerPromise.objects.filter(case__in=cases).update(text=EMPTIED, ended_because="")


def _ids(rows: Iterable[Order | Shipment | PrivacyTask]) -> list[int]:
    return [row.pk for row in rows]
