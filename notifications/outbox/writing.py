"""Writes what was decided: outbox rows, decisions, and what customers know by it. A fixed number of statements."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from notifications.models import Decision, OutboxRow
from notifications.outbox.topics import parcel_topic
from notifications.rules.contract import Draft, Said
from notifications.vocabulary import WAITING, Approval, Audience, OutboxState, Verdict, Withheld
from tracking.customer_knowledge.operations import Known, record
from tracking.vocabulary import KnowledgeState

NEWER_TRUTH = Withheld.SUPERSEDED.value


@dataclass(frozen=True, slots=True)
class Written:
    """Counts: decisions, of them messages, and waiting messages that newer truth withdrew."""

    decisions: int
    sends: int
    superseded: int


def write(drafts: Sequence[Draft], outlived: Iterable[Said], *, now: datetime) -> Written:
    """Write a batch inside the caller's transaction. The outbox rows of its parcels are locked by the caller."""
    gone = [each for draft in drafts for each in draft.replaces] + list(outlived)
    _withdraw([each.number for each in gone if each.number], now)
    rows = _insert(drafts, now)
    decisions = [_decision(draft, rows.get(place), now) for place, draft in enumerate(drafts)]
    Decision.objects.bulk_create(decisions, batch_size=1000)
    _join(drafts)
    record(entries=[*_withdrawn(gone, now), *_known(drafts, decisions, now)])
    return Written(len(decisions), len(rows), len(gone))


def _withdraw(numbers: list[int], now: datetime) -> None:
    if numbers:
        rows = OutboxRow.objects.filter(pk__in=numbers, state__in=WAITING)
        rows.update(state=OutboxState.SUPERSEDED, reason=NEWER_TRUTH, due_at=None, lease_until=None, changed_at=now)


def _insert(drafts: Sequence[Draft], now: datetime) -> dict[int, OutboxRow]:
    """Write one row per message; return those that won their topic, by the draft's place."""
    wanted = {
        place: _row(draft, draft.said, now) for place, draft in enumerate(drafts) if not draft.reason and draft.said
    }
    if not wanted:
        return {}
    OutboxRow.objects.bulk_create(list(wanted.values()), ignore_conflicts=True, batch_size=500)
    keys = [row.idempotency_key for row in wanted.values()]
    ids = dict(OutboxRow.objects.filter(idempotency_key__in=keys).values_list("idempotency_key", "pk"))
    for row in wanted.values():
        row.pk = ids.get(row.idempotency_key)
    return {place: row for place, row in wanted.items() if row.pk}


def _row(draft: Draft, said: Said, now: datetime) -> OutboxRow:
    rule = draft.rule
    assert rule is not None
    state = OutboxState.SCHEDULED if draft.approval == Approval.AUTO else OutboxState.AWAITING_APPROVAL
    if said.is_superseded:  # by other news of the same batch
        state = OutboxState.SUPERSEDED
    return OutboxRow(
        channel=rule.channel,
        audience=draft.audience,
        purpose=rule.purpose if draft.audience == Audience.CUSTOMER else "",
        recipient=draft.recipient,
        subject_kind=said.subject[0],
        subject_id=said.subject[1],
        topic=said.topic,
        covers=sorted(said.covers),
        order_id=draft.happening.order_id,
        case_id=draft.happening.case_id,
        state=state,
        reason=NEWER_TRUTH if said.is_superseded else "",
        approval=draft.approval,
        created_at=now,
        changed_at=now,
        send_at=draft.send_at,
        due_at=None if said.is_superseded else draft.send_at,
        idempotency_key=uuid.uuid4(),
        rule_key=rule.key,
        rule_version=draft.rule_version,
        true_while=list(rule.lasting),
        needs_scan=rule.needs_scan,
        held_by=list(rule.held_by),
        template_key=rule.template,
    )


def _decision(draft: Draft, row: OutboxRow | None, now: datetime) -> Decision:
    lost = row is None and not draft.reason
    reason = Withheld.ALREADY_SENT if lost else draft.reason
    facts = dict(draft.facts)
    if draft.joins and draft.reason == Withheld.ALREADY_SENT:
        facts["joins"] = draft.joins.topic
    return Decision(
        domain_event_id=draft.happening.id,
        rule_key=draft.rule.key if draft.rule else "",
        rule_version=draft.rule_version,
        recipient=draft.recipient,
        audience=draft.audience,
        channel=draft.rule.channel if draft.rule else "",
        topic=draft.topic,
        shipment_id=draft.happening.shipment_id,
        order_id=draft.happening.order_id,
        case_id=draft.happening.case_id,
        verdict=Verdict.SEND if row else Verdict.WITHHOLD,
        reason="" if row else reason,
        why=draft.why if row else "",
        send_at=draft.send_at if row else None,
        decided_at=now,
        facts=facts,
        row=row,
    )


def _join(drafts: Sequence[Draft]) -> None:
    """Let waiting digests speak of the parcels that joined them."""
    joined = [
        (draft.joins.number, draft.happening.shipment_id)
        for draft in drafts
        if draft.joins and draft.joins.number and draft.happening.shipment_id
    ]
    if not joined:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE notifications_outboxrow AS waiting
               SET covers = ARRAY(SELECT DISTINCT key FROM unnest(waiting.covers || more.keys) AS key ORDER BY key)
               FROM (SELECT row_id, array_agg(shipment_id) AS keys
                     FROM unnest(%s::bigint[], %s::bigint[]) AS pair (row_id, shipment_id) GROUP BY row_id) AS more
               WHERE waiting.id = more.row_id""",
            [[row_id for row_id, _ in joined], [shipment_id for _, shipment_id in joined]],
        )


def _withdrawn(gone: Iterable[Said], now: datetime) -> list[Known]:
    return [
        Known(key, parcel_topic(each.subject[0], each.topic), KnowledgeState.WITHHELD, now, NEWER_TRUTH)
        for each in gone
        if each.recipient.startswith("customer:")
        for key in sorted(each.covers)
    ]


def _known(drafts: Sequence[Draft], decisions: Sequence[Decision], now: datetime) -> list[Known]:
    """What the customers know by these decisions; where another row speaks for a topic, that one is left to tell.

    All became so at one moment: a microsecond less for each earlier one keeps them in order. A rule without words is
    one that says nothing on purpose: it changes nothing of what the customer knows.
    """
    found = []
    for place, (draft, decision) in enumerate(zip(drafts, decisions, strict=True)):
        at = now - timedelta(microseconds=len(drafts) - 1 - place)
        shipment_id = draft.happening.shipment_id
        if draft.audience != Audience.CUSTOMER or shipment_id is None or (draft.rule and not draft.rule.template):
            continue
        kind = draft.said.subject[0] if draft.said else ""
        topic = parcel_topic(kind, decision.topic)
        if decision.row is not None and draft.said and not draft.said.is_superseded:
            waits = draft.approval != Approval.AUTO
            state = KnowledgeState.TO_APPROVE if waits else KnowledgeState.SCHEDULED
            found.append(Known(shipment_id, topic, state, at))
        elif decision.reason == Withheld.ALREADY_SENT:
            if draft.joins:
                found.append(Known(shipment_id, topic, KnowledgeState.SCHEDULED, at))
        elif decision.reason:
            found.append(Known(shipment_id, topic, KnowledgeState.WITHHELD, at, decision.reason))
    return found
