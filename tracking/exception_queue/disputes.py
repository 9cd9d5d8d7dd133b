"""Disputes: the customer's word against the carrier's. The evidence is frozen before the word is taken down."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User

from tracking.exception_queue import corrections
from tracking.exception_queue.errors import ActionRefused
from tracking.exception_queue.evidence import Section, digest, without_personal
from tracking.exception_queue.evidence_pack import gather
from tracking.exception_queue.moves import Moves, lock_open
from tracking.models import Dispute, DomainEvent, EvidenceSection, ExceptionCase, Shipment
from tracking.models.case import OPEN
from tracking.transactions import whole
from tracking.vocabulary import ActivityKind, CaseState, Direction, DisputeKind, DisputeSource, ShipmentStatus

OPENED = "dispute.opened"
LONGEST = 5000


@whole
def open_dispute(*, shipment_id: int, kind: str, actor: User | None, source: str, said: str, now: datetime) -> Dispute:
    """Take down that a customer disputes a parcel, freeze the evidence, and open or enrich its case.

    `kind` is a DisputeKind, `source` a DisputeSource, `actor` the colleague who took it down (None: the customer wrote
    it themselves), `said` the customer's words, `now` aware UTC. While the same dispute is open the words are added to
    its case and that dispute is returned. Raises ActionRefused, Shipment.DoesNotExist.
    """
    said = said.replace("\x00", "").strip()[:LONGEST]
    shipment = _disputable(shipment_id, kind, source, said)
    known = _open_one(shipment, kind)
    if known is not None:
        _add_words(known, actor, said, now)
        return known
    customer_id = shipment.order.customer_id if shipment.order else None
    dispute = Dispute(
        shipment=shipment,
        customer_id=customer_id,
        kind=kind,
        source=source,
        opened_at=now,
        opened_by=actor,
        ledger_parcel=shipment.pk,
    )
    pack = gather(shipment, dispute, said)
    _take_the_word(dispute, actor, now)
    case = _case_of(shipment)
    dispute.case = case
    dispute.save()
    hashes = _freeze(dispute, pack)
    moves = Moves(now, actor)
    moves.note(case, ActivityKind.DISPUTED, {}, {"dispute": dispute.pk, "dispute_kind": kind, "source": source})
    moves.tell(case, OPENED, dispute=dispute.pk, dispute_kind=kind, source=source, sections=hashes)
    moves.write()
    return dispute


def _disputable(shipment_id: int, kind: str, source: str, said: str) -> Shipment:
    if kind not in DisputeKind.values:
        raise ActionRefused("Choose what is disputed.")
    if source not in DisputeSource.values:
        raise ActionRefused("Say how the customer told us.")
    if not said:
        raise ActionRefused("Write down what the customer says.")
    corrections.locked(shipment_id)
    related = ("order__customer", "order__store", "store", "carrier", "service", "warehouse")
    shipment = Shipment.objects.select_related(*related).get(pk=shipment_id)
    if shipment.direction == Direction.RETURN:
        raise ActionRefused("A parcel on its way back to us cannot be disputed by the customer.")
    if kind == DisputeKind.WRONG_ADDRESS and shipment.status in (ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED):
        raise ActionRefused("This parcel is not on its way any more, so its address no longer matters.")
    return shipment


def _open_one(shipment: Shipment, kind: str) -> Dispute | None:
    rows = Dispute.objects.filter(shipment=shipment, kind=kind, case__isnull=False)
    return rows.exclude(case__state=CaseState.RESOLVED).select_related("case").first()


def _add_words(dispute: Dispute, actor: User | None, said: str, now: datetime) -> None:
    moves = Moves(now, actor)
    for case in lock_open([dispute.case_id or 0]):
        moves.note(case, ActivityKind.NOTE, {}, {}, f"Disputed again: {said}")
    moves.write()


def _take_the_word(dispute: Dispute, actor: User | None, now: datetime) -> None:
    """The event says that it was said and by which way; the words themselves are kept in the dispute alone."""
    label = DisputeSource(dispute.source).label
    if dispute.kind == DisputeKind.WRONG_ADDRESS:
        corrections.say_wrong_address(shipment_id=dispute.shipment_id, actor=actor, now=now, note=label)
    else:
        corrections.say_not_received(shipment_id=dispute.shipment_id, actor=actor, now=now, note=label)


def _case_of(shipment: Shipment) -> ExceptionCase:
    case = ExceptionCase.objects.filter(OPEN, shipment=shipment).first()
    if case is None:
        raise ActionRefused("This parcel cannot be disputed now: nothing about it asks for a case.")
    return case


def _freeze(dispute: Dispute, pack: Iterable[Section]) -> dict[str, str]:
    rows = [
        EvidenceSection(dispute=dispute, position=at, name=each.name, content=each.content, sha256=digest(each.content))
        for at, each in enumerate(pack)
    ]
    EvidenceSection.objects.bulk_create(rows)
    return {row.name: row.sha256 for row in rows}


@whole
def empty_personal_fields(*, customer_ids: Iterable[int], now: datetime) -> int:
    """Empty what is personal in the evidence of these customers' disputes; return how many disputes that changed.

    Hashes stay: they are over the content as it was frozen, and remain the record of it.
    """
    disputes = Dispute.objects.filter(customer_id__in=list(customer_ids), erased_at=None).order_by("id")
    ids = list(disputes.select_for_update(no_key=True).values_list("pk", flat=True))
    rows = list(EvidenceSection.objects.filter(dispute_id__in=ids))
    for row in rows:
        row.content, was = without_personal(row.content), row.content
        row.erased_at = now if row.content != was else None
    EvidenceSection.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["content", "erased_at"], batch_size=500
    )
    Dispute.objects.filter(pk__in=ids).update(erased_at=now)
    return len(ids)


@dataclass(frozen=True, slots=True)
class Check:
    """How one section stands now. `state`: intact, changed (not what was frozen), erased (emptied by law)."""

    section: EvidenceSection
    state: str


def verify(dispute: Dispute) -> list[Check]:
    """Compare every section with its hash, and the hash with the one in the ledger, which nobody can edit later.

    Two queries. A section whose personal fields were emptied is judged by its hash alone.
    """
    ledger = DomainEvent.objects.filter(kind=OPENED, shipment_id=dispute.ledger_parcel, payload__dispute=dispute.pk)
    told: dict[str, Any] = next((row.payload.get("sections", {}) for row in ledger), {})
    return [Check(row, _state(row, str(told.get(row.name, "")))) for row in dispute.sections.order_by("position")]


def _state(row: EvidenceSection, in_ledger: str) -> str:
    if row.sha256 != in_ledger:
        return "changed"
    if digest(row.content) == row.sha256:
        return "intact"
    return "erased" if row.erased_at else "changed"
