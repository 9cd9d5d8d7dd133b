"""What a new installation starts with, besides the mapping: carriers, groups, the default team, rules, policies."""

from datetime import time

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from tracking.connectors.carriers import CARRIERS
from tracking.detectors.presets import KINDS
from tracking.ingest.schedule import MINUTES
from tracking.models import (
    Carrier,
    EscalationPolicy,
    EscalationStep,
    KindPolicy,
    PickupCutoff,
    PollPolicy,
    RoutingRule,
    Team,
    Warehouse,
    WorkingHours,
)
from tracking.presets import desk
from tracking.vocabulary import CauseFamily

WEEKDAYS = range(5)
TRACKING_URLS = {
    "fedex": "https://www.fedex.com/fedextrack/?trknbr={number}",
    "usps": "https://tools.usps.com/go/TrackConfirmAction?tLabels={number}",
    "ups": "https://www.ups.com/track?tracknum={number}",
}

AGENT = ("act_on_case", "assign_others", "reveal_personal_data", "message_customer")
MANAGER = (*AGENT, "approve_money", "edit_policies")
ADMINISTRATOR = (*MANAGER, "publish_configuration", "manage_sources")
GROUPS: dict[str, tuple[str, ...]] = {
    "Support agents": AGENT,
    "Operations managers": MANAGER,
    "Administrators": ADMINISTRATOR,
    "Auditors": (),
}
NEVER_LEFT = "Parcels that never left"
ROUTES: tuple[tuple[str, tuple[str, ...]], ...] = (
    # rule, the families of causes whose kinds it takes; each family stands in exactly one
    (NEVER_LEFT, (CauseFamily.WAREHOUSE,)),
    ("Trouble at the carrier", (CauseFamily.CARRIER, CauseFamily.WEATHER)),
    ("Something the customer has to do", (CauseFamily.CUSTOMER,)),
    ("Held by customs", (CauseFamily.CUSTOMS,)),
    ("Feeds that contradict each other", (CauseFamily.FEED,)),
)
LADDERS: dict[str, tuple[float, tuple[tuple[float, str], ...]]] = {
    # working hours after which an acknowledged case is quiet; steps: working hours after the breach, action
    "critical": (2, ((0, "notify_owner"), (0.5, "notify_lead"), (2, "reassign"))),
    "high": (8, ((0, "notify_owner"), (1, "notify_lead"), (4, "reassign"))),
    "medium": (16, ((0, "notify_owner"), (4, "notify_lead"), (18, "raise_severity"))),
    "low": (27, ((0, "notify_owner"), (9, "notify_lead"))),
}
POLICY_MODELS = (
    "windowpolicy", "kindpolicy", "carepolicy", "claimpolicy", "macro", "promisepolicy", "pollpolicy", "routingrule",
    "team", "teammember", "absence", "escalationpolicy", "escalationstep", "shift", "workinghours", "warehouse",
    "pickupcutoff", "carrier", "service",
)  # fmt: skip
ADMIN_MODELS = (*POLICY_MODELS, "store", "source", "statusmapping", "mappingversion", "privacytask")


@transaction.atomic
def load() -> None:
    """Create what is missing; what administrators changed stays. May be called again at any time."""
    _carriers()
    _groups()
    team = _team()
    _rules(team)
    _policies(team)
    _ladders()


def _carriers() -> None:
    rows = [
        Carrier(
            code=each.code,
            name=each.label,
            tracking_url=TRACKING_URLS.get(each.code, ""),
        )
        for each in CARRIERS
    ]
    Carrier.objects.bulk_create(rows, ignore_conflicts=True)


def _groups() -> None:
    for name, codenames in GROUPS.items():
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.add(*_permissions(name, codenames))


def _permissions(group: str, codenames: tuple[str, ...]) -> list[Permission]:
    """Everybody may look; managers may change policies, administrators also sources, mappings and people."""
    ours = Permission.objects.filter(content_type__app_label="tracking")
    views = list(ours.filter(codename__startswith="view_"))
    own = list(ours.filter(codename__in=codenames))
    models = {"Operations managers": POLICY_MODELS, "Administrators": ADMIN_MODELS}.get(group, ())
    changes = [f"{verb}_{model}" for model in models for verb in ("add", "change", "delete")]
    more = list(ours.filter(codename__in=changes))
    if group == "Administrators":
        more += list(Permission.objects.filter(content_type__app_label="auth"))
    return views + own + more


def _team() -> Team:
    team, is_new = Team.objects.get_or_create(
        slug="support", defaults={"name": "Customer support", "time_zone": "America/New_York"}
    )
    if is_new:
        WorkingHours.objects.bulk_create(
            WorkingHours(team=team, weekday=day, start=time(9), end=time(18)) for day in WEEKDAYS
        )
    if not Warehouse.objects.exists():
        house = Warehouse.objects.create(name="Main warehouse", is_default=True)
        PickupCutoff.objects.bulk_create(
            PickupCutoff(warehouse=house, weekday=day, cutoff=time(17)) for day in WEEKDAYS
        )
    return team


def _rules(team: Team) -> None:
    """One rule for each family of causes, so that every kind is routed on purpose, and the last one for the rest."""
    if RoutingRule.objects.filter(is_last=True).exists():
        return
    for place, (name, causes) in enumerate(ROUTES, start=1):
        kinds = [row.kind for row in KINDS if row.cause in causes]
        RoutingRule.objects.create(position=place * 10, name=name, kinds=kinds, team=team)
    RoutingRule.objects.create(position=1000, name="Everything else", is_last=True, team=team)


def _policies(team: Team) -> None:
    is_first = not KindPolicy.objects.exists()
    KindPolicy.objects.bulk_create(
        [
            KindPolicy(
                kind=row.kind,
                severity=row.severity,
                cause=row.cause,
                next_action=row.next_action,
                due_hours=row.due_hours,
                first_response_hours=row.first_response_hours,
                team=team,
            )
            for row in KINDS
        ],
        ignore_conflicts=True,
    )
    PollPolicy.objects.bulk_create(
        [PollPolicy(phase=phase, minutes=minutes) for phase, minutes in MINUTES.items()], ignore_conflicts=True
    )
    desk.load(is_first=is_first)


def _ladders() -> None:
    if EscalationPolicy.objects.exists():
        return
    for severity, (quiet_hours, steps) in LADDERS.items():
        policy = EscalationPolicy.objects.create(severity=severity, quiet_hours=quiet_hours)
        EscalationStep.objects.bulk_create(
            EscalationStep(policy=policy, after_hours=hours, action=action) for hours, action in steps
        )
