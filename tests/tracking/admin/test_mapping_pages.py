"""Codes and mappings: what is unmapped is seen, a row is tried before it is published, versions tell what changed."""

from typing import Any

import pytest
from django.test import Client

from tests.tracking.admin.world import NOW, World, person
from tracking import clock
from tracking.events.meanings import forget
from tracking.mapping.operations import add_row
from tracking.mapping.queries import preview, usage
from tracking.models import MappingVersion, Shipment, StatusMapping, TrackingCode, TrackingEvent
from tracking.status.contract import MappingRow

pytestmark = pytest.mark.django_db
CODES, ROWS, VERSIONS = (f"/admin/tracking/{model}/" for model in ("trackingcode", "statusmapping", "mappingversion"))
SCAN = {
    "source_kind": "fedex",
    "carrier": "",
    "field": "eventType",
    "code": "ZQ",
    "subcode": "",
    "pattern": "",
    "milestone": "first_scan",
    "reason": "",
    "evidence": "item_scanned",
    "turn": "",
    "description": "Moved to robotic induction lane",
    "note": "FedEx says it is a scan",
}


@pytest.fixture(autouse=True)
def _now():
    forget()
    with clock.at(NOW):
        yield
    forget()


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(person("admin", "publish_configuration"))
    return client


@pytest.fixture
def code() -> TrackingCode:
    """An unmapped code, heard twice on one parcel."""
    world = World.make()
    parcel = world.case(events=0).shipment
    found = TrackingCode.objects.create(
        identity=77, source_kind="fedex", carrier="fedex", keys=[["eventType", "ZQ", ""]], raw_code="ZQ",
        text_shape="moved", sample_text="Moved to robotic induction lane", first_seen_at=NOW,
    )  # fmt: skip
    for number in range(2):
        TrackingEvent.objects.create(
            shipment=parcel, identity=900 + number, source=world.source, code=found, occurred_at=NOW, received_at=NOW,
            own_text="Moved to robotic induction lane",
        )  # fmt: skip
    return found


def row(**changes: str) -> MappingRow:
    values: dict[str, Any] = {name: SCAN[name] for name in SCAN if name not in ("note", "description")}
    return MappingRow(id="new", **{**values, **changes})


def test_the_unmapped_tab_shows_counts_and_the_carriers_words(admin: Client, code: TrackingCode) -> None:
    answer = admin.get(CODES, {"milestone__exact": "unmapped"})
    html = answer.content.decode()
    assert [each.pk for each in answer.context["cl"].result_list] == [code.pk]
    assert "Moved to robotic induction lane" in html
    assert "2 in 1" in html
    assert answer.context["list_tabs"][0].count == "1"
    assert usage([code.pk])[code.pk].events == 2


def test_a_row_is_tried_first_and_changes_nothing(admin: Client, code: TrackingCode) -> None:
    html = admin.post(f"{CODES}{code.pk}/change/", {**SCAN, "preview": "1"}).content.decode()
    assert "What publishing would do" in html
    assert "<b>1 code</b> would mean something else: 2 events in <b>1 parcel</b>, 1 of them still on their way" in html
    assert not MappingVersion.objects.exists()


def test_publishing_gives_the_code_its_meaning_and_the_parcel_its_status(admin: Client, code: TrackingCode) -> None:
    answer = admin.post(f"{CODES}{code.pk}/change/", {**SCAN, "publish": "1"}, follow=True)
    assert "Mapping version 1 is in force" in answer.content.decode()
    code.refresh_from_db()
    assert (code.milestone, code.evidence, code.mapping_version) == ("first_scan", "item_scanned", 1)
    assert Shipment.objects.get(events__code=code, events__identity=900).status == "first_scan"
    made = StatusMapping.objects.get()
    assert (made.author, made.version.note) == ("person", "FedEx says it is a scan")


def test_mapping_the_same_code_again_changes_the_row(admin: Client, code: TrackingCode) -> None:
    admin.post(f"{CODES}{code.pk}/change/", {**SCAN, "publish": "1"})
    admin.post(f"{CODES}{code.pk}/change/", {**SCAN, "milestone": "in_transit", "publish": "1"})
    assert list(StatusMapping.objects.filter(version__number=2).values_list("milestone", flat=True)) == ["in_transit"]


@pytest.mark.parametrize(("change", "sentence"), [
    ({"evidence": "carrier_has_data"}, "needs the evidence item_scanned"),
    ({"milestone": ""}, "The milestone is missing."),
    ({"code": ""}, "This field is required."),
    ({"milestone": "nonsense"}, "nonsense is not one of the available choices"),
])  # fmt: skip
def test_a_row_against_the_rules_is_refused_in_words(
    admin: Client, code: TrackingCode, change: dict[str, str], sentence: str
) -> None:
    html = admin.post(f"{CODES}{code.pk}/change/", {**SCAN, **change, "publish": "1"}).content.decode()
    assert sentence in html
    assert not MappingVersion.objects.exists()


def test_who_may_not_publish_sees_no_form(client: Client, code: TrackingCode) -> None:
    client.force_login(person("auditor"))
    html = client.get(f"{CODES}{code.pk}/change/").content.decode()
    assert "Publish a new version" not in html
    assert client.post(f"{CODES}{code.pk}/change/", {**SCAN, "publish": "1"}).status_code == 403
    assert not MappingVersion.objects.exists()


def test_a_row_is_changed_into_a_new_version_and_the_old_one_stays(admin: Client, code: TrackingCode) -> None:
    values = {name: value for name, value in SCAN.items() if name != "note"}
    add_row(values=values, actor=person("first"), now=NOW, note="at first")
    old = StatusMapping.objects.get()
    admin.post(f"{ROWS}{old.pk}/change/", {**SCAN, "milestone": "in_transit", "publish": "1"})
    old.refresh_from_db()
    new = StatusMapping.objects.get(version__number=2)
    assert (old.milestone, new.milestone) == ("first_scan", "in_transit")
    assert [each.pk for each in admin.get(ROWS).context["cl"].result_list] == [new.pk]
    assert "no longer in force" in admin.get(f"{ROWS}{old.pk}/change/").content.decode()
    admin.post(f"{ROWS}{old.pk}/change/", {**SCAN, "milestone": "delivered", "publish": "1"})
    assert MappingVersion.objects.count() == 2
    version = admin.get(f"{VERSIONS}{new.version_id}/change/").content.decode()
    assert "1 row changed" in version
    assert "First scan" in version
    assert "In transit" in version
    assert "in force" in admin.get(VERSIONS).content.decode()


def test_preview_counts_only_what_would_change(code: TrackingCode) -> None:
    assert preview(row()).parcels == 1
    assert preview(row(code="OTHER")).effects == ()
    assert preview(row(source_kind="usps")).effects == ()
    assert preview(row(pattern="moved to")).parcels == 1
    assert preview(row(pattern="arrived")).effects == ()
