"""A message that a colleague writes to a customer from a case. It takes the way of every other message."""

import uuid
from datetime import datetime, timedelta

from django.contrib.auth.models import User

from notifications.facts import gather
from notifications.models import Decision, OutboxRow
from notifications.outbox.claiming import knowledge_of
from notifications.outbox.operations import ACT, OutboxRefused
from notifications.previewing import FIRST_NAME
from notifications.rendering import typeset
from notifications.rules.engine import unreachable
from notifications.vocabulary import Audience, OutboxState, SubjectKind, Verdict, Why, Withheld
from notifications.wording import footer_for, page_url, sentence_language, store_of, wanted_languages
from notifications.words import PERSON
from tracking.customer_knowledge.operations import record
from tracking.domain_events import News, publish
from tracking.exception_queue.operations import add_note
from tracking.models import DomainEvent, ExceptionCase
from tracking.transactions import whole
from tracking.vocabulary import KnowledgeState

NEWS = "case.message_written"
UNDO = timedelta(seconds=15)
LONGEST = 5000


@whole
def write_to_customer(*, case_id: int, subject: str, body: str, actor: User, now: datetime) -> OutboxRow:
    """Schedule a colleague's words to the customer of a case; they leave after the time in which they may be undone.

    The case gets a note. Raises OutboxRefused, and ExceptionCase.DoesNotExist.
    """
    if not actor.has_perm(ACT):
        raise OutboxRefused("You may not write to customers.")
    if not subject.strip() or not body.strip():
        raise OutboxRefused("A message needs a subject and a text.")
    case = ExceptionCase.objects.get(pk=case_id)
    world = gather(shipment_ids=[case.shipment_id], case_ids=[case_id])
    shipment = world.shipments[world.survivor(case.shipment_id) or case.shipment_id]
    who = world.facts.parcels[shipment.pk].customer
    refusal = unreachable(who, "") or (Withheld.KILL_SWITCH if world.facts.desk.is_killed else "")
    if refusal or who is None:
        raise OutboxRefused(f"{Withheld(refusal).label}.")
    add_note(case_id=case_id, actor=actor, now=now, note=f"Wrote to the customer: {subject.strip()}")
    customer = world.customers[who.key]
    language = next(iter(wanted_languages(customer, store_of(shipment))), "en")
    name = (customer.name.split() or [""])[0][:40]
    written = typeset(
        subject=subject.strip().replace(FIRST_NAME, name),
        body=body.strip()[:LONGEST].replace(FIRST_NAME, name),
        page_url=page_url(shipment),
        language=sentence_language(language),
        footer=footer_for(language, store_of(shipment), ""),
    )
    publish([News(NEWS, now, shipment.pk, shipment.order_id, case_id, {"actor": actor.pk})])
    event_id = DomainEvent.objects.filter(case_id=case_id, kind=NEWS).order_by("-pk").values_list("pk", flat=True)[0]
    row = OutboxRow.objects.create(
        channel="email",
        audience=Audience.CUSTOMER,
        recipient=who.key,
        subject_kind=SubjectKind.CASE,
        subject_id=case_id,
        topic=f"written:{event_id}",
        covers=[shipment.pk],
        order_id=shipment.order_id,
        case_id=case_id,
        state=OutboxState.SCHEDULED,
        created_at=now,
        changed_at=now,
        send_at=now + UNDO,
        due_at=now + UNDO,
        idempotency_key=uuid.uuid4(),
        rule_key=PERSON,
        rule_version=0,
        template_key="",
        language=sentence_language(language),
        subject_text=written.subject,
        body_text=written.text,
        body_html=written.html,
    )
    Decision.objects.create(
        domain_event_id=event_id,
        rule_key=PERSON,
        rule_version=0,
        recipient=who.key,
        audience=Audience.CUSTOMER,
        channel=row.channel,
        topic=row.topic,
        shipment_id=shipment.pk,
        order_id=shipment.order_id,
        case_id=case_id,
        verdict=Verdict.SEND,
        why=Why.DELAY,
        send_at=row.send_at,
        decided_at=now,
        facts={"news": NEWS, "actor": actor.pk},
        row=row,
    )
    record(entries=knowledge_of(row, KnowledgeState.SCHEDULED, now))
    return row
