"""All models of the tracking app, one file per aggregate."""

from tracking.models.case import CaseActivity, CustomerPromise, ExceptionCase, Signal
from tracking.models.configuration import ConfigurationApplication, ConfigurationDraft, ConfigurationVersion
from tracking.models.dispute import Dispute, EvidenceSection
from tracking.models.event import Observation, OwnReport, TrackingCode, TrackingEvent
from tracking.models.inbound import FetchBack, InboundMessage, PollPolicy, PollState, WakeFlag
from tracking.models.incident import FeedGap, FeedHour, FeedIncident
from tracking.models.knowledge import CustomerKnowledge
from tracking.models.ledger import DomainEvent
from tracking.models.mapping import MappingVersion, StatusMapping
from tracking.models.order import Fulfilment, FulfilmentParcel, Order, OrderAlias, OrderLine
from tracking.models.parties import Carrier, Customer, PickupCutoff, Service, Store, Warehouse
from tracking.models.policy import CarePolicy, ClaimPolicy, KindPolicy, Macro, Playbook, PromisePolicy, WindowPolicy
from tracking.models.public import CustomerReport, PublicUse
from tracking.models.queue_view import Presence, SavedView
from tracking.models.shipment import Shipment, StatusChange, TrackingNumber
from tracking.models.source import Source
from tracking.models.team import (
    Absence,
    EscalationPolicy,
    EscalationStep,
    RoutingRule,
    Shift,
    ShiftHandover,
    Team,
    TeamLoad,
    TeamMember,
    WorkingHours,
)
from tracking.models.ticket import SupportTicket
from tracking.models.upkeep import Job, PrivacyTask, RevealLog, WorkerHeartbeat

__all__ = [
    "Absence",
    "CarePolicy",
    "Carrier",
    "CaseActivity",
    "ClaimPolicy",
    "ConfigurationApplication",
    "ConfigurationDraft",
    "ConfigurationVersion",
    "Customer",
    "CustomerKnowledge",
    "CustomerPromise",
    "CustomerReport",
    "Dispute",
    "DomainEvent",
    "EscalationPolicy",
    "EscalationStep",
    "EvidenceSection",
    "ExceptionCase",
    "FeedGap",
    "FeedHour",
    "FeedIncident",
    "FetchBack",
    "Fulfilment",
    "FulfilmentParcel",
    "InboundMessage",
    "Job",
    "KindPolicy",
    "Macro",
    "MappingVersion",
    "Observation",
    "Order",
    "OrderAlias",
    "OrderLine",
    "OwnReport",
    "PickupCutoff",
    "Playbook",
    "PollPolicy",
    "PollState",
    "Presence",
    "PrivacyTask",
    "PromisePolicy",
    "PublicUse",
    "RevealLog",
    "RoutingRule",
    "SavedView",
    "Service",
    "Shift",
    "ShiftHandover",
    "Shipment",
    "Signal",
    "Source",
    "StatusChange",
    "StatusMapping",
    "Store",
    "SupportTicket",
    "Team",
    "TeamLoad",
    "TeamMember",
    "TrackingCode",
    "TrackingEvent",
    "TrackingNumber",
    "WakeFlag",
    "Warehouse",
    "WindowPolicy",
    "WorkerHeartbeat",
    "WorkingHours",
]
