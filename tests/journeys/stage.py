"""What stands before a story begins: stores, warehouses, two teams, the presets, the sandbox's accounts."""

from datetime import datetime, time

from django.conf import settings
from django.contrib.auth import get_user_model

from tracking.events import meanings
from tracking.ingest.sources import add_source
from tracking.models import (
    EscalationPolicy,
    MappingVersion,
    PickupCutoff,
    RoutingRule,
    Shift,
    StatusMapping,
    Store,
    Team,
    TeamMember,
    Warehouse,
    WorkingHours,
)
from tracking.presets import defaults
from tracking.sandbox.accounts import SHOPS, SOURCES, WAREHOUSES
from tracking.status.presets import kinds, load


def set_stage(now: datetime) -> None:
    """Make an installation that has just been connected to the pretend shops and carriers."""
    _mapping(now)
    for house in WAREHOUSES.values():
        warehouse = Warehouse.objects.create(
            name=house.name,
            city=house.city,
            region=house.region,
            country=house.country,
            time_zone=house.zone,
            aliases=[str(house.location_id)],
        )
        for weekday in range(5):
            PickupCutoff.objects.create(warehouse=warehouse, weekday=weekday, cutoff=time.fromisoformat(house.cutoff))
    for shop in SHOPS.values():
        Store.objects.create(
            name=shop.name,
            default_language=shop.language,
            time_zone=shop.zone,
            currency=shop.currency,
            sender_email=shop.sender,
            created_at=now,
        )
    defaults.load()
    EscalationPolicy.objects.all().delete()  # nobody acts in these stories: a ladder would fill each with its steps
    _people()
    origin = f"http://127.0.0.1:{settings.SANDBOX_PORT}"
    for source in SOURCES.values():
        for store in source.stores:
            values = source.settings_at(origin)
            add_source(kind=source.kind, slug=source.slug, store=store, values=values, now=now, is_sandbox=True)


def _people() -> None:
    """One person at support and one at the warehouse, both on duty while their teams work."""
    support = Team.objects.get(slug="support")
    desk = Team.objects.create(name="Warehouse desk", slug="warehouse", time_zone="America/New_York")
    WorkingHours.objects.bulk_create(
        WorkingHours(team=desk, weekday=day, start=time(7), end=time(17)) for day in range(5)
    )
    RoutingRule.objects.filter(name=defaults.NEVER_LEFT).update(team=desk)
    for name, team in (("lena", support), ("wendy", desk)):
        member = TeamMember.objects.create(team=team, user=get_user_model().objects.create(username=name))
        Shift.objects.bulk_create(
            Shift(member=member, weekday=hours.weekday, start=hours.start, end=hours.end) for hours in team.hours.all()
        )


def _mapping(now: datetime) -> None:
    version = MappingVersion.objects.create(number=1, published_at=now)
    rows = [row for kind in kinds() for row in load(kind)]
    StatusMapping.objects.bulk_create(
        StatusMapping(
            version=version,
            row_key=row.id,
            source_kind=row.source_kind,
            carrier=row.carrier,
            field=row.field,
            code=row.code,
            subcode=row.subcode,
            pattern=row.pattern,
            milestone=row.milestone,
            reason=row.reason,
            evidence=row.evidence,
            turn=row.turn,
            hint=row.hint,
            is_pass=row.is_pass,
            description=row.description,
        )
        for row in rows
    )
    meanings.forget()
