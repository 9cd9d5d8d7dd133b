"""What the demo stands on: pretend stores, warehouses, sources, and a team with somebody on shift at every hour."""

from datetime import datetime, time, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction

from tracking.configuration.operations import publish_content
from tracking.configuration.queries import in_force, versions_of
from tracking.ingest.sources import add_source
from tracking.models import PickupCutoff, PromisePolicy, Shift, Store, Team, TeamMember, Warehouse
from tracking.models import WorkingHours as Hours
from tracking.presets.defaults import NEVER_LEFT
from tracking.routing.rule_sets import NAME as ROUTING
from tracking.sandbox.accounts import SHOPS, SOURCES, WAREHOUSES

END_OF_DAY = time(23, 59, 59)
COLOURS = {"northlight": "#24483d", "casa": "#b4431f", "maple": "#8a1c2b", "tallow": "#2f4b7c"}
# Local hours of the support team. Nights are thin, but never empty.
PEOPLE: tuple[tuple[str, str, str, tuple[tuple[int, int], ...]], ...] = (
    ("lena", "Lena Fischer", "Support agents", ((6, 14),)),
    ("omar", "Omar Haddad", "Support agents", ((9, 18),)),
    ("priya", "Priya Nair", "Support agents", ((14, 22),)),
    ("tomas", "Tomas Vidal", "Support agents", ((0, 6), (22, 24))),
)
NAMES = {
    "fedex-main": "FedEx",
    "usps-main": "USPS",
    "ups-main": "UPS",
    "easypost-main": "EasyPost",
    "shipstation-main": "ShipStation",
}
SPANISH_SHOPS = frozenset({"casa"})


@transaction.atomic
def set_up(*, origin: str, now: datetime) -> None:
    """Connect the pretend vendors at `origin` (http://127.0.0.1:port) and man the support team."""
    _warehouses()
    _stores(now)
    for source in SOURCES.values():
        for store in source.stores:
            add_source(
                kind=source.kind,
                slug=source.slug,
                store=store,
                values=source.settings_at(origin),
                now=now,
                name=_name(source.slug),
                is_sandbox=True,
            )
    _teams(now)


def _name(slug: str) -> str:
    """What people call a pretend account: its carrier or platform, or its shop."""
    shop = next((shop.name for shop in SHOPS.values() if shop.slug == slug), "")
    return shop or NAMES.get(slug, slug)


def _warehouses() -> None:
    Warehouse.objects.update(is_default=False)
    for house in WAREHOUSES.values():
        row, _ = Warehouse.objects.get_or_create(
            name=house.name,
            defaults={
                "city": house.city,
                "region": house.region,
                "country": house.country,
                "time_zone": house.zone,
                "aliases": [str(house.location_id)],
            },
        )
        cutoff = time.fromisoformat(house.cutoff)
        PickupCutoff.objects.bulk_create(
            [PickupCutoff(warehouse=row, weekday=day, cutoff=cutoff) for day in range(5)], ignore_conflicts=True
        )


def _stores(now: datetime) -> None:
    for shop in SHOPS.values():
        house = WAREHOUSES[shop.warehouse]
        Store.objects.update_or_create(
            name=shop.name,
            defaults={
                "brand": shop.name,
                "brand_colour": COLOURS[shop.key],
                "default_language": shop.language,
                "time_zone": shop.zone,
                "currency": shop.currency,
                "country": house.country,
                "sender_email": shop.sender,
            },
            create_defaults={
                "brand": shop.name,
                "brand_colour": COLOURS[shop.key],
                "default_language": shop.language,
                "time_zone": shop.zone,
                "currency": shop.currency,
                "country": house.country,
                "sender_email": shop.sender,
                "created_at": now,
            },
        )
    PromisePolicy.objects.get_or_create(store=None, shipping_method="", country="US", defaults={"carrier_days": 7.0})


def _teams(now: datetime) -> None:
    support = Team.objects.get(slug="support")
    for username, name, group, spans in PEOPLE:
        _person(support, username, name, group, spans)
    warehouse, is_new = Team.objects.get_or_create(
        slug="warehouse", defaults={"name": "Warehouse desk", "time_zone": "America/New_York"}
    )
    if is_new:
        Hours.objects.bulk_create(Hours(team=warehouse, weekday=day, start=time(7), end=time(17)) for day in range(5))
        _person(warehouse, "wendy", "Wendy Okafor", "Support agents", ((7, 17),), days=range(5))
        _give_never_left_to(warehouse, now)


def _give_never_left_to(warehouse: Team, now: datetime) -> None:
    """Parcels that never left are the warehouse's; published like any change of a rule."""
    content = [{**rule, "team": warehouse.pk} if rule["name"] == NEVER_LEFT else rule for rule in in_force(ROUTING)]
    at = max([now, *versions_of(ROUTING).values_list("published_at", flat=True)])  # its story begins before the presets
    publish_content(kind=ROUTING, content=content, now=at, note="The demo's warehouse desk")


def _person(
    team: Team, username: str, name: str, group: str, spans: tuple[tuple[int, int], ...], days: range = range(7)
) -> None:
    first, last = name.split()
    user, is_new = get_user_model().objects.get_or_create(
        username=username,
        defaults={"first_name": first, "last_name": last, "is_staff": True, "email": f"{username}@shiptrack.example"},
    )
    if not is_new:
        return
    user.set_unusable_password()
    user.save()
    user.groups.add(Group.objects.get(name=group))
    member = TeamMember.objects.create(team=team, user=user)
    Shift.objects.bulk_create(
        Shift(member=member, weekday=day, start=time(start), end=END_OF_DAY if end == 24 else time(end))
        for day in days
        for start, end in spans
    )


def begin_of_world(now: datetime, days: int) -> datetime:
    """The moment the demo's story begins, so that it ends now."""
    return now.replace(microsecond=0) - timedelta(days=days)
