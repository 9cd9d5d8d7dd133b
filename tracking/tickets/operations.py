"""Tickets come in and raise what they are about; tickets opened for our cases are kept with their links."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from tracking.domain_events import News, publish
from tracking.exception_queue.clocks import time_left
from tracking.exception_queue.describing import raise_severity
from tracking.exception_queue.disputes import open_dispute
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.moves import Moves, lock_open
from tracking.models import Dispute, ExceptionCase, SupportTicket
from tracking.models.case import OPEN
from tracking.tickets.classifying import classify
from tracking.tickets.contract import TicketUpdate
from tracking.tickets.matching import find
from tracking.transactions import whole
from tracking.vocabulary import (
    ActivityKind,
    DisputeKind,
    DisputeSource,
    ShipmentStatus,
    TicketKind,
    TicketOrigin,
    TicketState,
)

RAISING = frozenset({TicketKind.WISMO, TicketKind.NOT_RECEIVED})
RESPOND_WITHIN = timedelta(hours=1)
"""How soon somebody has to answer a customer who asks about a parcel in trouble."""
LONGEST = 20_000
REFERENCE = "case-"


def reference_of(case_id: int) -> str:
    """Return our mark on a ticket that is opened for a case."""
    return f"{REFERENCE}{case_id}"


@whole
def take_ticket(*, told: TicketUpdate, now: datetime) -> SupportTicket:
    """Store a ticket as a desk told it, match it to its parcel, and raise the case when it asks about one in trouble.

    Older news than what is known changes nothing; the same news twice is harmless. A ticket that was opened for a case
    only takes its state. `now` aware UTC.
    """
    row, is_new = SupportTicket.objects.get_or_create(
        desk=told.desk, external_id=told.external_id, defaults=_first(told, now)
    )
    row = SupportTicket.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.pk)
    if not is_new and told.updated_at < row.updated_at:
        return row
    row.updated_at, row.state, row.url = told.updated_at, told.state, told.url[:500] or row.url
    if row.origin == TicketOrigin.CUSTOMER:
        _understand(row, told)
        row.save()
        _raise(row, now)
    row.save()
    if is_new:
        publish([News("ticket.received", now, row.shipment_id, row.order_id, row.case_id, _payload(row))])
    return row


def _first(told: TicketUpdate, now: datetime) -> dict[str, object]:
    case_id = told.reference.removeprefix(REFERENCE) if told.reference.startswith(REFERENCE) else ""
    case = ExceptionCase.objects.filter(pk=int(case_id)).first() if case_id.isdecimal() and len(case_id) < 10 else None
    found: dict[str, object] = {
        "created_at": told.created_at or told.updated_at, "updated_at": told.updated_at, "received_at": now,
        "state": told.state,
    }  # fmt: skip
    if case is not None:
        found |= {"origin": TicketOrigin.CASE, "case": case, "shipment_id": case.shipment_id, "order_id": case.order_id}
    return found


def _understand(row: SupportTicket, told: TicketUpdate) -> None:
    """Take the words in; a ticket once matched stays with its parcel, and a graver meaning is never taken back."""
    row.subject = (_clean(told.subject) or row.subject)[:300]
    row.said = (_clean(told.text) or row.said)[:LONGEST]
    kind = classify(row.subject, row.said)
    row.kind = kind if kind != TicketKind.OTHER else row.kind
    is_erased = _is_of_erased(row)
    if row.shipment_id is None:
        match = find(told)
        row.matched_by = match.by
        row.shipment, row.order, row.customer = match.shipment, match.order, match.customer
    if is_erased or _is_of_erased(row):
        row.subject, row.said = "", ""  # the desk may tell it again; here an erased person stays empty


def _is_of_erased(row: SupportTicket) -> bool:
    orders = (row.order, row.shipment.order if row.shipment else None)
    people = (row.customer, *(order.customer for order in orders if order))
    return any(customer.erased_at for customer in people if customer)


def _clean(text: str) -> str:
    return text.replace("\x00", "").strip()


def _raise(row: SupportTicket, now: datetime) -> None:
    """Once per meaning: a dispute for what was delivered and not received, else a case that is due sooner."""
    if row.shipment is None or row.kind not in RAISING or row.kind == row.acted_on or row.state in _OVER:
        return
    if row.kind == TicketKind.NOT_RECEIVED and row.shipment.status == ShipmentStatus.DELIVERED:
        row.dispute = _dispute(row, now)
        row.case = row.dispute.case if row.dispute else row.case
    case_ids = list(ExceptionCase.objects.filter(OPEN, shipment=row.shipment).values_list("pk", flat=True))
    for case in lock_open(case_ids):
        row.case = case
        if not row.acted_on:
            _hurry(case, row, now)
    row.acted_on = row.kind if row.case_id else row.acted_on


_OVER = frozenset({TicketState.SOLVED, TicketState.CLOSED, TicketState.DELETED})


def _dispute(row: SupportTicket, now: datetime) -> Dispute | None:
    said = f"{row.subject}\n{row.said}".strip()
    try:
        return open_dispute(
            shipment_id=row.shipment_id or 0,
            kind=DisputeKind.DELIVERED_NOT_RECEIVED,
            actor=None,
            source=DisputeSource.TICKET,
            said=said,
            now=now,
        )
    except ActionRefused:
        return None


def _hurry(case: ExceptionCase, row: SupportTicket, now: datetime) -> None:
    """One step more severe, and a first response within the hour if nobody has responded yet."""
    before = {"severity": case.severity, "first_response_due_at": case.first_response_due_at.isoformat()}
    case.severity_steps += 1
    raise_severity(case, 1)
    if case.first_responded_at is None:
        case.first_response_due_at = min(case.first_response_due_at, now + RESPOND_WITHIN)
        case.time_left_at = time_left(case)
        ExceptionCase.objects.filter(pk=case.pk).update(
            first_response_due_at=case.first_response_due_at, time_left_at=case.time_left_at
        )
    after = {"severity": case.severity, "first_response_due_at": case.first_response_due_at.isoformat()}
    moves = Moves(now)
    moves.note(case, ActivityKind.SEVERITY_RAISED, before, after | {"ticket": row.pk}, f"The customer asks: {row}")
    moves.tell(case, "case.severity_raised", ticket=row.pk)
    moves.write()


def _payload(row: SupportTicket) -> dict[str, object]:
    return {"ticket": row.pk, "desk": row.desk, "kind": row.kind, "matched_by": row.matched_by}


@whole
def note_case_ticket(
    *, case_id: int, desk: str, external_id: str, url: str, state: str, now: datetime
) -> SupportTicket | None:
    """Keep the ticket that a desk holds for a case, or its new state; None when the case is gone."""
    case = ExceptionCase.objects.filter(pk=case_id).first()
    if case is None:
        return None
    row, _ = SupportTicket.objects.update_or_create(
        desk=desk,
        external_id=external_id,
        defaults={
            "origin": TicketOrigin.CASE, "case": case, "shipment_id": case.shipment_id, "order_id": case.order_id,
            "state": state, "url": url[:500], "updated_at": now,
        },
        create_defaults={
            "origin": TicketOrigin.CASE, "case": case, "shipment_id": case.shipment_id, "order_id": case.order_id,
            "state": state, "url": url[:500], "updated_at": now, "created_at": now, "received_at": now,
            "subject": f"Case C-{case.pk}",
        },
    )  # fmt: skip
    return row


@whole
def note_deleted(*, desk: str, external_id: str, now: datetime) -> None:
    """Note that a person deleted a ticket at its desk; it is not made again unless a person asks for it."""
    rows = SupportTicket.objects.filter(desk=desk, external_id=external_id)
    rows.update(state=TicketState.DELETED, updated_at=now)


@whole
def empty_tickets(*, customer_ids: Iterable[int], order_ids: Iterable[int], shipment_ids: Iterable[int]) -> int:
    """Empty what customers wrote in tickets about these people, orders and parcels; the tickets stay. Return how many
    there are."""
    about = Q(customer_id__in=list(customer_ids)) | Q(order_id__in=list(order_ids))
    about |= Q(shipment_id__in=list(shipment_ids))
    return SupportTicket.objects.filter(about, origin=TicketOrigin.CUSTOMER).update(subject="", said="")
