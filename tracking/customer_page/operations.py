"""What the page changes: reports of customers, and links that are replaced."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q

from tracking.customer_page.errors import ReportRefused, UnknownPage
from tracking.customer_page.gathering import find
from tracking.customer_page.limits import REPORTS_BY_ADDRESS, REPORTS_BY_ORDER, network_of, use
from tracking.customer_page.reporting import kinds_for
from tracking.domain_events import News, publish
from tracking.exception_queue import corrections
from tracking.exception_queue.disputes import open_dispute
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.moves import Moves, lock_open
from tracking.models import CustomerReport, Dispute, ExceptionCase, Order, Shipment
from tracking.models.case import OPEN
from tracking.models.tokens import new_public_token
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CaseState, DisputeKind, DisputeSource, ReportKind

LONGEST = 2000
REPORTED = "case.customer_reported"
LINK_RENEWED = "order.link_renewed"
_SAME_WITHIN = timedelta(minutes=30)  # a form sent twice
_STILL_OPEN = Q(case__isnull=False) & ~Q(case__state=CaseState.RESOLVED)
_DISPUTES = {
    ReportKind.NOT_RECEIVED: DisputeKind.DELIVERED_NOT_RECEIVED,
    ReportKind.WRONG_ADDRESS: DisputeKind.WRONG_ADDRESS,
}


def report(
    *, token: str, shipment_id: int, kind: str, said: str, language: str, address: str, now: datetime
) -> CustomerReport:
    """Take down what a customer reports about a parcel of their order: its case opens at once, or is enriched.

    `said` are the customer's words, `address` the client's network address, `now` aware UTC. The same words within half
    an hour are the same report. Raises UnknownPage, ReportRefused, TooOften.
    """
    said = said.replace("\x00", "").replace("\r\n", "\n").strip()
    shipment = _reportable(token, shipment_id, kind, said, now)
    use(REPORTS_BY_ADDRESS, network_of(address), now)
    use(REPORTS_BY_ORDER, str(shipment.order_id or f"parcel {shipment.pk}"), now)
    try:
        return _take_down(shipment_id=shipment.pk, kind=kind, said=said, language=language, now=now)
    except ActionRefused as refused:
        raise ReportRefused("refused") from refused


def _reportable(token: str, shipment_id: int, kind: str, said: str, now: datetime) -> Shipment:
    found = find(token, now)
    if found is None:
        raise UnknownPage(token)
    shipment = next((each for each in found.parcels if each.pk == shipment_id), None)
    if kind not in ReportKind.values:
        raise ReportRefused("choose")
    if shipment is None or kind not in kinds_for(shipment):
        raise ReportRefused("refused")
    if not said:
        raise ReportRefused("write_address" if kind == ReportKind.CORRECT_ADDRESS else "write")
    if len(said) > LONGEST:
        raise ReportRefused("too_long")
    return shipment


@whole
def _take_down(*, shipment_id: int, kind: str, said: str, language: str, now: datetime) -> CustomerReport:
    shipment = corrections.locked(shipment_id)
    if kind not in kinds_for(shipment) or shipment.merged_into_id:
        raise ActionRefused("The parcel has moved on meanwhile.")
    same = CustomerReport.objects.filter(shipment=shipment, kind=kind, said=said, reported_at__gt=now - _SAME_WITHIN)
    known = same.select_related("case").first()
    if known is not None:
        return known
    dispute = _tell_desk(shipment_id, kind, said, now)
    case = ExceptionCase.objects.filter(OPEN, shipment_id=shipment_id).first()
    if case is None:
        raise ActionRefused("Nothing about this parcel asks for a case.")
    written = CustomerReport.objects.create(
        shipment_id=shipment_id, case=case, dispute=dispute, kind=kind, said=said, language=language, reported_at=now
    )
    _note(written, case.pk, now)
    return written


def _tell_desk(shipment_id: int, kind: str, said: str, now: datetime) -> Dispute | None:
    """Contradicting the carrier is a dispute with frozen evidence; the rest is the customer's word about the parcel."""
    if kind in _DISPUTES:
        source, disputed = DisputeSource.CUSTOMER_PAGE, _DISPUTES[ReportKind(kind)]
        return open_dispute(shipment_id=shipment_id, kind=disputed, actor=None, source=source, said=said, now=now)
    if CustomerReport.objects.filter(shipment_id=shipment_id, kind=kind).filter(_STILL_OPEN).exists():
        return None  # the case of the first word is open: more words join it
    say = corrections.say_damaged if kind == ReportKind.DAMAGED else corrections.say_wrong_address
    say(shipment_id=shipment_id, actor=None, now=now, note=DisputeSource.CUSTOMER_PAGE.label)
    return None


def _note(written: CustomerReport, case_id: int, now: datetime) -> None:
    moves = Moves(now)
    for case in lock_open([case_id]):
        facts = {"report": written.pk, "report_kind": written.kind}
        moves.note(case, ActivityKind.REPORTED, {}, facts, written.get_kind_display())
        moves.tell(case, REPORTED, **facts)
    moves.write()


@whole
def renew_link(*, order_id: int, actor: User, now: datetime) -> str:
    """Give an order's page a new address; links sent before, also those of its parcels, open nothing any more.

    Returns the new token. Raises ActionRefused, Order.DoesNotExist.
    """
    if not actor.has_perm("tracking.message_customer"):
        raise ActionRefused("Replacing a customer's link takes the permission to message customers.")
    order = Order.objects.select_for_update(no_key=True, of=("self",)).get(pk=order_id)
    order.public_token = new_public_token()
    order.save(update_fields=["public_token"])
    for shipment in Shipment.objects.filter(order=order).order_by("id").select_for_update(no_key=True, of=("self",)):
        shipment.public_token = new_public_token()
        shipment.save(update_fields=["public_token"])
    publish([News(LINK_RENEWED, now, order_id=order.pk, payload={"actor": actor.pk})])
    return order.public_token


@whole
def empty_words(*, customer_ids: Iterable[int]) -> int:
    """Empty what these customers wrote on their pages; the reports themselves stay. Return how many were emptied."""
    rows = CustomerReport.objects.filter(shipment__order__customer_id__in=list(customer_ids)).exclude(said="")
    return rows.update(said="")
