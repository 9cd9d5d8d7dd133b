"""Sources: health at a glance, secrets never in a page, a new one in two steps."""

import html
import re
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.admin.source_forms import ends_in
from tracking.ingest import sources
from tracking.ingest.queries import health, queue_lag_seconds, state_counts
from tracking.models import InboundMessage, PollState, Source, Store, TrackingEvent

pytestmark = pytest.mark.django_db
LIST = "/admin/tracking/source/"
SECRET = "very-secret-value-3f2a"


@pytest.fixture(autouse=True)
def _now():
    with clock.at(NOW):
        yield


@pytest.fixture
def source() -> Source:
    return Source.objects.create(
        slug="fedex-east", kind="fedex", name="FedEx East", created_at=NOW - timedelta(days=9),
        settings={"client_id": "key-1"}, secrets={"client_secret": SECRET},
    )  # fmt: skip


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(person("admin", "manage_sources"))
    return client


def read(client: Client, source: Source) -> str:
    answer = client.get(f"{LIST}{source.pk}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def message(source: Source, **changes: object) -> InboundMessage:
    values = {"source": source, "transport": "poll", "body": b"{}", "body_hash": b"x", "received_at": NOW}
    return InboundMessage.objects.create(**{**values, **changes})


def test_a_secret_is_spoken_of_and_never_shown(admin: Client, source: Source) -> None:
    html = read(admin, source)
    assert "ends in 3f2a" in html
    assert SECRET not in html
    assert 'value="key-1"' in html
    assert "/hooks/fedex-east/" in html
    assert (ends_in(""), ends_in("short"), ends_in(SECRET)) == ("", "set", "set, ends in 3f2a")


def test_a_blank_secret_keeps_the_stored_one(admin: Client, source: Source) -> None:
    admin.post(f"{LIST}{source.pk}/settings/", {"name": "FedEx West", "client_id": "key-2", "client_secret": ""})
    source.refresh_from_db()
    assert (source.name, source.settings["client_id"]) == ("FedEx West", "key-2")
    assert (source.precedence, source.calls_allowed) == (None, 0)
    assert source.secrets == {"client_secret": SECRET}
    admin.post(f"{LIST}{source.pk}/settings/", {"client_id": "key-2", "client_secret": "a new one"})
    source.refresh_from_db()
    assert source.secrets == {"client_secret": "a new one"}


def test_rank_and_allowance_are_a_persons_decision(admin: Client, source: Source) -> None:
    sent = {"name": "FedEx East", "precedence": "2", "calls_allowed": "50", "period_seconds": "60"}
    admin.post(f"{LIST}{source.pk}/settings/", sent)
    source.refresh_from_db()
    assert (source.precedence, source.calls_allowed, source.period_seconds) == (2, 50, 60)
    refused = admin.post(f"{LIST}{source.pk}/settings/", {**sent, "calls_allowed": "-1"})
    assert "greater than or equal to 0" in refused.content.decode()
    source.refresh_from_db()
    assert source.calls_allowed == 50


def test_what_is_missing_is_said(admin: Client) -> None:
    empty = Source.objects.create(slug="new", kind="fedex", created_at=NOW)
    html = read(admin, empty)
    for what, why in sources.missing(empty):
        assert what in html
        assert why in html
    assert "Nothing has come in yet" in html


def test_who_may_only_look_sees_no_settings_and_changes_nothing(client: Client, source: Source) -> None:
    client.force_login(person("auditor"))
    html = read(client, source)
    assert "Store the settings" not in html
    assert "ends in" not in html
    for door in ("settings", "test", "pause", "resume"):
        assert client.post(f"{LIST}{source.pk}/{door}/").status_code == 403
    assert client.get(f"{LIST}add/").status_code == 403


def test_pause_and_resume(admin: Client, source: Source) -> None:
    assert "Paused by a person." in admin.post(f"{LIST}{source.pk}/pause/", follow=True).content.decode()
    source.refresh_from_db()
    assert not source.polling_is_on
    admin.post(f"{LIST}{source.pk}/resume/")
    source.refresh_from_db()
    assert source.polling_is_on


def test_an_open_circuit_says_until_when(admin: Client, source: Source) -> None:
    Source.objects.filter(pk=source.pk).update(
        blocked_until=NOW + timedelta(minutes=30),
        failures_in_a_row=5,
        last_failure="503 from FedEx",
        last_failure_at=NOW,
    )
    html = read(admin, source)
    assert "after 5 failures in a row" in html
    assert "Thu 19 Nov 15:42" in html
    assert "503 from FedEx" in html


def test_testing_the_connection_says_what_came_of_it(
    admin: Client, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = {True: "Signed in as project Northlight.", False: "401: wrong key or secret."}
    for works, sentence in said.items():
        monkeypatch.setattr(sources, "test_connection", lambda *, source_id, now, found=(works, sentence): found)
        answer = admin.post(f"{LIST}{source.pk}/test/", follow=True)
        assert sentence in answer.content.decode()


def test_adding_a_source_asks_the_kind_then_what_it_needs(admin: Client) -> None:
    assert "?kind=shopify" in admin.get(f"{LIST}add/").content.decode()
    form = admin.get(f"{LIST}add/?kind=shopify").content.decode()
    assert "Shop domain" in form
    sent = {
        "name": "My shop",
        "slug": "my-shop",
        "store": "Mugs",
        "shop": "mugs.myshopify.com",
        "webhook_secret": SECRET,
    }
    answer = admin.post(f"{LIST}add/?kind=shopify", sent, follow=True)
    made = Source.objects.get(slug="my-shop")
    assert answer.redirect_chain == [(f"{LIST}{made.pk}/change/", 302)]
    assert SECRET not in answer.content.decode()
    assert made.settings["shop"] == "mugs.myshopify.com"
    assert list(made.stores.all()) == [Store.objects.get(name="Mugs")]


def test_a_taken_slug_changes_nothing(admin: Client, source: Source) -> None:
    answer = admin.post(f"{LIST}add/?kind=fedex", {"name": "Other", "slug": source.slug, "client_id": "stolen"})
    assert "There is a source" in answer.content.decode()
    source.refresh_from_db()
    assert source.settings == {"client_id": "key-1"}


def test_health_counts_what_waits_and_measures_the_lag(source: Source) -> None:
    world = World.make()
    parcel = world.shipment(None)
    minutes = (1, 2, 3, 4, 60)
    TrackingEvent.objects.bulk_create(
        TrackingEvent(
            shipment=parcel, identity=lag, source=source, code=world.code, received_at=NOW,
            occurred_at=NOW - timedelta(minutes=lag),
        )
        for lag in minutes
    )  # fmt: skip
    TrackingEvent.objects.create(  # before the source was connected: looking back is no lag
        shipment=parcel,
        identity=99,
        source=source,
        code=world.code,
        received_at=NOW,
        occurred_at=NOW - timedelta(days=30),
    )
    message(source, state="pending")
    message(source, state="failed")
    message(source, state="gave_up")
    PollState.objects.create(source=source, shipment=parcel, number="1", next_poll_at=NOW)
    PollState.objects.create(source=source, shipment=parcel, number="2", next_poll_at=NOW + timedelta(hours=1))
    found = health([source], NOW)[source.pk]
    assert found.lag is not None
    assert (found.lag.median, found.lag.events) == (timedelta(minutes=3), 5)
    assert timedelta(minutes=40) < found.lag.p95 <= timedelta(minutes=60)
    assert (found.waiting, found.failed, found.polls_due, found.polled_parcels) == (1, 2, 1, 2)
    assert state_counts() == {"pending": 1, "failed": 1, "gave_up": 1}
    assert health([], NOW) == {}
    assert queue_lag_seconds() is not None


def test_counts_of_messages_lead_to_them(admin: Client, source: Source) -> None:
    other = Source.objects.create(slug="other", kind="usps", created_at=NOW)
    for state in ("pending", "pending", "pending", "failed", "gave_up", "processed"):
        message(source, state=state)
    message(other, state="pending")
    page = read(admin, source)
    for label, many in (("Messages failed", 2), ("Messages waiting", 3)):
        address, shown = re.findall(
            rf'<dt>{label}</dt><dd class="[^"]*"><a class="st-link" href="([^"]+)">(\d+)<', page
        )[0]
        listed = admin.get(html.unescape(address)).content.decode()
        assert (int(shown), listed.count('name="_selected_action"')) == (many, many)


def test_the_list_costs_the_same_with_more_sources(admin: Client, source: Source) -> None:
    costs = []
    for many in (1, 20):
        for number in range(many):
            Source.objects.create(slug=f"s{many}-{number}", kind="usps", created_at=NOW)
        admin.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert "not reported" in admin.get(LIST).content.decode()
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 15


def test_secrets_that_no_key_opens_are_told_and_can_be_entered_again(admin: Client, source: Source) -> None:
    other = [Fernet.generate_key().decode()]
    with override_settings(FIELD_KEYS=other):
        assert admin.get(LIST).status_code == 200
        assert "cannot be read with the keys in FIELD_KEYS" in read(admin, source)
    source.refresh_from_db()
    assert source.secrets == {"client_secret": SECRET}  # looking at the page spoils nothing
    with override_settings(FIELD_KEYS=other):
        sources.add_source(kind="fedex", slug="fedex-east", store="", values={"client_secret": "fresh"}, now=NOW)
        assert Source.objects.get().secrets == {"client_secret": "fresh"}
