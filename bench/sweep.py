"""What a sweep costs: `sweep.due_vs_scan`, finding the parcels that are due by their due time or by asking every rule,
and `sweep.rows_1m_vs_10k`, the rows that a whole sweep reads among many parcels on their way and among few."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from bench import databases, ingest, population
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, seconds, spread
from tracking import clock
from tracking.exception_queue.refresh import BATCH
from tracking.exception_queue.sweep import sweep
from tracking.models import Shipment
from tracking.vocabulary import BEFORE_SCAN_STATUSES, TERMINAL_STATUSES, ShipmentStatus

SILENT_FOR = timedelta(days=3)
NO_SCAN_FOR = timedelta(days=1)
FEW_ACTIVE = 10_000
READ = "SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables"
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


def rows_read(scale: Scale) -> Iterator[Result]:
    """Rows of all tables that one sweep reads, by index or by scan, with the same parcels due among many and few."""
    now, many = clock.now(), scale.many
    few = min(FEW_ACTIVE, many // 2)
    due = min(BATCH, few // 20)
    read = {count: _rows_among(count, due, now) for count in (few, many)}
    note = (
        f"{due} parcels due, all of them found stalled, and their cases opened: {read[many]:,} rows read among "
        f"{many:,} parcels on their way, {read[few]:,} among {few:,}. Settings included."
    )
    size = scale.label(f"{many:,} active parcels, {few:,} on the small side")
    yield Result("sweep.rows_1m_vs_10k", read[many] / read[few], "", "<= 1.1", size, note)


def _rows_among(active: int, due: int, now: datetime) -> int:
    name = f"bench_active_{active}"
    databases.use(databases.copy(databases.INSTALLED, name))
    population.fill_active(active, due, now)
    databases.settle()
    rows = rows_of_a_sweep(due, now)
    databases.drop(name)
    return rows


def rows_of_a_sweep(due: int, now: datetime) -> int:
    """Sweep the parcels that are due in the current database, take it back, and return how many rows that read."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(READ)
        before = cursor.fetchone()[0]
        swept = sweep(clock=lambda: now)
        assert swept.looked_at == swept.opened == due, f"{swept} instead of {due}"
        cursor.execute(READ)
        rows = int(cursor.fetchone()[0] - before)
        transaction.set_rollback(True)
    return rows


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
