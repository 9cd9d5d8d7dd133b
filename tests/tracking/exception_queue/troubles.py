"""Ways to bring the one parcel of a small installation into trouble: each tells a story and says when it shows."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from tests.tracking.shipments.telling import (
    AUSTIN,
    BOSTON,
    DAY,
    HOUR,
    MONDAY,
    ONE,
    estimate,
    event,
    fulfilment,
    mapping_row,
    only_parcel,
    order,
    tell,
)
from tracking.connectors.contract import Observation
from tracking.events import meanings
from tracking.exception_queue import disputes
from tracking.models import MappingVersion, Shipment, StatusMapping

MORE_REASONS = ("payment_due", "customs_hold", "held_at_location")


def understand_more() -> None:
    """Add to the words of `set_up` those that only these stories need."""
    version = MappingVersion.objects.get()
    rows = [mapping_row(code, "exception", "item_scanned", code) for code in MORE_REASONS]
    rows.append(mapping_row("batch", "info", "batch_accepted"))
    for row in rows:
        row.version = version
    StatusMapping.objects.bulk_create(rows)
    meanings.forget()


def scanned(at: datetime = MONDAY) -> None:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "in_transit", at), at=at)


def later(span: timedelta) -> Callable[[], datetime]:
    def make() -> datetime:
        scanned()
        return MONDAY + span

    return make


def reported(word: str) -> Callable[[], datetime]:
    def make() -> datetime:
        scanned()
        tell("fedex", event(ONE, word, MONDAY + HOUR), at=MONDAY + HOUR)
        return MONDAY + DAY + 2 * HOUR if word == "customs_hold" else MONDAY + HOUR

    return make


def without_number() -> datetime:
    tell("shop", order(), fulfilment())
    return MONDAY + 2 * DAY


def label_alone() -> datetime:
    tell("shop", order(), fulfilment(ONE))
    return MONDAY + 2 * DAY


def not_known() -> datetime:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", Observation(ONE, "fedex", not_found=True), at=MONDAY + HOUR)
    return MONDAY + DAY + 2 * HOUR


def in_a_batch() -> datetime:
    tell("shop", order(), fulfilment(ONE))
    tell("fedex", event(ONE, "batch", MONDAY), at=MONDAY)
    return MONDAY + 2 * DAY + HOUR


def promised(at: datetime) -> None:
    Shipment.objects.update(promise_at=at)


def late_estimate() -> datetime:
    scanned()
    promised(MONDAY + DAY)
    tell("fedex", estimate(ONE, MONDAY + 3 * DAY), at=MONDAY + HOUR)
    return MONDAY + HOUR


def promise_over() -> datetime:
    scanned()
    promised(MONDAY + DAY)
    return MONDAY + DAY + HOUR


def ready(return_by: date | None, after: timedelta) -> Callable[[], datetime]:
    def make() -> datetime:
        scanned()
        tell("fedex", event(ONE, "available_for_pickup", MONDAY + HOUR), at=MONDAY + HOUR)
        if return_by:
            tell("fedex", Observation(ONE, "fedex", return_by=return_by), at=MONDAY + HOUR)
        return MONDAY + after

    return make


def delivered_at(where: object) -> None:
    scanned()
    tell("fedex", event(ONE, "delivered", MONDAY + HOUR, place=where), at=MONDAY + HOUR)  # type: ignore[arg-type]


def elsewhere() -> datetime:
    delivered_at(BOSTON)
    return MONDAY + HOUR


def not_received() -> datetime:
    delivered_at(AUSTIN)
    disputes.open_dispute(
        shipment_id=only_parcel().pk, kind="delivered_not_received", actor=None, source="ticket", said="Nothing.",
        now=MONDAY + HOUR,
    )  # fmt: skip
    return MONDAY + HOUR


def moved_again() -> datetime:
    delivered_at(AUSTIN)
    tell("fedex", event(ONE, "in_transit", MONDAY + 2 * HOUR), at=MONDAY + 2 * HOUR)
    return MONDAY + 2 * HOUR


def contradicted() -> datetime:
    scanned()
    tell("fedex", event(ONE, "in_transit", MONDAY + 3 * HOUR), at=MONDAY + 3 * HOUR)
    tell("platform", event(ONE, "delivered", MONDAY + 2 * HOUR), at=MONDAY + 3 * HOUR)
    return MONDAY + 12 * HOUR


MAKERS: dict[str, Callable[[], datetime]] = {
    "missing_tracking": without_number,
    "unknown_number": not_known,
    "no_first_scan": label_alone,
    "batch_accepted_only": in_a_batch,
    "stalled": later(4 * DAY),
    "presumed_lost": later(12 * DAY),
    "will_miss_promise": late_estimate,
    "missed_promise": promise_over,
    "held_at_location": ready(None, 3 * DAY),
    "pickup_expiring": ready(date(2026, 3, 4), 2 * HOUR),
    "return_to_sender": reported("returning"),
    "misdelivery_suspected": elsewhere,
    "delivered_not_received": not_received,
    "movement_after_delivery": moved_again,
    "source_conflict": contradicted,
    "other": reported("exception"),
    **{
        kind: reported(kind)
        for kind in (
            "carrier_delay", "weather_delay", "address_issue", "payment_due", "failed_attempt", "customs_hold",
            "damaged", "lost", "refused",
        )
    },
}  # fmt: skip
