"""Changes that a platform told only when it was asked: each is a webhook that got lost.

Platforms are asked for all changes since a cursor every half hour. What they bring is compared with what was known
before; a newer version of an object that is older than the grace should have been pushed by then.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, QuerySet, Sum
from django.db.models.functions import TruncDate

from tracking.connectors.contract import FulfilmentUpdate
from tracking.connectors.registry import get
from tracking.ingest.reading import Item
from tracking.models import FeedGap, FeedHour, Fulfilment, Order, Source
from tracking.vocabulary import FeedState, Transport

GRACE = timedelta(minutes=10)
SAME_CHANGE = timedelta(minutes=1)  # an order moves along with its fulfilment; one webhook of either tells it
LOSING_FROM = 3  # gaps within a day
LOSING_SHARE = 0.02  # of what was heard in that day
A_DAY = timedelta(days=1)

Key = tuple[int, str]  # source id, the vendor's id


@dataclass(slots=True)
class Known:
    """Versions known before a batch was applied, by source and vendor's id (aware UTC; None: without version)."""

    orders: dict[Key, datetime | None] = field(default_factory=dict)
    fulfilments: dict[Key, datetime | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lost:
    """A gap to be stored, with the vendor's id of the order it belongs to."""

    gap: FeedGap
    order: str


def versions_before(items: Iterable[Item]) -> Known:
    """Return what is known of the objects that reconciliation brought in this batch; pushed ones of the batch count.

    No query where nothing was brought by reconciliation, else two.
    """
    items = list(items)
    brought = [item for item in items if _is_reconciled(item)]
    known = Known()
    if not brought:
        return known
    orders = {order.external_id for item in brought for order in item.reading.orders}
    fulfilments = {each.external_id for item in brought for each in _fulfilments(item)}
    sources = {item.source.pk for item in brought}
    rows = Order.objects.filter(external_id__in=orders, source_id__in=sources, is_stub=False)
    told = rows.annotate(told_by_parts=Max("fulfilments__version_at"))
    for pk, name, version, by_parts in told.values_list("source_id", "external_id", "version_at", "told_by_parts"):
        known.orders[(pk, name)] = max(filter(None, (version, by_parts)), default=None)
    parts = Fulfilment.objects.filter(external_id__in=fulfilments, source_id__in=sources)
    known.fulfilments = {(pk, name): at for pk, name, at in parts.values_list("source_id", "external_id", "version_at")}
    for item in items:
        if not _is_reconciled(item):
            _add(known, item)
    return known


def note_gaps(items: Iterable[Item], known: Known) -> int:
    """Store a row for each change that should have been pushed and was not; return how many. Runs after the batch was
    applied, in its transaction. A source without webhook secret is expected to push nothing."""
    found = [lost for item in items if _is_reconciled(item) for lost in _lost(item, known)]
    since = _pushing_since({lost.gap.source_id for lost in found}) if found else {}
    found = [one for one in found if one.gap.source_id in since and one.gap.changed_at > since[one.gap.source_id]]
    orders = Order.objects.filter(external_id__in={lost.order for lost in found}) if found else Order.objects.none()
    ids = {(source_id, name): pk for source_id, name, pk in orders.values_list("source_id", "external_id", "pk")}
    for lost in found:
        lost.gap.order_id = ids.get((lost.gap.source_id, lost.order))
    rows = sorted((lost.gap for lost in found), key=lambda gap: (gap.source_id, gap.about, gap.external_id))
    FeedGap.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _is_reconciled(item: Item) -> bool:
    message = item.message
    is_asked = message.transport == Transport.POLL and message.fetched_for_id is None and not message.is_replay
    return is_asked and get(item.source.kind).poll.style == "cursor"


def _fulfilments(item: Item) -> list[FulfilmentUpdate]:
    return [*item.reading.fulfilments, *(each for order in item.reading.orders for each in order.fulfilments)]


def _add(known: Known, item: Item) -> None:
    """Count what was pushed within the same batch as known."""
    for update in item.reading.orders:
        _raise(known.orders, (item.source.pk, update.external_id), update.version_at)
    for part in _fulfilments(item):
        _raise(known.fulfilments, (item.source.pk, part.external_id), part.version_at)
        _raise(known.orders, (item.source.pk, part.order_external_id), part.version_at)


def _raise(versions: dict[Key, datetime | None], key: Key, at: datetime | None) -> None:
    versions[key] = max(filter(None, (versions.get(key), at)), default=None)


def _lost(item: Item, known: Known) -> Iterator[Lost]:
    """What the reconciliation brought and nobody had pushed: new objects, and changes where the vendor pushes those."""
    numbers = {order.external_id: order.number for order in item.reading.orders}
    for order in item.reading.orders:
        key = (item.source.pk, order.external_id)
        at = _untold(item, order.version_at, order.created_at, known.orders, key, SAME_CHANGE)
        if at:
            yield Lost(_gap(item, FeedGap.About.ORDER, order.external_id, order.number, at), order.external_id)
    for part in _fulfilments(item):
        key, of = (item.source.pk, part.external_id), part.order_external_id
        at = _untold(item, part.version_at, part.created_at, known.fulfilments, key, timedelta(0))
        if at:
            yield Lost(_gap(item, FeedGap.About.FULFILMENT, part.external_id, numbers.get(of, ""), at), of)


def _untold(
    item: Item,
    version_at: datetime | None,
    created_at: datetime | None,
    known: Mapping[Key, datetime | None],
    key: Key,
    tolerance: timedelta,
) -> datetime | None:
    """Return when the change happened that should have been pushed by now; None when it was known or is too young."""
    changes_are_pushed = get(item.source.kind).poll.changes_are_pushed
    at = version_at if changes_are_pushed else created_at
    if at is None or item.message.received_at - at <= GRACE:
        return None
    before = known.get(key)
    if key in known and not (changes_are_pushed and before and at > before + tolerance):
        return None
    return at


def _gap(item: Item, about: str, external_id: str, label: str, at: datetime) -> FeedGap:
    return FeedGap(
        source=item.source,
        about=about,
        external_id=external_id[:128],
        label=label[:160],
        changed_at=at,
        found_at=item.message.received_at,
        message_id=item.message.pk,
    )


def _pushing_since(source_ids: Iterable[int]) -> dict[int, datetime]:
    """Sources that should push, with the moment from which on their changes are expected."""
    rows = Source.objects.filter(pk__in=list(source_ids))
    return {row.pk: row.created_at for row in rows if not row.is_sealed and row.all_settings().get("webhook_secret")}


def gaps_by_day(source_id: int, zone: ZoneInfo, since: datetime) -> dict[date, int]:
    """Return how many gaps were found each local day of `zone` since a moment (aware UTC); newest day first."""
    rows = FeedGap.objects.filter(source_id=source_id, found_at__gte=since).annotate(
        day=TruncDate("found_at", tzinfo=zone)
    )
    return dict(rows.order_by("-day").values("day").annotate(many=Count("pk")).values_list("day", "many"))


def gaps_of(source_id: int, since: datetime, until: datetime | None = None) -> QuerySet[FeedGap]:
    """The gaps of a source found from a moment on, and before `until` (aware), newest first, with their orders."""
    found = FeedGap.objects.filter(source_id=source_id, found_at__gte=since).select_related("order")
    return found.filter(found_at__lt=until) if until else found


def note_losing(*, now: datetime) -> list[int]:
    """Say in the state of healthy sources that their webhooks are being lost, or no longer; return the losers' ids.

    Losing: three changes or more within 24 h that only the reconciliation brought, and 2 % of all that was heard.
    """
    ids = list(Source.objects.values_list("pk", flat=True))
    lost = FeedGap.objects.filter(source_id__in=ids, found_at__gt=now - A_DAY).order_by().values_list("source_id")
    counts = dict(lost.annotate(many=Count("pk")).filter(many__gte=LOSING_FROM))
    heard: dict[int, int] = {}
    if counts:
        hours = FeedHour.objects.filter(source_id__in=counts, hour_at__gt=now - A_DAY).order_by()
        heard = dict(hours.values_list("source_id").annotate(many=Sum("heard")))
    losing = sorted(pk for pk, many in counts.items() if many >= LOSING_SHARE * heard.get(pk, 0))
    Source.objects.filter(pk__in=losing, feed_state=FeedState.OK).update(feed_state=FeedState.LOSING)
    Source.objects.filter(feed_state=FeedState.LOSING).exclude(pk__in=losing).update(feed_state=FeedState.OK)
    return losing
