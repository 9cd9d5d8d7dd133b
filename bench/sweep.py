"""`sweep.due_vs_scan`: finding the parcels that the clock has to look at, by their due time or by asking every rule."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Q

from bench import databases, ingest
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, seconds, spread
from tracking import clock
from tracking.exception_queue.refresh import BATCH
from tracking.models import Shipment
from tracking.vocabulary import BEFORE_SCAN_STATUSES, TERMINAL_STATUSES, ShipmentStatus

SILENT_FOR = timedelta(days=3)
NO_SCAN_FOR = timedelta(days=1)
SILENT = """
UPDATE tracking_shipment SET last_scan_at = last_scan_at - interval '4 days', next_check_at = %s - interval '1 hour'
WHERE id IN (SELECT id FROM tracking_shipment WHERE status = 'in_transit' ORDER BY md5(id::text) LIMIT %s)
"""


def due_vs_scan(scale: Scale) -> Iterator[Result]:
    """One batch by the index on the due time, against all parcels under the time rules; both find the same ones."""
    now = clock.now()
    databases.use(databases.copy(ingest.filled(scale), "bench_sweep"))
    wanted = min(BATCH, scale.many // 20)
    with connection.cursor() as cursor:
        cursor.execute(SILENT, [now, wanted])
    databases.settle()
    assert sorted(_due(now)) == sorted(_by_rules(now)), "the two ways find different parcels"
    due, rules = interleaved(
        max(scale.rounds, 5) * 3, lambda n: seconds(lambda: _due(now)), lambda n: seconds(lambda: _by_rules(now))
    )
    note = (
        f"Both find the same {len(_due(now))} parcels among {scale.many // 5:,} on their way. By due time "
        f"{spread([1000 * each for each in due])} ms, by the rules {spread([1000 * each for each in rules])} ms."
    )
    yield Result("sweep.due_vs_scan", ratio(due, rules), "", "<= 0.1", ingest.size(scale), note)
    databases.drop("bench_sweep")


def _due(now: datetime) -> list[int]:
    """The sweep's own question."""
    rows = Shipment.objects.filter(next_check_at__lte=now).order_by("next_check_at", "id")
    return list(rows.values_list("pk", flat=True)[:BATCH])


def _by_rules(now: datetime) -> list[int]:
    """What would be asked without due times: which parcels are silent for too long, by the windows of the presets."""
    silent = Q(last_scan_at__lt=now - SILENT_FOR)
    late = Q(status=ShipmentStatus.OUT_FOR_DELIVERY, last_scan_at__lt=now - timedelta(days=1))
    unscanned = Q(status__in=BEFORE_SCAN_STATUSES, label_at__lt=now - NO_SCAN_FOR)
    promised = Q(promise_at__lt=now)
    living = Shipment.objects.exclude(status__in=TERMINAL_STATUSES).filter(merged_into=None)
    return list(living.filter(silent | late | unscanned | promised).values_list("pk", flat=True))
