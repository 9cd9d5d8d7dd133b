"""When an event happened: zones, precisions, clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracking.connectors.contract import Place, When
from tracking.status import places
from tracking.status.places import zone_of
from tracking.status.times import START_OF_DAY_MILESTONES, settle, zone_info, zone_side
from tracking.vocabulary import Milestone


@pytest.mark.parametrize(
    ("country", "region", "zone"),
    [
        ("US", "TX", "America/Chicago"),
        ("us", "tx", "America/Chicago"),
        ("US", "US-NY", "America/New_York"),
        ("US", "TN", "America/Chicago"),
        ("US", "AZ", "America/Phoenix"),
        ("US", "", ""),
        ("US", "ZZ", ""),
        ("CA", "BC", "America/Vancouver"),
        ("CA", "", ""),
        ("AU", "QLD", "Australia/Brisbane"),
        ("GB", "", "Europe/London"),
        ("GB", "ENG", "Europe/London"),
        ("ES", "MD", "Europe/Madrid"),
        ("ES", "GC", "Atlantic/Canary"),
        ("MX", "BC", "America/Tijuana"),
        ("", "TX", ""),
        ("ZZ", "", ""),
    ],
)
def test_zone_of_a_place(country, region, zone):
    assert zone_of(country, region) == zone


def test_every_zone_named_exists():
    known = {*places._BY_REGION.values(), *places._BY_COUNTRY.values(), *places._MAINLAND.values()}

    assert {ZoneInfo(zone).key for zone in known} == known


def test_all_states_of_the_us_have_a_zone():
    states = {region for country, region in places._BY_REGION if country == "US"}

    assert len(states - {"PR", "VI", "GU", "MP", "AS", "DC"}) == 50


def when(precision, value):
    return When(text=str(value), precision=precision, value=value)


@pytest.mark.parametrize(
    ("precision", "value", "place", "fallback", "milestone", "expected", "day", "zone"),
    [
        # an instant stays; its local day is the place's
        ("instant", datetime(2026, 11, 19, 2, tzinfo=UTC), Place(country="US", region="TX"), "", "in_transit",
         datetime(2026, 11, 19, 2, tzinfo=UTC), date(2026, 11, 18), "America/Chicago"),
        ("instant", datetime(2026, 11, 19, 2, tzinfo=UTC), None, "", "in_transit",
         datetime(2026, 11, 19, 2, tzinfo=UTC), None, ""),
        # local: the place decides, not the fallback
        ("local", datetime(2026, 11, 18, 10), Place(country="US", region="CA"), "America/New_York", "in_transit",
         datetime(2026, 11, 18, 18, tzinfo=UTC), date(2026, 11, 18), "America/Los_Angeles"),
        ("local", datetime(2026, 11, 18, 10), Place(city="Memphis"), "America/New_York", "in_transit",
         datetime(2026, 11, 18, 15, tzinfo=UTC), date(2026, 11, 18), "America/New_York"),
        ("local", datetime(2026, 11, 18, 10), None, "No/Such_Zone", "in_transit",
         datetime(2026, 11, 18, 10, tzinfo=UTC), date(2026, 11, 18), ""),
        # a date counts from its start up to in_transit, from its end after
        ("date", date(2026, 11, 18), None, "America/New_York", "first_scan",
         datetime(2026, 11, 18, 5, tzinfo=UTC), date(2026, 11, 18), "America/New_York"),
        ("date", date(2026, 11, 18), None, "America/New_York", "delivered",
         datetime(2026, 11, 19, 4, 59, 59, tzinfo=UTC), date(2026, 11, 18), "America/New_York"),
        # New York skips 02:30 on 8 March 2026 and has 01:30 twice on 1 November 2026: the first is meant
        ("local", datetime(2026, 3, 8, 2, 30), None, "America/New_York", "in_transit",
         datetime(2026, 3, 8, 7, 30, tzinfo=UTC), date(2026, 3, 8), "America/New_York"),
        ("local", datetime(2026, 11, 1, 1, 30), None, "America/New_York", "in_transit",
         datetime(2026, 11, 1, 5, 30, tzinfo=UTC), date(2026, 11, 1), "America/New_York"),
        # Beirut skips midnight: the day begins at 01:00 by the clock
        ("date", date(2026, 3, 29), None, "Asia/Beirut", "in_transit",
         datetime(2026, 3, 28, 22, tzinfo=UTC), date(2026, 3, 29), "Asia/Beirut"),
        # Sao Paulo had the last hour of 17 February 2018 twice: the day ends with the second
        ("date", date(2018, 2, 17), None, "America/Sao_Paulo", "delivered",
         datetime(2018, 2, 18, 2, 59, 59, tzinfo=UTC), date(2018, 2, 17), "America/Sao_Paulo"),
    ],
)  # fmt: skip
def test_settle(precision, value, place, fallback, milestone, expected, day, zone):
    settled = settle(when(precision, value), place, fallback, milestone)

    assert (settled.occurred_at, settled.local_date, settled.zone) == (expected, day, zone)
    assert settled.precision == precision


@given(
    day=st.dates(date(2000, 1, 1), date(2090, 1, 1)),
    zone=st.sampled_from(["America/New_York", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe", ""]),
    milestone=st.sampled_from(Milestone.values),
)
def test_a_date_lands_on_its_own_local_day(day, zone, milestone):
    settled = settle(when("date", day), None, zone, milestone)

    local = settled.occurred_at.astimezone(zone_info(zone))
    assert local.date() == day == settled.local_date
    edge = local + timedelta(seconds=-1 if milestone in START_OF_DAY_MILESTONES else 1)
    assert edge.astimezone(UTC).astimezone(zone_info(zone)).date() != day or local.utcoffset() != edge.utcoffset()


def test_zone_side_is_the_warehouse_where_the_parcel_starts_and_comes_back():
    origin = {milestone for milestone in Milestone.values if zone_side(milestone) == "origin"}

    assert origin == {"label_created", "first_scan", "returned", "cancelled"}
