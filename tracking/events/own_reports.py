"""What we ourselves reported to a shop comes back by webhook and poll: it is known again, and is no event.

The mark is written before the report leaves, so that no echo is faster than it.
"""

from collections.abc import Iterable
from datetime import datetime

from tracking.connectors.contract import LookupKey, ObservedEvent
from tracking.models import OwnReport
from tracking.status.identity import event_identity
from tracking.transactions import whole

Echo = tuple[int, str, int]
"""Source id, the fulfilment as the shop names it, identity of the event."""


@whole
def remember(*, source_id: int, fulfilment_id: str, status: str, happened_at: datetime, now: datetime) -> None:
    """Mark what is about to be reported; `status` as the shop spells it, `happened_at` aware. May be called again."""
    OwnReport.objects.bulk_create(
        [
            OwnReport(
                source_id=source_id,
                fulfilment_id=fulfilment_id,
                identity=_identity(source_id, status, f"{happened_at:%Y-%m-%dT%H:%M:%SZ}"),
                at=now,
            )
        ],
        ignore_conflicts=True,
    )


def known_again(told: Iterable[tuple[int, ObservedEvent]]) -> set[Echo]:
    """Return which of these events (source id, event of a fulfilment) are our own reports come back. One query."""
    echoes = {echo_of(source_id, event) for source_id, event in told}
    rows = OwnReport.objects.filter(identity__in={identity for _, _, identity in echoes})
    return echoes & set(rows.values_list("source_id", "fulfilment_id", "identity"))


def echo_of(source_id: int, event: ObservedEvent) -> Echo:
    """Name an event the way marks are kept."""
    return source_id, event.fulfilment_id, _identity(source_id, event.raw_code, event.when.text)


def _identity(source_id: int, status: str, text: str) -> int:
    return event_identity(source_id, text, (LookupKey("status", status.upper()),), "")
