"""The rules a new installation starts with. Data: administrators own the versions that follow."""

from datetime import time

from notifications.rules.contract import Conditions, Rule, RuleSet
from notifications.rules.matching import SENTENCE_NEWS
from notifications.vocabulary import Approval, Audience, Mode, Purpose
from tracking.vocabulary import CareLevel, SignalKind

EVENING, MORNING = time(21), time(8)
STATUS_NEWS = "shipment.status_changed"
CASE_NEWS = ("case.opened", "case.reopened", "case.changed", "case.severity_raised")
DISPUTED = (
    SignalKind.MISDELIVERY_SUSPECTED.value,
    SignalKind.DELIVERED_NOT_RECEIVED.value,
    SignalKind.DAMAGED.value,
    SignalKind.REFUSED.value,
)
GRAVE = (
    SignalKind.STALLED.value,
    SignalKind.PRESUMED_LOST.value,
    SignalKind.WILL_MISS_PROMISE.value,
    SignalKind.MISSED_PROMISE.value,
    SignalKind.CARRIER_DELAY.value,
    SignalKind.WEATHER_DELAY.value,
)
UNSAID = (
    SignalKind.MISSING_TRACKING.value,
    SignalKind.UNKNOWN_NUMBER.value,
    SignalKind.NO_FIRST_SCAN.value,
    SignalKind.BATCH_ACCEPTED_ONLY.value,
    SignalKind.PAYMENT_DUE.value,
    SignalKind.MOVEMENT_AFTER_DELIVERY.value,
    SignalKind.SOURCE_CONFLICT.value,
    SignalKind.OTHER.value,
)
"""Problems of which nothing is known yet that would help the customer: a person finds out first, and writes."""

CASE_LIFE = (
    *CASE_NEWS, "dispute.opened", "case.escalated", "case.handed_over", "case.promise_broken", "case.went_quiet",
    "case.taken", "case.assigned", "case.released", "case.acknowledged", "case.waiting", "case.woken",
    "case.next_action", "case.note", "case.promised", "case.promise_kept", "case.promise_withdrawn", "case.care_set",
    "case.macro", "case.undone", "case.resolved",
)  # fmt: skip
"""What a service that carries cases hears of."""


def _progress(
    key: str,
    name: str,
    sentences: tuple[str, ...],
    *,
    topic: str = "",
    needs_scan: bool = True,
    digest: int = 0,
    ignores_cap: bool = False,
) -> Rule:
    """Good news: may wait for the morning, and for the order's other parcels."""
    return Rule(
        key=key,
        name=name,
        news=(SENTENCE_NEWS,),
        topic=topic or key,
        template=key,
        conditions=Conditions(sentences=sentences),
        needs_scan=needs_scan,
        held_by=DISPUTED,
        quiet_from=EVENING,
        quiet_until=MORNING,
        ignores_cap=ignores_cap,
        digest_minutes=digest,
    )


def _problem(
    key: str, name: str, sentences: tuple[str, ...], *, topic: str = "", scan: bool = True, urgent: bool = False
) -> Rule:
    """Trouble that the customer should know of; for high care a person looks first, but not for ever.

    What asks the customer to act today does not wait for the morning.
    """
    return Rule(
        key=key,
        name=name,
        news=(SENTENCE_NEWS,),
        topic=topic or key,
        template=key,
        conditions=Conditions(sentences=sentences),
        purpose=Purpose.PROBLEM,
        needs_scan=scan,
        quiet_from=None if urgent else EVENING,
        quiet_until=None if urgent else MORNING,
        ignores_cap=True,
        high_care_approval=Approval.APPROVE_OR_SEND,
    )


def _service(key: str, name: str, channel: str, news: tuple[str, ...], topic: str, **asked: tuple[str, ...]) -> Rule:
    """What a connected service is told; nobody hears of it until the service is connected."""
    return Rule(
        key=key,
        name=name,
        news=news,
        topic=topic,
        conditions=Conditions(**asked),  # type: ignore[arg-type]
        audience=Audience.SYSTEM,
        channel=channel,
        needs_scan=False,
    )


TOLD_TO_SHOPS = (
    "first_scan",
    "in_transit",
    "out_for_delivery",
    "available_for_pickup",
    "delivered",
    "delayed",
    "exception",
)
RULES = (
    _progress("label_created", "Label created", ("label_created", "label_pickup*"), needs_scan=False, digest=60),
    _progress(
        "first_scan",
        "First scan",
        ("first_scan*", "in_transit", "in_transit_estimate", "in_transit_window"),
        digest=60,
    ),
    _progress("out_for_delivery", "Out for delivery", ("out_for_delivery",), topic="out_for_delivery:{day}"),
    _progress("delivered", "Delivered", ("delivered*",), digest=60, ignores_cap=True),  # how it ends is always told
    _problem("delayed", "Delayed", ("delayed*", "in_transit_late"), topic="delayed:{estimate}"),
    _problem(
        "failed_attempt",
        "Failed attempt",
        ("exception_failed_attempt*",),
        topic="failed_attempt:{attempts}",
        urgent=True,
    ),
    _problem("available_for_pickup", "Ready for pickup", ("available_for_pickup*",), urgent=True),
    Rule(
        key="pickup_expiring",
        name="Pickup about to expire",
        news=CASE_NEWS,
        topic="pickup_expiring",
        template="pickup_expiring",
        conditions=Conditions(case_kinds=(SignalKind.PICKUP_EXPIRING.value,)),
        purpose=Purpose.PROBLEM,
        true_while=("available_for_pickup*",),
        quiet_from=EVENING,
        quiet_until=MORNING,
        ignores_cap=True,
    ),
    _problem("address_issue", "Address problem", ("exception_address_issue",), scan=False, urgent=True),
    _problem("customs_hold", "Held by customs", ("exception_customs_hold",)),
    _problem("returning", "Coming back", ("returning*",)),
    _problem("returned", "Came back", ("returned",)),
    _problem("lost", "Lost", ("exception_lost",), scan=False),
    Rule(
        key="apology",
        name="Apology for a high-care order",
        news=CASE_NEWS,
        topic="apology",
        template="apology",
        conditions=Conditions(care_level=CareLevel.HIGH, case_kinds=GRAVE),
        purpose=Purpose.PROBLEM,
        true_while=("first_scan*", "in_transit*", "delayed*", "out_for_delivery", "exception_other"),
        quiet_from=EVENING,
        quiet_until=MORNING,
        ignores_cap=True,
        approval=Approval.APPROVE_OR_SEND,
        high_care_approval=Approval.APPROVE_OR_SEND,
    ),
    Rule(
        key="unsaid",
        name="Nothing until a person has found out",
        news=("case.opened",),
        topic="unsaid:{kind}",
        conditions=Conditions(case_kinds=UNSAID),
        purpose=Purpose.PROBLEM,
        mode=Mode.OFF,
        needs_scan=False,
    ),
    _service(
        "hubspot_contacts", "Contacts in HubSpot", "hubspot",
        (STATUS_NEWS, "case.opened", "case.reopened", "case.resolved"), "contact:{news}",
    ),
    _service(
        "shopify_orders", "Order pages in Shopify", "shopify", (STATUS_NEWS,), "shop:{news}", statuses=TOLD_TO_SHOPS
    ),
    _service(
        "webhooks", "Signed webhooks", "webhook",
        (STATUS_NEWS, *CASE_NEWS, "case.resolved"), "webhook:{news}",
    ),
    _service("slack_cases", "Cases in Slack", "slack", CASE_LIFE, "case:{case}:{news}"),
    _service("zendesk_cases", "Cases in Zendesk", "zendesk", CASE_LIFE, "case:{case}:{news}"),
    _service("help_desk_cases", "Cases at the help desk", "help_desk", CASE_LIFE, "case:{case}:{news}"),
    _service("slack_unowned", "Unowned and due, in Slack", "slack", ("queue.unowned",), "unowned:{news}"),
)  # fmt: skip


def preset(version: int = 1) -> RuleSet:
    """Return the preset as a version."""
    return RuleSet(version=version, rules=RULES)
