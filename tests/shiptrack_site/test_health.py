"""What probes are told."""

from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django_q.models import OrmQ

from shiptrack_site import health
from tracking import clock
from tracking.models import WorkerHeartbeat
from tracking.tasks import beat

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)


@pytest.fixture
def both_clusters_beat() -> None:
    with clock.at(NOON):
        beat("core")
        beat("net")


def readiness(client: Client, seconds_later: float = 0) -> tuple[int, dict[str, dict[str, object]]]:
    with clock.at(NOON + timedelta(seconds=seconds_later)):
        answer = client.get("/readyz")
    return answer.status_code, answer.json()["checks"]


def test_healthz_asks_no_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok\n"  # without the django_db mark a query would raise


@pytest.mark.django_db
@pytest.mark.usefixtures("both_clusters_beat")
def test_ready_when_everything_is(client: Client) -> None:
    code, checks = readiness(client)
    assert code == 200
    assert list(checks) == ["database", "migrations", "workers", "queue"]
    assert all(check["ok"] for check in checks.values())


@pytest.mark.django_db
@pytest.mark.usefixtures("both_clusters_beat")
@pytest.mark.parametrize(("seconds", "code"), [(39, 200), (41, 503)])
def test_a_worker_may_be_silent_for_forty_seconds(client: Client, seconds: float, code: int) -> None:
    assert readiness(client, seconds)[0] == code


@pytest.mark.django_db
def test_one_cluster_alone_is_not_enough(client: Client) -> None:
    with clock.at(NOON):
        beat("core")
    code, checks = readiness(client)
    assert code == 503
    assert checks["workers"] == {"ok": False, "seconds_since_beat": {"core": 0.0, "net": None}}


@pytest.mark.django_db
@pytest.mark.usefixtures("both_clusters_beat")
@pytest.mark.parametrize(
    ("lag", "loading", "code"), [(None, False, 200), (119.0, False, 200), (121.0, False, 503), (121.0, True, 200)]
)
def test_waiting_messages_count_unless_the_demo_loads(
    client: Client, monkeypatch: pytest.MonkeyPatch, lag: float | None, loading: bool, code: int
) -> None:
    monkeypatch.setattr(health, "queue_lag_seconds", lambda: lag)
    monkeypatch.setattr(health, "demo_loading", lambda: loading)
    assert readiness(client)[0] == code


@pytest.mark.django_db
@pytest.mark.usefixtures("both_clusters_beat")
def test_a_missing_migration_is_not_ready(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")
    code, checks = readiness(client)
    assert code == 503
    assert checks["migrations"] == {"ok": False}


@pytest.mark.django_db
def test_without_a_database_the_answer_says_so(client: Client) -> None:
    with patch.object(connection, "cursor", side_effect=OperationalError("gone")):
        code, checks = readiness(client)
    assert (code, checks) == (503, {"database": {"ok": False}})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_only_read(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_a_beat_keeps_one_row_per_cluster() -> None:
    with clock.at(NOON):
        beat("core")
    with clock.at(NOON + timedelta(seconds=10)):
        beat("core")
    assert list(WorkerHeartbeat.objects.values_list("cluster", "beat_at")) == [("core", NOON + timedelta(seconds=10))]
    assert not OrmQ.objects.exists()


@pytest.mark.django_db
def test_not_being_ready_is_no_error_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    assert readiness(client)[0] == 503
    assert caplog.records == []
    client.get("/nowhere")
    assert [record.getMessage() for record in caplog.records] == ["Not Found: /nowhere"]
