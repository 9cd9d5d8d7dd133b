"""No page of the admin shows a customer's address, name or phone to anybody before they have revealed it."""

import json
from collections.abc import Iterator
from hashlib import sha256

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from tests.tracking.admin.world import NOW, PLANTED, World
from tracking import clock
from tracking.models import (
    CaseActivity,
    Customer,
    DomainEvent,
    ExceptionCase,
    InboundMessage,
    Order,
    PrivacyTask,
    RevealLog,
    Shipment,
    Signal,
    Source,
    SupportTicket,
    TrackingCode,
    TrackingEvent,
)
from tracking.presets import defaults

pytestmark = pytest.mark.django_db
SAID = f"Call {PLANTED} or +1 555 010 4242"
SECRETS = (PLANTED, "Planted Person", "555 010 4242", "7 Hidden Lane")
GROUPS = ("Support agents", "Operations managers", "Administrators", "Auditors")


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def case() -> ExceptionCase:
    """A case whose every free text names its customer."""
    world = World.make()
    defaults.load()
    case = world.case(events=1)
    _plant(case, world)
    return case


def _plant(case: ExceptionCase, world: World) -> None:
    Source.objects.update(last_failure=SAID, failures_in_a_row=1)
    body = json.dumps(
        {"email": PLANTED, "shipping_address": {"name": "Planted Person", "address1": "7 Hidden Lane"}}
    ).encode()
    message = InboundMessage.objects.create(
        source=world.source, transport="webhook", topic="orders/updated", body=body, body_hash=sha256(body).digest(),
        headers={"x-from": PLANTED}, error=SAID, result=SAID, notes=[{"where": PLANTED, "message": SAID}],
        state="gave_up", received_at=NOW,
    )  # fmt: skip
    TrackingEvent.objects.update(own_text=SAID, signed_by="Planted Person", message_id=message.pk)
    Shipment.objects.update(signed_by="Planted Person", delivered_to=SAID, delivered_at=NOW)
    ExceptionCase.objects.update(evidence=SAID)
    Signal.objects.update(evidence=SAID)
    CaseActivity.objects.update(note=SAID)
    TrackingCode.objects.update(sample_text=SAID)
    DomainEvent.objects.create(
        kind="order.created", at=NOW, order_id=case.order_id, payload={"email": PLANTED, "t": SAID}
    )
    PrivacyTask.objects.create(
        source=world.source, message_id=message.pk, kind="customer_redact", received_at=NOW, due_at=NOW
    )
    SupportTicket.objects.create(
        desk="zendesk", external_id="7", subject=f"Planted Person asks: {SAID}", said=SAID, order_id=case.order_id,
        shipment_id=case.shipment_id, case=case, created_at=NOW, updated_at=NOW, received_at=NOW,
    )  # fmt: skip
    seer = User.objects.create_user("seer")
    RevealLog.objects.create(user=seer, customer=Customer.objects.get(), at=NOW, where="order 1")


def member(group: str) -> User:
    user = User.objects.create_user(f"in {group}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def addresses() -> Iterator[str]:
    """Every list of the tracking app, and the page of one row of each."""
    yield reverse("admin:index")
    for model in admin.site._registry:
        if model._meta.app_label != "tracking":
            continue
        name = f"admin:tracking_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = apps.get_model(model._meta.label)._default_manager.order_by("-pk").first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])


@pytest.mark.parametrize("group", GROUPS)
def test_no_page_shows_a_person_unasked(client: Client, case: ExceptionCase, group: str) -> None:
    client.force_login(member(group))
    walked = list(addresses())
    assert len(walked) > 30
    for address in walked:
        answer = client.get(address, follow=True)
        assert answer.status_code in (200, 403), address
        html = answer.content.decode()
        for secret in SECRETS:
            assert secret not in html, f"{group} reads {secret!r} at {address}"


@pytest.mark.parametrize("group", GROUPS)
def test_a_reveal_works_for_all_but_auditors(client: Client, case: ExceptionCase, group: str) -> None:
    client.force_login(member(group))
    order = reverse("admin:tracking_order_change", args=[case.order_id])
    client.post(reverse("admin:order_reveal", args=[case.order_id]))
    assert (PLANTED in client.get(order).content.decode()) == (group != "Auditors")
    message = InboundMessage.objects.get()
    client.post(reverse("admin:inbound_reveal", args=[message.pk]))
    shown = client.get(reverse("admin:tracking_inboundmessage_change", args=[message.pk])).content.decode()
    assert ("7 Hidden Lane" in shown) == (group != "Auditors")


def test_lists_stay_masked_after_a_reveal(client: Client, case: ExceptionCase) -> None:
    client.force_login(member("Administrators"))
    client.post(reverse("admin:order_reveal", args=[case.order_id]))
    assert Order.objects.exists()
    for model in ("order", "exceptioncase", "reveallog"):
        html = client.get(reverse(f"admin:tracking_{model}_changelist")).content.decode()
        assert PLANTED not in html
