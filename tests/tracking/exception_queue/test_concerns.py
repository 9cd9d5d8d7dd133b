"""Which open cases a policy concerns, and which window row decides for a parcel: the most specific one."""

import pytest

from tests.tracking.admin.world import World
from tracking.exception_queue import concerns
from tracking.exception_queue.policies import Policies, numbered_windows
from tracking.models import ClaimPolicy, Shipment, WindowPolicy

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World.make()


def own_key(window: str, care: str = "") -> str:
    rows = (key for key, row in numbered_windows() if (row.window, row.care_level) == (window, care))
    return next(rows)


def test_the_most_specific_row_decides_and_counts_the_case(world: World) -> None:
    case = world.case()
    assert concerns.by_window() == {own_key("no_first_scan"): [case.pk]}
    wide = WindowPolicy.objects.create(kind="no_first_scan", window="no_first_scan", days=2, carrier=world.carrier)
    assert concerns.by_window() == {str(wide.pk): [case.pk]}
    narrow = WindowPolicy.objects.create(
        kind="no_first_scan", window="no_first_scan", days=3, carrier=world.carrier, warehouse=world.warehouse
    )
    assert concerns.by_window() == {str(narrow.pk): [case.pk]}
    Shipment.objects.update(warehouse=None)
    assert concerns.by_window() == {str(wide.pk): [case.pk]}


def test_care_goes_before_carrier_among_rows_with_as_many_conditions(world: World) -> None:
    world.case()
    Shipment.objects.update(care_level="high")
    WindowPolicy.objects.create(kind="no_first_scan", window="no_first_scan", days=2, carrier=world.carrier)
    assert list(concerns.by_window()) == [own_key("no_first_scan", "high")]


def test_the_row_named_is_the_one_the_detectors_go_by(world: World) -> None:
    parcel = world.case().shipment
    for days, more in ((2, {}), (3, {"carrier": world.carrier}), (4, {"service": world.service})):
        row = WindowPolicy.objects.create(kind="no_first_scan", window="no_first_scan", days=days, **more)
        named = next(each for each in concerns.deciding_rows(parcel, Policies())["no_first_scan"])
        used = Policies().for_shipment(parcel).windows["no_first_scan"].days
        deciding = WindowPolicy.objects.get(pk=named.key)
        assert deciding.days == used
        assert not named.is_own
    assert deciding.carrier == world.carrier != row.carrier  # equals: the carrier goes before the service
    assert named.scope == "fedex"


def test_windows_of_other_kinds_do_not_count_a_case(world: World) -> None:
    world.case(kind="stalled")
    assert set(concerns.by_window()) == {own_key("stalled"), own_key("stalled.out_for_delivery")}


def test_resolved_cases_concern_nobody(world: World) -> None:
    world.case(state="resolved", outcome="arrived", resolved_at=world.now)
    assert concerns.by_window() == {}
    assert concerns.by_column("kind") == {}


def test_claims_go_by_the_policy_that_names_the_border(world: World) -> None:
    case = world.case(kind="lost", claim_due_at=world.now)
    plain = ClaimPolicy.objects.create(carrier=world.carrier, kind="lost", days=60)
    assert concerns.by_claim() == {str(plain.pk): [case.pk]}
    inside = ClaimPolicy.objects.create(carrier=world.carrier, kind="lost", days=30, international=False)
    assert concerns.by_claim() == {str(inside.pk): [case.pk]}
    Shipment.objects.update(is_international=True)
    assert concerns.by_claim() == {str(plain.pk): [case.pk]}
