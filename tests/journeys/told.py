"""What the customer of each story must and must not hear, written by hand from the stories; and what always holds."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from notifications.models import Decision, DeliveryAttempt, OutboxRow
from notifications.outbox.topics import parcel_topic
from notifications.queries import counts
from notifications.relay import has_news
from notifications.vocabulary import Audience, OutboxState
from tracking.customer_knowledge.queries import of_shipment
from tracking.models import DomainEvent, Shipment
from tracking.sandbox.arrivals import Arrival
from tracking.vocabulary import KnowledgeState

MOVING = re.compile(
    r"on its way|scanned your parcel|out for delivery|was delivered|en camino|en reparto", re.IGNORECASE
)
SYSTEMS = (("email", "e-mail"), ("webhook", "webhook"), ("shopify", "shopify"), ("hubspot", "hubspot"))
NO_CONTACT = (  # it holds the Shopify stores' customers
    "HubSpot knows no contact with this customer's e-mail address.",
    "There is no e-mail address by which HubSpot could know the customer.",
)
HEALTHY = "label_created first_scan out_for_delivery delivered"
LATE = "label_created first_scan delayed out_for_delivery delivered"
TOLD: dict[str, tuple[str, str]] = {  # what is heard, in order; what would be wrong, doubled or too early
    "customs_hold": ("label_created first_scan customs_hold out_for_delivery delivered", "delayed"),
    "damaged": ("label_created first_scan", "out_for_delivery delivered"),
    "delivered_in_wrong_town": ("label_created first_scan out_for_delivery", "delivered"),
    "delivered_then_moving": (HEALTHY, "returning"),
    "easypost_canada_post": (HEALTHY, ""),
    "handover_to_usps": (HEALTHY, ""),
    "healthy_britain": (HEALTHY, "customs_hold"),
    "healthy_canada": (HEALTHY, ""),
    "healthy_evening_order": (HEALTHY, ""),
    "healthy_fedex_express": (HEALTHY, ""),
    "healthy_fedex_ground": (HEALTHY, ""),
    "healthy_own_warehouse": (HEALTHY, ""),
    "healthy_ups_ground": (HEALTHY, ""),
    "healthy_usps": (HEALTHY, ""),
    "high_value_late": ("label_created first_scan apology out_for_delivery delivered", "delayed"),
    "incomplete_address": ("label_created first_scan out_for_delivery address_issue", "delivered returning"),
    "label_afternoon_pickup_morning": (HEALTHY, ""),
    "label_never_lodged": ("label_created", "first_scan out_for_delivery delayed delivered lost"),
    "lost": ("label_created first_scan delayed lost", "out_for_delivery delivered"),
    "manifest_no_item_scan": ("label_created", "first_scan out_for_delivery delivered"),
    "missing_tracking": ("", "label_created first_scan"),
    "number_replaced_after_scan": (
        "label_created first_scan delayed label_created first_scan out_for_delivery delivered",
        "lost",
    ),
    "number_replaced_before_scan": (HEALTHY, ""),
    "number_reused": (HEALTHY, ""),
    "number_unknown_to_carrier": ("", "label_created first_scan"),
    "order_cancelled": ("label_created", "first_scan delivered"),
    "out_of_order_and_duplicates": ("first_scan out_for_delivery delivered", "label_created"),
    # The number comes together with a pickup that is told late; at once the carrier is asked, and knows of a scan.
    "own_warehouse_late_number": (HEALTHY, "delayed"),
    "pickup_about_to_expire": (
        "label_created first_scan out_for_delivery failed_attempt:1 available_for_pickup pickup_expiring returning",
        "delivered",
    ),
    "platform_says_delivered": ("label_created first_scan delivered", "out_for_delivery"),
    "refused_and_returned": ("label_created first_scan out_for_delivery returning returned", "delivered"),
    "source_silent": (HEALTHY, "lost"),
    "sources_disagree": ("label_created first_scan delivered", "out_for_delivery"),
    "split_one_late": (
        "label_created first_scan out_for_delivery delivered delayed out_for_delivery delivered",
        "lost",
    ),
    "stalled": (LATE, "lost"),
    "third_party_late_data": ("first_scan out_for_delivery delivered", "label_created"),
    "three_sources_easypost": (
        "label_created first_scan out_for_delivery failed_attempt:1 out_for_delivery delivered",
        "failed_attempt:2",
    ),
    "three_sources_shipstation": (LATE, ""),
    "two_failed_attempts": (
        "label_created first_scan out_for_delivery failed_attempt:1 out_for_delivery failed_attempt:2 out_for_delivery"
        " delivered",
        "returning",
    ),
    "unknown_code": (HEALTHY, ""),
    "ups_mail_innovations": (HEALTHY, ""),
    "ups_wrong_address": (
        "label_created first_scan out_for_delivery address_issue out_for_delivery delivered",
        "returning",
    ),
    "void_after_scan": (HEALTHY, "delayed"),
    "weather_delay": (LATE, ""),
}


def faults_of_messages(story: str, arrived: Iterable[Arrival]) -> list[str]:
    """Return what is wrong with what was said in a play: against the story's truth, and against what always holds."""
    arrived = list(arrived)
    mails = [each for each in arrived if each.system == "e-mail"]
    return [*_unlike_story(story, mails), *_before_the_scan(mails), *_unaccounted(), *_not_once(arrived, mails)]


def _unlike_story(story: str, mails: list[Arrival]) -> Iterator[str]:
    rows = {str(row.idempotency_key): row for row in OutboxRow.objects.filter(audience=Audience.CUSTOMER)}
    heard = [_plain(rows[mail.name]) for mail in mails]
    must, never = (words.split() for words in TOLD[story])
    if heard != must:
        yield f"the customer heard {heard}, and should have heard {must}"
    yield from (f"the customer must not hear {topic}" for topic in heard if topic in never)


def _plain(row: OutboxRow) -> str:
    """The topic without the running number of a digest, and without a day."""
    return re.sub(r":\d{4}-\d\d-\d\d$", "", parcel_topic(row.subject_kind, row.topic))


def _before_the_scan(mails: list[Arrival]) -> Iterator[str]:
    """Nobody hears that a parcel moves before the carrier has scanned it."""
    scans = [row.first_scan_at for row in Shipment.objects.filter(merged_into=None) if row.first_scan_at]
    first = min(scans, default=None)
    for mail in mails:
        if (found := MOVING.search(mail.text)) and (first is None or mail.at < first):
            yield f'"{found[0]}" was said at {mail.at}, the first scan was {first}'


def _unaccounted() -> Iterator[str]:
    """Every change of the public sentence has a decision, every message one row, and what was sent is known."""
    if has_news():
        yield "there is news that nobody decided on"
    changes = DomainEvent.objects.filter(kind="shipment.sentence_changed").values_list("pk", flat=True)
    decided = Decision.objects.filter(audience=Audience.CUSTOMER).values_list("domain_event_id", flat=True)
    yield from (f"nothing was decided on news {each}" for each in set(changes) - set(decided))
    found = counts()
    if found["decisions"] != found["sends"] + found["withheld"] or found["sends"] != found["rows"]:
        yield f"the counts do not add up: {found}"
    for row in OutboxRow.objects.filter(state=OutboxState.SENT, audience=Audience.CUSTOMER):
        topic = parcel_topic(row.subject_kind, row.topic)
        for key in row.covers:
            known = {each.topic: each.state for each in of_shipment(key)}
            if known.get(topic) != KnowledgeState.TOLD:
                yield f"{topic} was sent and is noted as {known.get(topic)}"


def _not_once(arrived: list[Arrival], mails: list[Arrival]) -> Iterator[str]:
    """What was sent arrived once, and nothing else did."""
    states = Counter(OutboxRow.objects.exclude(reason__in=NO_CONTACT).values_list("channel", "state"))
    left = {state for _, state in states} - {OutboxState.SENT, OutboxState.SUPERSEDED, OutboxState.CANCELLED}
    yield from (f"a message was left {state}" for state in sorted(left))
    for channel, system in SYSTEMS:
        came, sent = sum(each.system == system for each in arrived), states[channel, OutboxState.SENT]
        is_whole = 0 < came <= sent if sent and channel == "hubspot" else came == sent  # one call names a contact once
        if not is_whole:
            yield f"{came} messages came to {system}, {sent} were sent"
    if DeliveryAttempt.objects.exclude(result__in=["sent", "not_needed"]).exclude(row__reason__in=NO_CONTACT).exists():
        yield "a try failed"
    rows = OutboxRow.objects.filter(channel="email", state=OutboxState.SENT)
    if sorted(mail.name for mail in mails) != sorted(str(row.idempotency_key) for row in rows):
        yield "the mailbox holds other messages than were sent"
