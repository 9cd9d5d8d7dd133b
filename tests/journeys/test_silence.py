"""A source on which twenty parcels depend falls silent and comes back: what stands still, what is raised and worked."""

import html
import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import Client

from tests.journeys.diary import Diary, Plans
from tests.journeys.player import Player
from tests.journeys.stage import set_stage
from tests.journeys.test_stories import RECORDS, compare
from tests.tracking.ingest.making import stored
from tests.tracking.sandbox.helpers import MONDAY
from tracking import clock
from tracking.ingest.drain import drain
from tracking.models import DomainEvent, ExceptionCase, FeedIncident, Shipment, Source
from tracking.sandbox.engine import World

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
SILENT_FROM = MONDAY + 13 * HOUR  # labels are made, nothing is picked up yet
QUEUE = "/admin/tracking/exceptioncase/"
BACK = MONDAY + 3 * DAY + 9 * HOUR  # Thursday morning; USPS has something to push on Friday before dawn
END = MONDAY + 4 * DAY + 9 * HOUR
MOMENT = re.compile(r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d\d \w{3} \d\d:\d\d \w{3}|#?\d{5,}")
ICON_OR_TAG = re.compile(r'<span class="st-i .*?</span>|<[^>]+>', re.DOTALL)
BANNER = re.compile(r'<div class="st st-banner">(.*?)</div></div>', re.DOTALL)


def test_a_silent_source_and_twenty_parcels() -> None:
    """The whole play: labels for 21 parcels that only USPS tells of, one that a warehouse tells of too, one of FedEx.

    First the branch in which USPS is asked and fails for a day, undone; then the one in which it only pushes, for days.
    """
    player, plans = _announced()
    with transaction.atomic():
        record = ["USPS is asked and does not answer for a day", *_failing(player)]
        transaction.set_rollback(True)
    Source.objects.filter(slug="usps-main").update(polling_is_on=False)
    player.back_to(SILENT_FROM)
    record += ["", "USPS pushes nothing for three days", *_silent(player)]
    record += ["", *_parcels(Diary("America/New_York", plans))]
    compare({RECORDS / "feed_silent.txt": "\n".join(record) + "\n"})


def _announced() -> tuple[Player, Plans]:
    world = World.single("source_silent", MONDAY, copies=22, beside=["label_never_lodged"])
    set_stage(MONDAY)
    plans = Plans()
    player = Player(world, MONDAY, look=plans.look, feeds_every=2 * HOUR)
    world.silences = []
    player.play(SILENT_FROM - HOUR / 2)
    _warehouse_tells(Shipment.objects.filter(carrier__code="usps").latest("id"), player.now)
    player.play(SILENT_FROM)
    get_user_model().objects.create_superuser("ada", password="ada")
    return player, plans


def _warehouse_tells(parcel: Shipment, now: datetime) -> None:
    """Somebody besides USPS knows of this parcel."""
    said = f'{{"shipments": [{{"tracking_number": "{parcel.number}", "carrier": "USPS", "estimate": "2026-09-21"}}]}}'
    stored(Source.objects.get(slug="tallow-warehouse"), said.encode(), now)
    drain(clock=lambda: now)


def _failing(player: Player) -> Iterator[str]:
    player.world.silences = [("usps-main", SILENT_FROM, SILENT_FROM + DAY)]
    for hours in (1, 6, 23):
        player.play(SILENT_FROM + hours * HOUR)
        yield from _seen(player.now)
    player.play(SILENT_FROM + DAY + 6 * HOUR)
    yield from _seen(player.now)
    yield from _incidents()


def _silent(player: Player) -> Iterator[str]:
    player.world.silences = [("usps-main", SILENT_FROM, BACK)]
    for moment in (SILENT_FROM + 8 * HOUR, MONDAY + DAY + 19 * HOUR, MONDAY + 2 * DAY + 19 * HOUR):
        player.play(moment)
        yield from _seen(player.now)
    player.play(BACK)
    yield from _worked_as_one(player.now)
    player.play(END)
    yield from _seen(player.now)
    yield from _incidents()


def _seen(now: datetime) -> Iterator[str]:
    """What an administrator sees on the home page, and what is open."""
    with clock.at(now):
        page = _ada().get("/admin/").content.decode()
    yield f"{_at(now)}"
    yield f"  banner: {' | '.join(_plain(each) for each in BANNER.findall(page)) or 'none'}"
    for kind, cause, incident, many in _open_cases():
        yield f"  open: {many} {kind}, cause {cause}, {'of the incident' if incident else 'of no incident'}"


def _open_cases() -> list[tuple[str, str, bool, int]]:
    rows = ExceptionCase.objects.exclude(state="resolved").values_list("kind", "cause", "incident")
    found = [(kind, cause, incident is not None) for kind, cause, incident in rows]
    return [(*each, found.count(each)) for each in sorted(set(found))]


def _worked_as_one(now: datetime) -> Iterator[str]:
    """Take all cases of the incident from its list, by one action."""
    incident = FeedIncident.objects.get(ended_at=None)
    address = f"{QUEUE}?incident={incident.pk}"
    with clock.at(now):
        browser = _ada()
        listed = re.findall(r'name="_selected_action" value="(\d+)"', browser.get(address).content.decode())
        chosen = {"action": "take", "index": "0", "_selected_action": listed, "confirmed": "1"}
        browser.post(address, chosen)
    taken = ExceptionCase.objects.filter(incident=incident, owner__username="ada").count()
    yield f"{_at(now)}"
    yield f"  listed by the banner's link: {len(listed)}; taken by one action: {taken}"


def _incidents() -> Iterator[str]:
    for row in FeedIncident.objects.order_by("id"):
        limit = f", longer than {row.limit} is unusual" if row.limit else ""
        yield f"incident: {row.source.slug}, {row.reason}{limit}; {row.parcels} parcels, {row.parcels_alone} alone"
        yield f"  nothing heard since {_at(row.began_at)}, opened {_at(row.opened_at)}"
        yield f"  ended {_at(row.ended_at) if row.ended_at else 'not'}: {row.ended_because}"
    for news in DomainEvent.objects.filter(kind__startswith="feed.").order_by("id"):
        yield f"news: {news.kind} {_at(news.at)}, {news.payload['cases']} cases of it"


def _parcels(diary: Diary) -> Iterator[str]:
    """Each kind of parcel once, with its whole story; of those that live the same hours apart, the first."""
    told: dict[str, list[Shipment]] = {}
    for row in Shipment.objects.order_by("id"):
        told.setdefault(MOMENT.sub("_", "\n".join(diary.story(row))), []).append(row)
    for rows in told.values():
        yield f"{len(rows)} parcel{'s' if len(rows) > 1 else ''} with this story"
        yield from diary.story(rows[0])
        yield ""


def _ada() -> Client:
    browser = Client()
    browser.force_login(get_user_model().objects.get(username="ada"))
    return browser


def _plain(markup: str) -> str:
    return " ".join(html.unescape(ICON_OR_TAG.sub(" ", markup)).split())


def _at(moment: datetime) -> str:
    return f"{moment - timedelta(hours=4):%a %d %b %H:%M} EDT"
