"""Parcels, cases and the news about them that lead to messages: written as the product would, without its way there."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings

from notifications import configuration
from notifications.channels.connecting import connect
from notifications.models import ChannelAccount
from tracking.domain_events import News, publish
from tracking.models import Carrier, Customer, ExceptionCase, Order, Shipment, Store, Team
from tracking.models.parties import email_hash
from tracking.sandbox.api_slack import SETTINGS as SLACK
from tracking.sandbox.api_zendesk import SETTINGS as ZENDESK
from tracking.sandbox.receiver import SECRETS

EACH_PARCEL = 1 + len(SECRETS)  # an e-mail, and a call of each receiver
EACH_CASE = 2 + len(SECRETS)  # a Slack message, a ticket, and a call of each receiver
PARCELS_A_CASE = 10


def connect_all(now: datetime) -> None:
    """Take the preset rules; connect Slack, Zendesk and the receivers of signed webhooks to the sandbox."""
    configuration.forget()
    configuration.load_presets(now=now)
    for channel, told in (("slack", SLACK), ("zendesk", ZENDESK)):
        connect(channel=channel, values=told, now=now, is_sandbox=True)
    for name, secret in SECRETS.items():
        url = f"http://127.0.0.1:{settings.SANDBOX_PORT}/receiver/{name}"
        ChannelAccount.objects.create(
            channel="webhook", name=name, settings={"url": url}, secrets={"signing_secret": secret}, is_sandbox=True,
            changed_at=now,
        )  # fmt: skip


def parcels_for(messages: int) -> int:
    """Return how many parcels lead to about so many messages."""
    return max(1, round(messages / (EACH_PARCEL + EACH_CASE / PARCELS_A_CASE)))


def tell(count: int, now: datetime) -> int:
    """Make so many parcels whose delivery failed, every tenth with a case, and tell of it; return the messages due."""
    parcels = _parcels(count, now)
    cases = _cases(parcels[::PARCELS_A_CASE], now)
    told = {"sentence": "exception_failed_attempt", "to": "exception", "reason": "failed_attempt", "cause": "event"}
    news = [
        News(kind, now, each.pk, each.order_id, payload={**told, "occurred_at": now.isoformat()})
        for each in parcels
        for kind in ("shipment.sentence_changed", "shipment.status_changed")
    ]
    news += [News("case.opened", now, each.shipment_id, each.order_id, each.pk, {"kind": each.kind}) for each in cases]
    publish(news)
    return len(parcels) * EACH_PARCEL + len(cases) * EACH_CASE


def _parcels(count: int, now: datetime) -> list[Shipment]:
    store, _ = Store.objects.get_or_create(name="Sends", defaults={"created_at": now})
    carrier, _ = Carrier.objects.get_or_create(code="fedex", defaults={"name": "FedEx"})
    mails = [f"{uuid.uuid4().hex}@example.com" for _ in range(count)]
    people = Customer.objects.bulk_create(
        Customer(store=store, email=mail, email_key=email_hash(mail)) for mail in mails
    )
    orders = Order.objects.bulk_create(
        Order(store=store, external_id=each.email_key[:20], number=f"S{each.pk}", customer=each, received_at=now)
        for each in people
    )
    return Shipment.objects.bulk_create(
        Shipment(
            store=store, order=order, carrier=carrier, created_at=now, status="exception", reason="failed_attempt",
            sentence_key="exception_failed_attempt", sentence_parameters={"carrier": "FedEx"}, attempts=1,
            evidence="item_scanned", first_scan_at=now - timedelta(days=2), ship_to_country="US",
        )
        for order in orders
    )  # fmt: skip


def _cases(parcels: list[Shipment], now: datetime) -> list[ExceptionCase]:
    team = Team.objects.order_by("pk").first() or Team.objects.create(name="Support", slug="support")
    due = now + timedelta(hours=4)
    return ExceptionCase.objects.bulk_create(
        ExceptionCase(
            shipment=each, order_id=each.order_id, store_id=each.store_id, carrier_id=each.carrier_id,
            shipment_status=each.status, kind="failed_attempt", cause="customer", severity="medium", since=now,
            state="new", team=team, next_action="Ask the customer for a day.", next_action_due_at=due,
            first_response_due_at=due, time_left_at=due, opened_at=now,
        )
        for each in parcels
    )  # fmt: skip
