"""The relay: news from the ledger becomes decisions and outbox rows, batch by batch, in one transaction each."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Q

from notifications.configuration import rules_in_force
from notifications.facts import World, gather
from notifications.models import OutboxRow
from notifications.outbox.operations import forget_customer
from notifications.outbox.writing import write
from notifications.rules.contract import Draft, Happening, RuleSet, Said
from notifications.rules.engine import decide
from notifications.rules.standing import Standing
from notifications.vocabulary import GIVEN_UP, WAITING, SubjectKind, Withheld
from tracking.domain_events import take_unrelayed
from tracking.models import DomainEvent
from tracking.privacy.erasing import ERASED
from tracking.transactions import alone, flag_is_up, lower_flag, whole

LANE = "relay"
LOCK = "relay"
BATCH = 500


@dataclass(slots=True)
class Relayed:
    """Counts of one relay: news read, decisions written, of them messages; messages that newer truth withdrew."""

    news: int = 0
    decisions: int = 0
    sends: int = 0
    superseded: int = 0


def relay(*, clock: Callable[[], datetime], until: datetime | None = None) -> Relayed:
    """Decide on all news of the ledger; one relay at a time.

    Who cannot get the lock leaves the flag alone: the holder looks for it once more before it ends. Begins no new batch
    after `until` (aware UTC).
    """
    total = Relayed()
    while True:
        with alone(LOCK) as is_ours:
            if not is_ours:
                return total
            lower_flag(LANE)
            is_done = _work(total, clock, until)
        if not is_done or not flag_is_up(LANE):
            return total


def has_news() -> bool:
    """Return whether the ledger holds news that nobody has decided on."""
    return DomainEvent.objects.filter(relayed_at=None).exists()


def _work(total: Relayed, clock: Callable[[], datetime], until: datetime | None) -> bool:
    while True:
        now = clock()
        if until and now > until:
            return False
        done = relay_batch(now=now)
        total.news += done.news
        total.decisions += done.decisions
        total.sends += done.sends
        total.superseded += done.superseded
        if done.news < BATCH:
            return True


@whole
def relay_batch(*, now: datetime, limit: int = BATCH) -> Relayed:
    """Decide on the oldest news and mark it as relayed. The number of queries does not depend on the batch's size."""
    news = take_unrelayed(limit)
    if not news:
        return Relayed()
    for customer_id in {pk for row in news if row.kind == ERASED for pk in row.payload["customers"]}:
        forget_customer(customer_id=customer_id, now=now)
    world = gather(
        shipment_ids={row.shipment_id for row in news if row.shipment_id},
        case_ids={row.case_id for row in news if row.case_id},
    )
    happenings = [happening_of(row, world) for row in news]
    standing = Standing(_said(world))
    rules = rules_in_force()
    drafts = [draft for group in moments(happenings) for draft in _decided(group, world, rules, standing, now)]
    outlived = [each for key, parcel in world.facts.parcels.items() for each in standing.outlived(key, parcel.sentence)]
    written = write(drafts, outlived, now=now)
    DomainEvent.objects.filter(pk__in=[row.pk for row in news]).update(relayed_at=now)
    return Relayed(len(news), written.decisions, written.sends, written.superseded)


# -- reading ---------------------------------------------------------------------------------------------------------


def happening_of(row: DomainEvent, world: World) -> Happening:
    """Return a row of the ledger as the rules see it."""
    told: Mapping[str, Any] = row.payload
    occurred = told.get("occurred_at")
    return Happening(
        id=row.pk,
        kind=row.kind,
        at=row.at,
        shipment_id=world.survivor(row.shipment_id),
        order_id=row.order_id,
        case_id=row.case_id,
        occurred_at=datetime.fromisoformat(occurred) if occurred else None,
        sentence=str(told.get("sentence") or ""),
        status=str(told.get("to") or ""),
        reason=str(told.get("reason") or ""),
        cause=str(told.get("cause") or ""),
        actor_id=told.get("actor"),
        step=str(told.get("step") or ""),
    )


def moments(happenings: Iterable[Happening]) -> Iterator[list[Happening]]:
    """Group the news of one parcel at one moment: they were written together and speak of one change."""

    def moment(one: Happening) -> tuple[object, ...]:
        return (one.shipment_id or -one.id, one.at)

    ordered = sorted(happenings, key=lambda one: one.id)
    first: dict[tuple[object, ...], int] = {}
    for one in ordered:
        first.setdefault(moment(one), one.id)
    ordered.sort(key=lambda one: (first[moment(one)], one.id))
    for _, group in groupby(ordered, key=moment):
        yield list(group)


def _said(world: World) -> list[Said]:
    """Lock and return what stands in the outbox about these parcels and their orders. One query."""
    shipments, orders = list(world.shipments), [row.order_id for row in world.shipments.values() if row.order_id]
    cases = list(world.cases)
    about = (
        Q(subject_kind=SubjectKind.SHIPMENT, subject_id__in=shipments + _joined(world))
        | Q(subject_kind=SubjectKind.ORDER, subject_id__in=orders)
        | Q(subject_kind=SubjectKind.CASE, subject_id__in=cases)
    )
    rows = OutboxRow.objects.filter(about).exclude(state__in=GIVEN_UP).order_by("pk").select_for_update(no_key=True)
    return [
        Said(
            subject=_subject(row, world),
            topic=row.topic,
            recipient=row.recipient,
            channel=row.channel,
            is_waiting=row.state in WAITING,
            covers={world.survivor(key) or key for key in row.covers},
            created_at=row.created_at,
            number=row.pk,
            true_while=tuple(row.true_while),
        )
        for row in rows.defer("subject_text", "body_text", "body_html")
    ]


def _joined(world: World) -> list[int]:
    return [key for key, survivor in world.survivors.items() if key != survivor]


def _subject(row: OutboxRow, world: World) -> tuple[str, int]:
    """What was said of a joined parcel was said of the one that lives on."""
    if row.subject_kind == SubjectKind.SHIPMENT:
        return (row.subject_kind, world.survivor(row.subject_id) or row.subject_id)
    return (row.subject_kind, row.subject_id)


def _decided(
    group: Sequence[Happening], world: World, rules: RuleSet, standing: Standing, now: datetime
) -> list[Draft]:
    drafts = decide(group, world.facts, rules, standing, now=now)
    for draft in drafts:
        if draft.joins and draft.reason == Withheld.ALREADY_SENT and draft.happening.shipment_id:
            standing.cover(draft.joins, draft.happening.shipment_id)
    return drafts
