"""The slow way to decide on the same news, for comparison: one piece of news a transaction, one statement a row.

It is what a careful Django project writes at first: a handler that takes one event, looks up what it needs, and saves
what it decides. It shares the pure parts (the facts' form, the rules' engine, the rows' form) and leaves the same rows
behind. Where the two could differ in effort, it gets the better of it: rules, services, teams and the senders' hours
are read once for all news; the kill switch and the paused channels are asked each time, because they must hold at once.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from notifications import facts, relay
from notifications.configuration import rules_in_force
from notifications.models import ChannelState, MessagingSwitch, OutboxRow
from notifications.outbox import writing
from notifications.rules.contract import Desk, Draft, Facts, Said
from notifications.rules.engine import decide
from notifications.rules.standing import Standing
from notifications.vocabulary import WAITING, OutboxState
from tracking.customer_knowledge.operations import Known
from tracking.models import CustomerKnowledge, DomainEvent, ExceptionCase, Shipment, Signal
from tracking.vocabulary import KnowledgeState, SignalState

PARCEL = ("store", "carrier", "service", "order__customer", "order__store")


class SlowRelay:
    """Decides on news one by one at a fixed moment."""

    def __init__(self, now: datetime) -> None:
        self.now, self.rules, self.desk = now, rules_in_force(), facts._desk()

    def work(self, news_ids: Iterable[int]) -> None:
        """Decide on these rows of the ledger in this order."""
        for news_id in news_ids:
            with transaction.atomic():
                self._work(DomainEvent.objects.select_for_update().get(pk=news_id))

    def _work(self, news: DomainEvent) -> None:
        world = self._world(news)
        happening = relay.happening_of(news, world)
        standing = Standing(relay._said(world))
        drafts = decide([happening], world.facts, self.rules, standing, now=self.now)
        for draft in drafts:
            self._write(draft)
        for key, parcel in world.facts.parcels.items():
            for said in standing.outlived(key, parcel.sentence):
                self._withdraw(said)
        news.relayed_at = self.now
        news.save(update_fields=["relayed_at"])

    def _world(self, news: DomainEvent) -> facts.World:
        """Look up what is true of the parcel and the case of one piece of news."""
        shipments, cases, signals, siblings = {}, {}, frozenset[str](), 1
        if news.shipment_id:
            shipment = Shipment.objects.select_related(*PARCEL).get(pk=news.shipment_id)
            shipments[shipment.pk] = shipment
            rows = Signal.objects.filter(shipment=shipment, state=SignalState.OPEN)
            signals = frozenset(rows.values_list("kind", flat=True))
            siblings = facts._siblings([shipment]).get(shipment.order_id or 0, 1)
        if news.case_id:
            cases[news.case_id] = ExceptionCase.objects.select_related("owner", "team").get(pk=news.case_id)
        people = facts._People(shipments.values())
        parcels = {key: facts._parcel(row, signals, siblings, people) for key, row in shipments.items()}
        known = {key: facts._case(row, people) for key, row in cases.items()}
        return facts.World(Facts(parcels, known, self._desk_now()), shipments, cases, {key: key for key in shipments})

    def _desk_now(self) -> Desk:
        paused = ChannelState.objects.exclude(paused_at=None).values_list("channel", flat=True)
        is_killed = MessagingSwitch.objects.filter(is_off=True).exists()
        return replace(self.desk, is_killed=is_killed, paused=self.desk.paused | frozenset(paused))

    def _write(self, draft: Draft) -> None:
        for said in draft.replaces:
            self._withdraw(said)
        row = None
        if not draft.reason and draft.said:
            row = writing._row(draft, draft.said, self.now)
            row.save()
        decision = writing._decision(draft, row, self.now)
        decision.save()
        for known in writing._known([draft], [decision], self.now):
            self._note(known)

    def _withdraw(self, said: Said) -> None:
        row = OutboxRow.objects.get(pk=said.number)
        if row.state in WAITING:
            row.state, row.reason, row.changed_at = OutboxState.SUPERSEDED, writing.NEWER_TRUTH, self.now
            row.due_at = row.lease_until = None
            row.save(update_fields=["state", "reason", "changed_at", "due_at", "lease_until"])
        for known in writing._withdrawn([said], self.now):
            self._note(known)

    def _note(self, known: Known) -> None:
        row, is_new = CustomerKnowledge.objects.get_or_create(
            shipment_id=known.shipment_id,
            topic=known.topic,
            defaults={"state": known.state, "at": known.at, "reason": known.reason},
        )
        if not is_new and row.state != KnowledgeState.TOLD:
            row.state, row.at, row.reason = known.state, known.at, known.reason
            row.save()
