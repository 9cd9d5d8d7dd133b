"""Two questions of the machines around us: does the process live, and can the installation do its work?"""

from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from tracking import clock
from tracking.ingest.queries import queue_lag_seconds
from tracking.jobs.queries import demo_loading
from tracking.models import WorkerHeartbeat

BEAT_AT_MOST = 40
"""Seconds; what the watchdogs allow too."""
LAG_AT_MOST = 120
"""Seconds; what is due happens within two minutes, so an older message means that nobody works."""

Check = dict[str, Any]

_migrated = False
"""Whether this process has seen a complete schema. It stays so: a newer release means a new process."""


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while this process can answer at all; asks nothing else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the installation works, else 503; the body says which part does not."""
    try:
        checks = {"database": _database(), "migrations": _migrations(), "workers": _workers(), "queue": _queue()}
    except (DatabaseError, InterfaceError):
        connection.close()
        checks = {"database": {"ok": False}}
    ready = all(check["ok"] for check in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _database() -> Check:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"ok": True}


def _migrations() -> Check:
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"ok": _migrated}


def _workers() -> Check:
    wanted = [settings.Q_CLUSTER["name"], *settings.Q_CLUSTER["ALT_CLUSTERS"]]
    beats = dict(WorkerHeartbeat.objects.filter(cluster__in=wanted).values_list("cluster", "beat_at"))
    now = clock.now()
    ages = {name: round((now - beats[name]).total_seconds(), 1) if name in beats else None for name in wanted}
    return {"ok": all(age is not None and age < BEAT_AT_MOST for age in ages.values()), "seconds_since_beat": ages}


def _queue() -> Check:
    lag = queue_lag_seconds()
    loading = demo_loading()
    return {"ok": loading or (lag or 0) < LAG_AT_MOST, "lag_seconds": lag, "demo_loading": loading}
