"""Takes due messages for one sender: asks whether they are still true and wanted, and writes their text."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.cards import CARRIERS, Cards, cards_for
from notifications.channels.card import CaseCard
from notifications.channels.contract import Channel, Envelope
from notifications.configuration import Templates
from notifications.facts import World, gather
from notifications.models import ChannelState, MessagingSwitch, OutboxRow
from notifications.notices import Notice, notices_for
from notifications.outbox.topics import parcel_topic
from notifications.rendering import BrokenTemplate, render
from notifications.rules.contract import ParcelFacts
from notifications.rules.engine import unreachable, untrue
from notifications.vocabulary import WAITING, Audience, OutboxState, Withheld
from notifications.wording import (
    brand,
    footer_for,
    sentence_language,
    store_of,
    unsubscribe_url,
    values_for,
    wanted_languages,
)
from tracking.customer_knowledge.operations import Known, record
from tracking.models import Shipment, Store
from tracking.models.parties import email_hash
from tracking.transactions import whole
from tracking.vocabulary import KnowledgeState

BATCH = 20
LEASE = timedelta(seconds=60)
TICKET_DELETED = "A person deleted the ticket at the help desk. Try again to make a new one."
BURST_SECONDS = 2.0  # how much of its rate a channel may save up


@dataclass(frozen=True, slots=True)
class Claimed:
    """One message that is ours to send until the lease ends."""

    row_id: int
    token: uuid.UUID
    envelope: Envelope


@dataclass(frozen=True, slots=True)
class Batch:
    """What one claim took: messages to send, and how many due ones it settled otherwise."""

    messages: tuple[Claimed, ...] = ()
    settled: int = 0


@whole
def claim(*, channel: Channel, now: datetime, limit: int = BATCH) -> Batch:
    """Take the oldest due messages of a channel, within its rate; none while it is paused, closed or switched off."""
    ChannelState.objects.get_or_create(channel=channel.kind)
    state = ChannelState.objects.select_for_update().get(channel=channel.kind)
    allowed = _allowed(state, channel, now, limit)
    if allowed < 1:
        return Batch()
    rows = list(_due(channel.kind, now)[:allowed])
    if not rows:
        return Batch()
    world = gather(
        shipment_ids={key for row in rows for key in row.covers}, case_ids={row.case_id for row in rows if row.case_id}
    )
    templates = Templates()
    notices = notices_for(
        [row for row in rows if row.audience == Audience.SYSTEM and row.channel not in CARRIERS], world
    )
    cards = cards_for(rows, now)
    prepared = [_Prepared(row, world, templates, notices.get(row.pk, {}), cards, now) for row in rows]
    for one in prepared:
        one.decide()
    OutboxRow.objects.bulk_create(
        [one.row for one in prepared],
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[
            "state", "reason", "changed_at", "due_at", "lease_until", "lease_token", "covers", "language",
            "template_version", "address_key", "subject_text", "body_text", "body_html",
        ],
    )  # fmt: skip
    record(entries=[known for one in prepared for known in one.known])
    messages = tuple(Claimed(one.row.pk, one.token, one.envelope) for one in prepared if one.envelope)
    state.tokens -= len(messages)
    state.save(update_fields=["tokens", "tokens_at"])
    return Batch(messages, len(prepared) - len(messages))


def _allowed(state: ChannelState, channel: Channel, now: datetime, limit: int) -> int:
    """Return how many may leave now; a channel that was closed is tried with one message first."""
    if state.paused_at or (state.closed_until and state.closed_until > now):
        return 0
    passed = (now - state.tokens_at).total_seconds() if state.tokens_at else BURST_SECONDS
    most = channel.per_second * BURST_SECONDS
    state.tokens, state.tokens_at = min(most, state.tokens + max(passed, 0.0) * channel.per_second), now
    return min(1 if state.closed_until else limit, int(state.tokens))


def _due(channel: str, now: datetime) -> QuerySet[OutboxRow]:
    rows = OutboxRow.objects.filter(channel=channel, state__in=WAITING, due_at__lte=now)
    rows = rows.filter(Q(lease_until=None) | Q(lease_until__lte=now))
    if MessagingSwitch.objects.filter(is_off=True).exists():
        rows = rows.exclude(audience=Audience.CUSTOMER)
    if channel not in CARRIERS:
        return rows.order_by("due_at", "pk").select_for_update(skip_locked=True, no_key=True)
    # One thing after the other: what comes later names the message or ticket that came before.
    earlier = OutboxRow.objects.filter(
        subject_kind=OuterRef("subject_kind"),
        subject_id=OuterRef("subject_id"),
        recipient=OuterRef("recipient"),
        channel=channel,
        state__in=[*WAITING, OutboxState.SENDING],
        pk__lt=OuterRef("pk"),
    )
    rows = rows.exclude(Exists(earlier))
    return rows.order_by("due_at", "pk").select_for_update(skip_locked=True, no_key=True)


class _Prepared:
    """One due message, judged by the facts of this moment."""

    def __init__(
        self, row: OutboxRow, world: World, templates: Templates, notice: Notice, cards: Cards, now: datetime
    ) -> None:
        self.row, self.notice, self.now = row, notice, now
        self._is_gone = row.pk in cards.gone
        self._card, self._reference = cards.by_row.get(row.pk), cards.references.get(row.pk, "")
        self.token = uuid.uuid4()
        self.envelope: Envelope | None = None
        self.known: list[Known] = []
        self._world, self._templates = world, templates

    def decide(self) -> None:
        """Withdraw the message, or write its text and lease it."""
        shipments, reason = self._still_true()
        reason = reason or self._unreachable()
        if reason:
            state = OutboxState.CANCELLED if reason in _NOT_WANTED else OutboxState.SUPERSEDED
            self._end(state, reason)
            return
        if self.row.channel in CARRIERS:
            self._show_card()
            return
        if self.row.audience == Audience.SYSTEM:
            self._hand_over()
            return
        try:
            self._write(shipments)
        except BrokenTemplate as error:
            self._end(OutboxState.FAILED, str(error), "broken_template")

    def _still_true(self) -> tuple[list[Shipment], str]:
        """Return the parcels it is still true of, and why it must not leave when there is none."""
        if self.row.audience != Audience.CUSTOMER or not self.row.template_key:  # a person answers for their own words
            return self._parcels(), ""
        reasons = {row.pk: self._untrue(self._world.facts.parcels[row.pk]) for row in self._parcels()}
        kept = [row for row in self._parcels() if not reasons[row.pk]]
        return kept, "" if kept else next(iter(reasons.values()), Withheld.SUPERSEDED.value)

    def _parcels(self) -> list[Shipment]:
        keys = {self._world.survivor(key) for key in self.row.covers}
        return [self._world.shipments[key] for key in sorted(filter(None, keys)) if key in self._world.shipments]

    def _untrue(self, parcel: ParcelFacts) -> str:
        return untrue(self.row.true_while, self.row.needs_scan, self.row.held_by, parcel)

    def _unreachable(self) -> str:
        if self.row.audience == Audience.CUSTOMER:
            recipients = (self._world.facts.parcels[row.pk].customer for row in self._parcels())
            who = next((each for each in recipients if each and each.key == self.row.recipient), None)
            return unreachable(who, self.row.purpose)
        if self.row.audience == Audience.OWNER:
            case = self._world.facts.cases.get(self.row.case_id or 0)
            if case is None or case.owner is None or case.owner.key != self.row.recipient:
                return Withheld.SUPERSEDED  # somebody else has it by now
        return "" if self._address() else Withheld.NO_ADDRESS

    def _address(self) -> str:
        if self.row.audience == Audience.SYSTEM:
            return self.row.recipient
        if self.row.audience == Audience.NAMED:
            return self.row.recipient.removeprefix("named:")
        return self._world.addresses.get(self.row.recipient, "")

    def _write(self, shipments: list[Shipment]) -> None:
        if self.row.template_key:
            self._fill_template(shipments)
        row, store = self.row, store_of(shipments[0] if shipments else None)
        address = self._address()
        row.address_key, row.covers = email_hash(address), [each.pk for each in shipments] or row.covers
        self._lease()
        self.envelope = Envelope(
            key=str(row.idempotency_key),
            to=address,
            subject=row.subject_text,
            text=row.body_text,
            html=row.body_html,
            from_name=brand(store),
            from_address=store.sender_email if store else "",
            headers=_headers(self._unsubscribe_url(store)),
        )

    def _unsubscribe_url(self, store: Store | None) -> str:
        if self.row.audience != Audience.CUSTOMER or not self.row.purpose or store is None:
            return ""
        return unsubscribe_url(email_hash(self._address()), store.pk, self.row.purpose)

    def _fill_template(self, shipments: list[Shipment]) -> None:
        row = self.row
        customer = self._world.customers.get(row.recipient)
        store = store_of(shipments[0] if shipments else None)
        template = self._templates.choose(row.template_key, wanted_languages(customer, store))
        if template is None:
            raise BrokenTemplate("template", 0, f'There is no template "{row.template_key}".')
        language = sentence_language(template.language)
        url = self._unsubscribe_url(store)
        case = self._world.cases.get(row.case_id or 0)
        written = render(
            subject=template.subject,
            body=template.body,
            values=values_for(shipments, language=language, customer=customer, case=case),
            language=template.language,
            footer=footer_for(template.language, store, url) if url else None,
        )
        row.language, row.template_version = template.language, template.number
        row.subject_text, row.body_text, row.body_html = written.subject, written.text, written.html

    def _hand_over(self) -> None:
        """A system takes the facts as they are now; the channel gives them the form it wants."""
        row, kind = self.row, str(self.notice["event"]["type"])
        row.subject_text, row.body_text = kind, json.dumps(self.notice, indent=1, ensure_ascii=False)
        self._lease()
        self.envelope = Envelope(
            key=str(row.idempotency_key), to=self._address(), subject=kind, text=row.body_text, data=self.notice
        )

    def _show_card(self) -> None:
        """A service that shows cases gets the case as it is now; its channel gives that a form."""
        if self._card is None or self._is_gone:
            reason = TICKET_DELETED if self._is_gone else Withheld.SUPERSEDED.value
            self._end(OutboxState.CANCELLED if self._is_gone else OutboxState.SUPERSEDED, reason)
            return
        row = self.row
        if isinstance(self._card, CaseCard):
            row.subject_text, row.body_text = self._card.title[:400], self._card.happened
        else:
            row.subject_text, row.body_text = f"{self._card.count} cases have no owner", ""
        self._lease()
        self.envelope = Envelope(
            key=str(row.idempotency_key),
            to=self._address(),
            subject=row.subject_text,
            text=row.body_text,
            card=self._card,
            reference=self._reference,
        )

    def _lease(self) -> None:
        row = self.row
        row.lease_token, row.lease_until, row.changed_at = self.token, self.now + LEASE, self.now

    def _end(self, state: str, reason: str, code: str = "") -> None:
        row = self.row
        row.state, row.reason, row.changed_at = state, reason[:300], self.now
        row.due_at = row.lease_until = None
        self.known = knowledge_of(
            row,
            KnowledgeState.FAILED if state == OutboxState.FAILED else KnowledgeState.WITHHELD,
            self.now,
            code or reason,
        )


_NOT_WANTED = frozenset({Withheld.NO_ADDRESS, Withheld.OPTED_OUT, Withheld.SUPPRESSED_ADDRESS})


def _headers(unsubscribe: str) -> dict[str, str]:
    """One-click unsubscription (RFC 8058) and a mark that keeps automatic answers away (RFC 3834)."""
    headers = {"Auto-Submitted": "auto-generated"}
    if unsubscribe:
        headers["List-Unsubscribe"] = f"<{unsubscribe}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def knowledge_of(row: OutboxRow, state: str, at: datetime, reason: str = "") -> list[Known]:
    """Return what the customer knows by a row, for each parcel it speaks of; nothing for messages to colleagues."""
    if row.audience != Audience.CUSTOMER:
        return []
    topic = parcel_topic(row.subject_kind, row.topic)
    return [Known(key, topic, state, at, reason) for key in row.covers]


def release(messages: Sequence[Claimed]) -> None:
    """Give back messages that were taken but not begun."""
    tokens = [each.token for each in messages]
    OutboxRow.objects.filter(lease_token__in=tokens, state__in=WAITING).update(lease_until=None, lease_token=None)
