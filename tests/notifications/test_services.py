"""HubSpot, Shopify and signed webhooks over real loopback HTTP, what each answer means, and our echoes."""

import base64
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.test import Client

from notifications import configuration, demo
from notifications.channels.contract import (
    Channel,
    ChannelBroken,
    Envelope,
    NotNeeded,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
)
from notifications.channels.hubspot import HubSpotChannel
from notifications.channels.registry import CHANNELS
from notifications.channels.shopify import ShopifyChannel, word_for
from notifications.channels.webhook import WebhookChannel, signed_headers
from notifications.models import ChannelAccount, OutboxRow
from notifications.outbox.delivery import deliver
from notifications.relay import relay
from notifications.rules.presets import TOLD_TO_SHOPS
from tests.journeys.stage import set_stage
from tests.notifications.mail import MINUTE, NOON, announce, relayed, report
from tracking import clock
from tracking.ingest.drain import drain
from tracking.ingest.polling import poll_source
from tracking.ingest.sources import add_source
from tracking.models import InboundMessage, OwnReport, Shipment, Source, TrackingEvent
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.api_hubspot import TOKEN
from tracking.sandbox.engine import World
from tracking.sandbox.receiver import SECRETS
from tracking.sandbox.server import Sandbox
from tracking.sandbox.wire import Answer, Request, answer

pytestmark = pytest.mark.django_db
START = datetime.fromisoformat("2026-09-14T04:00:00+00:00")
SERVICES: dict[str, Channel] = {kind: CHANNELS[kind] for kind in ("hubspot", "shopify", "webhook")}
NOTICE: dict[str, Any] = {
    "event": {"id": 7, "type": "shipment.status_changed", "at": "2026-09-15T10:00:00Z", "facts": {}},
    "shipment": {"id": 1, "status": "delayed"},
    "customer": {"email": "Ann@Example.com", "open_cases": ["stalled"], "last_exception": "stalled"},
}


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    server = Sandbox(0, lambda: START + timedelta(days=9))
    server.start()
    settings.SANDBOX_PORT = int(server.origin.rpartition(":")[2])
    server.world = World.single("healthy_fedex_ground", START, origin=server.origin)
    with clock.at(START + timedelta(days=9)):
        yield server
    server.stop()


def connect(channel: str, name: str = "", *, sandbox: Sandbox | None = None, **told: str) -> ChannelAccount:
    secret: dict[str, str] = {key: told.pop(key) for key in ("access_token", "signing_secret") if key in told}
    return ChannelAccount.objects.create(
        channel=channel, name=name, settings=told, secrets=secret, is_sandbox=sandbox is not None, changed_at=START
    )


def notice(email: str = "", key: str = "6f1d", to: str = "channel:hubspot") -> Envelope:
    data = {**NOTICE, "customer": {**NOTICE["customer"], "email": email}} if email else NOTICE
    return Envelope(key=key, to=to, subject="shipment.status_changed", text="", data=data)


def customer_of(server: Sandbox) -> str:
    assert server.world is not None
    return server.world.orders[0].customer.email


def answering(monkeypatch: pytest.MonkeyPatch, server: Sandbox, given: Answer) -> None:
    monkeypatch.setattr(server.world, "respond", lambda request, now: given)


FAULTS = pytest.mark.parametrize(
    ("given", "failure", "may_have_arrived"),
    [
        (answer(429, {}, retry_after="7"), TemporaryFailure, False),
        (answer(500, {}), TemporaryFailure, False),
        (answer(404, {}), PermanentFailure, False),
    ],
    ids=["429", "500", "404"],
)


# -- HubSpot -----------------------------------------------------------------------------------------------------------


def test_a_contact_learns_of_the_trouble(sandbox: Sandbox) -> None:
    connect("hubspot", sandbox=sandbox, access_token=TOKEN)
    email = customer_of(sandbox)
    assert isinstance(HubSpotChannel().send(notice(email)), Receipt)
    assert sandbox.world is not None
    (arrived,) = sandbox.world.arrivals.all("hubspot")
    assert arrived.name == email.lower()
    assert arrived.details == {
        "delivery_status": "delayed", "delivery_at_risk": "true", "delivery_last_exception": "stalled"
    }  # fmt: skip


def test_many_contacts_go_in_one_call_and_each_gets_its_own_outcome(sandbox: Sandbox) -> None:
    connect("hubspot", sandbox=sandbox, access_token=TOKEN)
    email = customer_of(sandbox)
    nobody = Envelope(key="k", to="channel:hubspot", subject="", text="", data={**NOTICE, "customer": None})
    outcomes = HubSpotChannel().send_many([notice(email), notice("stranger@example.com"), nobody, notice(email)])
    assert [type(each) for each in outcomes] == [Receipt, NotNeeded, NotNeeded, Receipt]
    assert "no contact" in str(outcomes[1]) and "no e-mail" in str(outcomes[2])
    assert sandbox.world is not None
    assert (sandbox.world.calls["hubspot"], len(sandbox.world.arrivals.all("hubspot"))) == (1, 1)


@FAULTS
def test_the_answers_of_hubspot(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, given: Answer, failure: type, may_have_arrived: bool
) -> None:
    connect("hubspot", sandbox=sandbox, access_token=TOKEN)
    answering(monkeypatch, sandbox, given)
    with pytest.raises(failure) as caught:
        HubSpotChannel().send(notice(customer_of(sandbox)))
    assert getattr(caught.value, "may_have_arrived", False) == may_have_arrived
    if given.status == 429:
        assert caught.value.wait == timedelta(seconds=7)  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", [b"{", b"[]", b"{}"])
def test_half_an_answer_of_hubspot_leaves_it_open(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    connect("hubspot", sandbox=sandbox, access_token=TOKEN)
    answering(monkeypatch, sandbox, Answer(200, body, {"Content-Type": "application/json"}))
    with pytest.raises(TemporaryFailure) as caught:
        HubSpotChannel().send(notice(customer_of(sandbox)))
    assert caught.value.may_have_arrived


def test_a_refused_token_breaks_the_channel_and_nothing_is_lost(sandbox: Sandbox) -> None:
    connect("hubspot", sandbox=sandbox, access_token="wrong")
    with pytest.raises(ChannelBroken):
        HubSpotChannel().send(notice(customer_of(sandbox)))


# -- signed webhooks ---------------------------------------------------------------------------------------------------


def to_finance(sandbox: Sandbox, **told: str) -> Envelope:
    connect(
        "webhook", "finance", sandbox=sandbox, url=f"{sandbox.origin}/receiver/finance",
        signing_secret=SECRETS["finance"], **told,
    )  # fmt: skip
    return notice("ann@example.com", to="channel:webhook:finance")


def test_a_receiver_can_verify_what_it_gets_and_takes_it_once(sandbox: Sandbox) -> None:
    letter = to_finance(sandbox)
    assert WebhookChannel().send(letter) == WebhookChannel().send(letter) == Receipt("msg_6f1d")
    assert sandbox.world is not None
    (arrived,) = sandbox.world.arrivals.all("webhook")
    payload = json.loads(arrived.text)
    assert (payload["type"], payload["timestamp"]) == ("shipment.status_changed", "2026-09-15T10:00:00Z")
    assert payload["data"]["shipment"] == NOTICE["shipment"]
    assert "customer" not in payload["data"]


def test_the_customer_is_told_only_where_asked_for(sandbox: Sandbox) -> None:
    WebhookChannel().send(to_finance(sandbox, include_customer="yes"))
    assert sandbox.world is not None
    assert json.loads(sandbox.world.arrivals.all()[0].text)["data"]["customer"]["email"] == "ann@example.com"


def test_while_a_secret_is_changed_both_sign() -> None:
    keys = [b"old-secret", b"new-secret"]
    secrets = "\n".join("whsec_" + base64.b64encode(key).decode() for key in keys)
    headers = signed_headers(secrets, "a-b", START, b"{}")
    signed = f"msg_ab.{int(START.timestamp())}.".encode() + b"{}"
    expected = ["v1," + base64.b64encode(hmac.new(key, signed, sha256).digest()).decode() for key in keys]
    assert headers["webhook-signature"].split() == expected


@FAULTS
def test_the_answers_of_a_receiver(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, given: Answer, failure: type, may_have_arrived: bool
) -> None:
    letter = to_finance(sandbox)
    answering(monkeypatch, sandbox, given)
    with pytest.raises(failure) as caught:
        WebhookChannel().send(letter)
    assert getattr(caught.value, "may_have_arrived", False) == may_have_arrived


@pytest.mark.parametrize("status", [401, 403, 410])
def test_one_receiver_that_refuses_does_not_stop_the_channel(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    letter = to_finance(sandbox)
    answering(monkeypatch, sandbox, answer(status, {}))
    with pytest.raises(PermanentFailure):
        WebhookChannel().send(letter)


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://10.0.0.8/x", "https://169.254.169.254/latest", "http://example.com/x"]
)
def test_internal_addresses_are_not_called(sandbox: Sandbox, url: str) -> None:
    connect("webhook", "inside", sandbox=sandbox, url=url, signing_secret=SECRETS["finance"])
    with pytest.raises(PermanentFailure):
        WebhookChannel().send(notice(to="channel:webhook:inside"))


def test_the_sandbox_is_not_open_to_real_accounts(sandbox: Sandbox) -> None:
    letter = to_finance(sandbox)
    ChannelAccount.objects.update(is_sandbox=False)
    with pytest.raises(PermanentFailure):
        WebhookChannel().send(letter)


def test_nobody_listens(sandbox: Sandbox, settings: Any) -> None:
    letter = to_finance(sandbox)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings.SANDBOX_PORT = port = free.getsockname()[1]
    ChannelAccount.objects.update(settings={"url": f"http://127.0.0.1:{port}/x"})
    with pytest.raises(TemporaryFailure) as caught:
        WebhookChannel().send(letter)
    assert not caught.value.may_have_arrived


def test_a_receiver_that_hangs_up_leaves_it_open(sandbox: Sandbox, settings: Any, monkeypatch: Any) -> None:
    letter = to_finance(sandbox)
    monkeypatch.setattr("tracking.connectors.http.transport.READ_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        settings.SANDBOX_PORT = port = mute.getsockname()[1]
        ChannelAccount.objects.update(settings={"url": f"http://127.0.0.1:{port}/x"})
        with pytest.raises(TemporaryFailure) as caught:
            WebhookChannel().send(letter)
    assert caught.value.may_have_arrived


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!", "plain text"])
def test_a_secret_that_is_none_is_said_plainly(sandbox: Sandbox, secret: str) -> None:
    letter = to_finance(sandbox)
    ChannelAccount.objects.all().delete()
    connect("webhook", "finance", sandbox=sandbox, url=f"{sandbox.origin}/receiver/finance", signing_secret=secret)
    with pytest.raises(PermanentFailure):
        WebhookChannel().send(letter)


# -- through rules and outbox ------------------------------------------------------------------------------------------


def test_what_arrives_is_counted_and_nobody_is_needed_for_a_stranger(stage: None, sandbox: Sandbox) -> None:
    connect("hubspot", sandbox=sandbox, access_token=TOKEN)
    to_finance(sandbox)
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    deliver(clock=lambda: NOON, channels=SERVICES)
    assert sandbox.world is not None
    types = [each.kind for each in sandbox.world.arrivals.all("webhook")]
    assert types == ["shipment.status_changed"]
    told = dict(OutboxRow.objects.filter(audience="system").values_list("channel", "state"))
    assert told == {"hubspot": "superseded", "webhook": "sent"}
    assert "no contact" in OutboxRow.objects.get(channel="hubspot").reason


# -- Shopify -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        ("first_scan", "", "CARRIER_PICKED_UP"),
        ("delivered", "", "DELIVERED"),
        ("exception", "failed_attempt", "ATTEMPTED_DELIVERY"),
        ("exception", "lost", "FAILURE"),
        ("exception", "customs_hold", ""),
        ("label_created", "", ""),
        ("returning", "", ""),
    ],
)
def test_words_of_the_shop(status: str, reason: str, word: str) -> None:
    assert word_for(status, reason) == word
    assert not word or status in TOLD_TO_SHOPS


class Shop:
    """One story with its shop and carrier connected, played through the doors, the relay and the senders."""

    def __init__(self, server: Sandbox, settings: Any) -> None:
        assert server.world is not None
        self.server, self.world, self.now = server, server.world, START
        for slug in ("northlight-shopify", "fedex-main"):
            given = SOURCES[slug]
            add_source(
                kind=given.kind, slug=slug, store="Northlight Goods", values=given.settings_at(server.origin),
                now=START, is_sandbox=True,
            )  # fmt: skip
        connect("shopify", sandbox=server)

    def play(self, until: datetime) -> None:
        """Take in each webhook when it is posted, and tell the shop what came of it; what that causes comes next."""
        while self.now < until:
            since, coming = self.now, self.world.deliveries(self.now, until)
            self.now = min((push.at for push in coming), default=until)
            with clock.at(self.now):
                self._hear(since)
                relay(clock=clock.now)
                deliver(clock=clock.now, channels=SERVICES)

    def _hear(self, since: datetime) -> None:
        for push in self.world.deliveries(since, self.now):
            if push.source_slug in ("northlight-shopify", "fedex-main"):
                headers = {name: value for name, value in push.headers.items() if name != "Content-Type"}
                Client().post(push.path, push.body, content_type="application/json", headers=headers)
        drain(clock=clock.now)


@pytest.fixture
def shop(sandbox: Sandbox, settings: Any, db: None) -> Iterator[Shop]:
    set_stage(START)
    configuration.forget()
    configuration.load_presets(now=START)
    played = Shop(sandbox, settings)
    sandbox._now = lambda: played.now
    yield played
    configuration.forget()


def told_to(shop: Shop) -> list[str]:
    return [each.details["status"] for each in shop.world.arrivals.all("shopify")]


def test_the_shop_is_told_what_the_carrier_reports_and_our_echoes_are_known(shop: Shop) -> None:
    shop.play(START + timedelta(days=8))
    told = told_to(shop)
    assert told == ["CARRIER_PICKED_UP", "IN_TRANSIT", "OUT_FOR_DELIVERY", "DELIVERED"]
    events, rows = TrackingEvent.objects.count(), OutboxRow.objects.count()
    echoes = InboundMessage.objects.filter(topic="fulfillment_events/create")
    assert echoes.filter(result="What we told the shop ourselves, come back.").count() == len(told)
    with clock.at(shop.now):
        source = Source.objects.get(slug="northlight-shopify")
        assert poll_source(source_id=source.pk, clock=clock.now).calls == 1
        drain(clock=clock.now)
        relay(clock=clock.now)
    assert (TrackingEvent.objects.count(), OutboxRow.objects.count()) == (events, rows)
    assert not TrackingEvent.objects.filter(source=source).exists()
    assert Shipment.objects.get().status == "delivered"
    assert OwnReport.objects.count() == len(told)


def test_the_same_report_twice_makes_one_event_and_faults_are_told_apart(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.play(START + timedelta(days=8))
    row = OutboxRow.objects.filter(channel="shopify", state="sent").order_by("pk").last()
    assert row is not None
    again = Envelope(key="x", to=row.recipient, subject="", text="", data=json.loads(row.body_text))
    told = told_to(shop)
    with clock.at(shop.now):
        assert ShopifyChannel().send(again).provider_id == row.provider_id
    assert told_to(shop) == told
    faults = [
        (answer(429, {}), TemporaryFailure),
        (answer(500, {}), TemporaryFailure),
        (answer(403, {}), PermanentFailure),
    ]
    for given, failure in faults:
        answering(monkeypatch, shop.server, given)
        with clock.at(shop.now), pytest.raises(failure):
            ShopifyChannel().send(again)


def test_a_parcel_of_no_shop_is_not_told(stage: None, sandbox: Sandbox) -> None:
    connect("shopify", sandbox=sandbox)
    report("first_scan", NOON)
    relayed(NOON)
    deliver(clock=lambda: NOON + MINUTE, channels=SERVICES)
    row = OutboxRow.objects.get(channel="shopify")
    assert (row.state, row.attempts) == ("superseded", 1)
    assert NotNeeded.__name__ not in row.reason


def test_what_the_sandbox_refuses(sandbox: Sandbox) -> None:
    assert sandbox.world is not None
    call = Request("POST", "/receiver/finance", {"webhook-id": "a", "webhook-timestamp": "1"}, b"{}")
    assert sandbox.world.respond(call, START).status == 401


def test_the_demo_connects_the_pretend_systems_once(stage: None, sandbox: Sandbox) -> None:
    for _ in range(2):
        demo.connect(NOON, sandbox.origin)
    announce()
    report("first_scan", NOON)
    relayed(NOON)
    deliver(clock=lambda: NOON, channels=SERVICES)
    assert sandbox.world is not None
    receivers = [each.to for each in sandbox.world.arrivals.all("webhook")]
    assert sorted(receivers) == ["3pl", "finance"]
