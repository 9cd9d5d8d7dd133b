"""Erasing a person: no table holds a word of theirs afterwards, another person keeps every word, no figure moves."""

import re
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.test import Client

from notifications import configuration
from notifications.models import (
    DeliveryAttempt,
    MailReport,
    OptOut,
    OutboxAction,
    OutboxRow,
    SuppressedAddress,
)
from notifications.relay import relay
from tests.privacy_fields import HARMLESS, PERSONAL, declared, found
from tests.tracking.admin.world import NOW, World
from tracking import clock
from tracking.models import (
    CaseActivity,
    Customer,
    CustomerPromise,
    CustomerReport,
    Dispute,
    DomainEvent,
    EvidenceSection,
    InboundMessage,
    Observation,
    Order,
    PrivacyTask,
    Signal,
    StatusChange,
    SupportTicket,
    TrackingCode,
    TrackingEvent,
)
from tracking.models.parties import email_hash
from tracking.presets.loading import load_all
from tracking.privacy.erasing import Erased, erase_customers, erase_requested
from tracking.tickets.contract import TicketUpdate
from tracking.tickets.operations import take_ticket

LATER = NOW + timedelta(days=1)
PAGES = ("/admin/", "/admin/tracking/discipline/", "/admin/tracking/teamload/", "/admin/tracking/playbook/")


def test_every_field_that_can_hold_words_is_declared() -> None:
    personal, harmless = declared(PERSONAL), declared(HARMLESS)
    assert found() - personal - harmless == set()
    assert (personal | harmless) - found() == set()
    assert personal & harmless == set()


class Planted:
    """One customer with one parcel, one case and one of every row that speaks of them, each personal field planted.

    `word` stands in all of them; it is the customer's name, and what signs for the parcel."""

    def __init__(self, world: World, word: str) -> None:
        self.word, self.email = word, f"{word.lower()}@example.com"
        self.case = world.case()
        order = self.case.order
        assert order is not None
        self.customer = Customer.objects.create(store=world.store, email_key=email_hash(self.email), name=word)
        Order.objects.filter(pk=order.pk).update(customer=self.customer)
        self.order, self.shipment = order, self.case.shipment
        ground: list[models.Model] = [self.customer, order, self.case, self.shipment]
        rows = [*ground, *self._of_tracking(world), *self._of_messages(world)]
        self.rows = {row._meta.label: row for row in rows}
        for label, names in PERSONAL.items():
            self._plant(self.rows[label], names.split())

    def _of_tracking(self, world: World) -> Iterator[models.Model]:
        parcel, case = {"shipment": self.shipment}, {"case": self.case}
        code = TrackingCode.objects.create(
            identity=self.case.pk + 50, source_kind="fedex", raw_code=f"C{self.case.pk}", first_seen_at=NOW
        )
        TrackingEvent.objects.filter(**parcel).update(code=code, message_id=None)
        dispute = Dispute.objects.create(
            **parcel, **case, customer=self.customer, kind="delivered_not_received", source="customer_page",
            opened_at=NOW, ledger_parcel=self.shipment.pk,
        )  # fmt: skip
        yield code
        yield TrackingEvent.objects.get(**parcel)
        yield Signal.objects.get(**parcel)
        yield StatusChange.objects.get(**parcel)
        yield CaseActivity.objects.create(**case, kind="note", at=NOW)
        yield CustomerPromise.objects.create(**case, text="x", due_at=NOW, made_at=NOW)
        yield CustomerReport.objects.create(**parcel, **case, kind="damaged", reported_at=NOW)
        yield Observation.objects.create(**parcel, source=world.source, observed_at=NOW)
        yield EvidenceSection.objects.create(dispute=dispute, position=0, name="statement", content={}, sha256="0" * 64)
        yield DomainEvent.objects.create(kind="case.note", at=NOW, case_id=self.case.pk, relayed_at=NOW)
        yield SupportTicket.objects.create(
            desk="zendesk", external_id=str(self.case.pk), order=self.order, created_at=NOW, updated_at=NOW,
            received_at=NOW,
        )  # fmt: skip
        yield InboundMessage.objects.create(
            source=world.source, transport="webhook", body=b"x", body_hash=sha256(self.word.encode()).digest(),
            state="processed", received_at=NOW,
        )  # fmt: skip

    def _of_messages(self, world: World) -> Iterator[models.Model]:
        row = OutboxRow.objects.create(
            channel="email", audience="customer", recipient=f"customer:{self.customer.pk}", subject_kind="shipment",
            subject_id=self.shipment.pk, topic="first_scan", order_id=self.order.pk, state="sent", created_at=NOW,
            changed_at=NOW, sent_at=NOW, idempotency_key=uuid4(), rule_key="first_scan", rule_version=1,
            template_key="first_scan", address_key=email_hash(self.email),
        )  # fmt: skip
        yield row
        yield DeliveryAttempt.objects.create(row=row, number=1, at=NOW, result="sent")
        yield OutboxAction.objects.create(row=row, kind="approved", at=NOW)
        yield MailReport.objects.create(row=row, provider="resend", event_id=self.word[:3], news="bounced", at=NOW)
        yield SuppressedAddress.objects.create(email_key=email_hash(self.email), news="bounced", at=NOW)
        OptOut.objects.create(
            store_id=world.store.pk, email_key=email_hash(self.email), purpose="progress", at=NOW, how="page"
        )

    def _plant(self, row: models.Model, names: list[str]) -> None:
        values = {name: self._value(row._meta.get_field(name)) for name in names}
        type(row)._default_manager.filter(pk=row.pk).update(**values)

    def _value(self, field: Any) -> Any:
        if isinstance(field, models.BinaryField):
            return f'{{"email": "{self.email.upper()}"}}'.encode()
        if isinstance(field, models.JSONField):
            return {"said": f"{self.word} told", "facts": [f"signed by {self.word.upper()}"], "name": self.word}
        if field.name == "email":
            return self.email
        return (self.word if (field.max_length or 99) < 40 else f"Told by {self.word}")[: field.max_length]


def holding(word: str) -> set[str]:
    """The tables of both apps and of the queue in which a word stands somewhere, in any case, also in bytes."""
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    with connection.cursor() as cursor:
        return {table for table in sorted(set(tables)) if _stands_in(cursor, table, word)}


def _stands_in(cursor: Any, table: str, word: str) -> bool:
    forms = [f"%{word}%", *(f"%{form.encode().hex()}%" for form in (word, word.lower(), word.upper()))]
    cursor.execute(f'SELECT count(*) FROM "{table}" AS row WHERE row::text ILIKE ANY (%s)', [forms])
    return bool(cursor.fetchone()[0])


def figures() -> dict[str, list[str]]:
    """Every number on the pages that count, as people read them."""
    browser = Client()
    browser.force_login(_admin())
    shown = {}
    for page in PAGES:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        main = re.search(r"<main.*</main>", answer.content.decode(), re.DOTALL)
        shown[page] = re.findall(r"\d+", unescape(re.sub(r"<[^>]+>", " ", main.group() if main else "")))
    return shown


def counts() -> dict[str, int]:
    """How many rows each table of both apps has."""
    rows = [model for name in ("tracking", "notifications") for model in apps.get_app_config(name).get_models()]
    return {model._meta.label: model._default_manager.count() for model in rows}


def _admin() -> User:
    return User.objects.filter(username="ada").first() or User.objects.create_superuser("ada")


@pytest.fixture
def world(db: None) -> Iterator[World]:
    with clock.at(NOW):
        world = World.make()
        load_all(now=NOW)
        configuration.load_presets(now=NOW)
        yield world


def test_no_table_holds_a_word_of_an_erased_person_and_no_figure_moves(world: World) -> None:
    ann, bob = Planted(world, "Annwyllian"), Planted(world, "Bobrowskyy")
    planted = {apps.get_model(label)._meta.db_table for label in PERSONAL}
    assert holding(ann.word) == holding(bob.word) == planted
    before, rows = figures(), counts()
    assert erase_customers(customer_ids=[ann.customer.pk], now=NOW) == Erased(customers=1, messages=1)
    relay(clock=lambda: NOW)
    assert holding(ann.word) == set()
    assert holding(bob.word) == planted
    assert figures() == before
    assert counts() == {**rows, "tracking.DomainEvent": rows["tracking.DomainEvent"] + 1}
    assert OptOut.objects.filter(email_key=email_hash(ann.email)).count() == 1
    assert erase_customers(customer_ids=[ann.customer.pk], now=LATER) == Erased()


def test_what_a_shop_asks_for_is_done_by_the_command(world: World) -> None:
    ann, bob = Planted(world, "Annwyllian"), Planted(world, "Bobrowskyy")
    world.source.stores.add(world.store)
    for number, who in enumerate((ann, bob)):
        PrivacyTask.objects.create(
            source=world.source, message_id=number, kind="customer_redact" if who is ann else "data_request",
            email_key=email_hash(who.email), received_at=NOW, due_at=LATER,
        )  # fmt: skip
    InboundMessage.objects.update(state="gave_up")
    call_command("erase", "--requested")
    emptied = InboundMessage.objects.exclude(pruned_at=None).get()
    assert (emptied.state, bytes(emptied.body), emptied.next_try_at) == ("nothing", b"", None)
    assert set(PrivacyTask.objects.values_list("kind", "state")) == {
        ("customer_redact", "done"),
        ("data_request", "open"),
    }
    assert list(Customer.objects.exclude(erased_at=None).filter(pk__in=[ann.customer.pk, bob.customer.pk])) == [
        ann.customer
    ]
    assert erase_requested(now=LATER) == Erased()
    with pytest.raises(CommandError, match="Nobody is known"):
        call_command("erase", "nobody@example.com")
    call_command("erase", bob.email, "--store", world.store.name)
    assert holding("Bobrowskyy") - {"notifications_outboxrow"} <= {
        "notifications_deliveryattempt", "notifications_mailreport", "notifications_outboxaction",
        "notifications_suppressedaddress",
    }  # fmt: skip


def test_a_desk_that_tells_a_ticket_again_brings_no_words_back(world: World) -> None:
    ann = Planted(world, "Annwyllian")
    erase_customers(customer_ids=[ann.customer.pk], now=NOW)
    told = TicketUpdate(
        desk="zendesk", external_id=str(ann.case.pk), updated_at=LATER, subject="Annwyllian asks", text="Annwyllian"
    )
    take_ticket(told=told, now=LATER)
    row = SupportTicket.objects.get()
    assert (row.subject, row.said, row.updated_at) == ("", "", LATER)
