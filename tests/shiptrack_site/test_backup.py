"""A copy made with PostgreSQL's own programs, as the documentation says, comes back whole."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection

from shiptrack_site.embedded_postgres import server
from tests.tracking.admin.world import World
from tracking.connectors.contract import Verification
from tracking.ingest.operations import receive
from tracking.ingest.sources import add_source
from tracking.models import Source

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
COPY = "restored_from_a_dump"


@pytest.fixture
def embedded() -> str:
    """The folder of the embedded server's socket; its programs are at hand."""
    if connection.settings_dict["ENGINE"] != "shiptrack_site.embedded_postgres":
        pytest.skip("the tests run on a PostgreSQL of somebody else, whose programs are not at hand")
    return server.address()["HOST"]


@pytest.fixture
def copy(embedded: str) -> Iterator[str]:
    """The name of an empty database, which is gone afterwards."""
    for end in (False, True):
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{COPY}" WITH (FORCE)')
            if not end:
                cursor.execute(f'CREATE DATABASE "{COPY}"')
        if not end:
            yield COPY


def digests() -> dict[str, str]:
    """Return a digest of every table."""
    with connection.cursor() as cursor:
        found = {}
        for name in sorted(connection.introspection.table_names(cursor)):
            cursor.execute(f"SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM \"{name}\" AS t")
            found[name] = str(cursor.fetchone())
    return found


def use(database: str) -> None:
    """Make Django talk to another database of the server."""
    connection.close()
    connection.settings_dict["NAME"] = database


def run(program: str, host: str, *words: str) -> None:
    """Run one of PostgreSQL's programs."""
    command = [str(server.binaries() / program), "-h", host, "-p", "5432", "-U", "postgres", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


def test_a_dump_comes_back_whole_and_its_secrets_open(embedded: str, copy: str, tmp_path: Path) -> None:
    original = str(connection.settings_dict["NAME"])
    World.make(NOW).case(events=3)
    add_source(kind="usps", slug="usps", store="S", values={"webhook_secret": "kept"}, now=NOW)
    body = json.dumps({"a": "é\u0000"}).encode()
    source = Source.objects.get(slug="usps")
    receive(source_id=source.pk, body=body, headers={"x": "y"}, verified=Verification(ok=True), now=NOW)
    before = digests()
    dump = str(tmp_path / "shiptrack.dump")
    run("pg_dump", embedded, "--format=custom", f"--file={dump}", original)
    run("pg_restore", embedded, "--no-owner", f"--dbname={copy}", dump)
    try:
        use(copy)
        assert digests() == before
        call_command("migrate", "--check", verbosity=0)
        assert Source.objects.get(slug="usps").secrets == {"webhook_secret": "kept"}
        assert add_source(kind="fedex", slug="later", store="S", values={}, now=NOW)[1]
    finally:
        use(original)
