"""Rows for tests of the admin pages: a small shop with people, parcels and cases, all in relation to one moment."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission, User

from tracking.models import (
    Carrier,
    CaseActivity,
    Customer,
    ExceptionCase,
    Order,
    RoutingRule,
    Service,
    Shipment,
    Signal,
    Source,
    StatusChange,
    Store,
    Team,
    TeamMember,
    TrackingCode,
    TrackingEvent,
    TrackingNumber,
    Warehouse,
)
from tracking.models.parties import email_hash
from tracking.vocabulary import SEVERITY_RANK

NOW = datetime(2026, 11, 19, 15, 12, tzinfo=UTC)  # Thursday 10:12 in New York
PLANTED = "planted.person@example.com"


def person(name: str, *extra: str, team: Team | None = None) -> User:
    """A colleague who may view everything of the tracking app, and what `extra` names."""
    user = User.objects.create_user(name, password=name, is_staff=True)
    own = Permission.objects.filter(content_type__app_label="tracking")
    user.user_permissions.set([*own.filter(codename__startswith="view_"), *own.filter(codename__in=extra)])
    if team:
        TeamMember.objects.create(team=team, user=user)
    return user


@dataclass
class World:
    """One store, team, carrier, source; makes cases."""

    store: Store
    team: Team
    carrier: Carrier
    service: Service
    warehouse: Warehouse
    source: Source
    rule: RoutingRule
    code: TrackingCode
    now: datetime = NOW
    made: int = 0

    @classmethod
    def make(cls, now: datetime = NOW) -> "World":
        """The ground without any case; all times are in relation to `now`."""
        team = Team.objects.create(name="Support", slug="support", time_zone="America/New_York")
        carrier = Carrier.objects.create(code="fedex", name="FedEx")
        return cls(
            store=Store.objects.create(name="Northlight Goods", created_at=now),
            team=team,
            carrier=carrier,
            service=Service.objects.create(carrier=carrier, name="Home Delivery"),
            warehouse=Warehouse.objects.create(name="EWR3"),
            source=Source.objects.create(slug="fedex-track", kind="fedex", name="FedEx Track", created_at=now),
            rule=RoutingRule.objects.create(position=99, name="Everything else", team=team, is_last=True),
            code=TrackingCode.objects.create(
                identity=1, source_kind="fedex", raw_code="OC", first_seen_at=now, milestone="label_created"
            ),
            now=now,
        )

    def order(self, **changes: Any) -> Order:
        """An order with its customer; the customer has the planted address."""
        number = str(10400 + self.made)
        customer, _ = Customer.objects.get_or_create(
            store=self.store,
            email_key=email_hash(PLANTED),
            defaults={"email": PLANTED, "name": "Planted Person", "phone": "+1 555 010 4242"},
        )
        values = {
            "store": self.store,
            "external_id": f"x{self.made}",
            "number": f"#{number}",
            "normalized_number": number,
            "received_at": self.now,
            "created_at": self.now - timedelta(days=3),
            "currency": "USD",
            "total_minor": 41200,
            "customer": customer,
        }
        return Order.objects.create(**{**values, **changes})

    def shipment(self, order: Order | None, **changes: Any) -> Shipment:
        """A parcel that has a label and nothing more."""
        values = {
            "store": self.store,
            "order": order,
            "carrier": self.carrier,
            "service": self.service,
            "warehouse": self.warehouse,
            "number": f"77124430{self.made:04}",
            "created_at": self.now - timedelta(days=2),
            "status": "label_created",
            "evidence": "carrier_has_data",
            "label_at": self.now - timedelta(hours=52),
            "ship_to_city": "Austin",
            "ship_to_country": "US",
            "sentence_key": "label_created",
            "sentence_parameters": {"carrier": "FedEx"},
        }
        shipment = Shipment.objects.create(**{**values, **changes})
        if shipment.number:
            TrackingNumber.objects.create(shipment=shipment, number=shipment.number, valid_from=self.now)
        return shipment

    def case(
        self, *, left: timedelta = timedelta(minutes=18), events: int = 1, with_order: bool = True, **changes: Any
    ) -> ExceptionCase:
        """One case with order, parcel, a signal, an activity and `events` events; `left` until it is due."""
        self.made += 1
        shipment = self.shipment(self.order() if with_order else None)
        values = {
            "shipment": shipment,
            "order": shipment.order,
            "store": self.store,
            "carrier": self.carrier,
            "warehouse": self.warehouse,
            "shipment_status": shipment.status,
            "kind": "no_first_scan",
            "cause": "warehouse",
            "severity": "medium",
            "evidence": "No scan for 52 h since the label.",
            "since": self.now - timedelta(hours=52),
            "team": self.team,
            "next_action": "Ask the warehouse for handover proof",
            "next_action_due_at": self.now + left,
            "first_response_due_at": self.now + left,
            "time_left_at": self.now + left,
            "routed_by": self.rule,
            "routed_by_version": 1,
            "opened_at": self.now - timedelta(hours=5),
        }
        values |= changes
        case = ExceptionCase.objects.create(**values, severity_rank=SEVERITY_RANK[str(values["severity"])])
        self._story(case, events)
        return case

    def resolved(self, *, ended: timedelta = timedelta(hours=2), **changes: Any) -> ExceptionCase:
        """A case that ended `ended` ago."""
        return self.case(state="resolved", outcome="arrived", resolved_at=self.now - ended, **changes)

    def _story(self, case: ExceptionCase, events: int) -> None:
        Signal.objects.create(
            shipment=case.shipment, case=case, kind=case.kind, severity=case.severity, cause=case.cause,
            evidence=case.evidence, since=case.since, fired_at=case.opened_at,
        )  # fmt: skip
        CaseActivity.objects.create(case=case, kind="opened", at=case.opened_at)
        CaseActivity.objects.create(case=case, kind="routed", at=case.opened_at, after={"team": self.team.pk})
        StatusChange.objects.create(
            shipment=case.shipment, to_status="label_created", known_at=self.now - timedelta(hours=51), cause="event",
            sentence_key="label_created", sentence_parameters={"carrier": "FedEx"},
        )  # fmt: skip
        TrackingEvent.objects.bulk_create(self._events(case.shipment, events))

    def _events(self, shipment: Shipment, many: int) -> Iterable[TrackingEvent]:
        for number in range(many):
            at = self.now - timedelta(hours=52) + timedelta(minutes=number)
            yield TrackingEvent(
                shipment=shipment, identity=number, source=self.source, code=self.code, occurred_at=at,
                received_at=at, own_text=f"Shipment information sent to FedEx {number}", message_id=1,
            )  # fmt: skip
