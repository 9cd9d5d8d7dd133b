"""Settings from the environment: a wrong one stops the start with a sentence."""

import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from shiptrack_site import environment

PROJECT = Path(__file__).parents[2]
PRODUCTION = {"MODE": "production", "SECRET_KEY": "x" * 60, "FIELD_KEYS": Fernet.generate_key().decode()}
PRODUCTION["ALLOWED_HOSTS"] = "track.example.com"


def show(expression: str, **names: str) -> subprocess.CompletedProcess[str]:
    """Print an expression over the settings, in a process that has only these names in its environment."""
    program = (
        "import sys, manage; from django.conf import settings; sys.argv = ['manage.py', 'version'];"
        f" manage.main(); print({expression})"
    )
    own = {"PATH": os.environ["PATH"], "SHIPTRACK_PGDATA": "/nonexistent/postgres", **names}
    command = [sys.executable, "-c", program]
    return subprocess.run(command, env=own, cwd=PROJECT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ({"MODE": "staging"}, "the setting MODE is 'staging', but must be local or production."),
        ({"DEBUG": "maybe"}, "the setting DEBUG must be 1 or 0."),
        ({"PORT": "eighty"}, "the setting PORT must be a whole number from 1 to 65535."),
        ({"PORT": "70000"}, "the setting PORT is 70000, but must be a whole number from 1 to 65535."),
        ({"SECRET_KEY": ""}, "the setting SECRET_KEY is missing."),
        ({"FIELD_KEYS": ""}, "the setting FIELD_KEYS is missing."),
        ({"FIELD_KEYS": "short"}, "the setting FIELD_KEYS must be one or more Fernet keys"),
        ({"ALLOWED_HOSTS": ""}, "the setting ALLOWED_HOSTS is missing."),
        ({"DATABASE_URL": "mysql://localhost/x"}, "the setting DATABASE_URL must name a PostgreSQL"),
        ({"DATABASE_URL": "what"}, "the setting DATABASE_URL must"),
        ({"SHIPTRACK_THROWAWAY": "2"}, "the setting SHIPTRACK_THROWAWAY is '2'"),
        ({"LOG_LEVEL": "loud"}, "the setting LOG_LEVEL is 'loud'"),
    ],
)
def test_a_wrong_value_ends_in_a_sentence_that_keeps_secrets(names: dict[str, str], sentence: str) -> None:
    said = show("0", **{**PRODUCTION, **names})
    assert said.returncode == 1
    assert said.stderr.startswith(f"ShipTrack cannot start: {sentence}")
    assert "Traceback" not in said.stderr
    assert PRODUCTION["SECRET_KEY"] not in said.stderr


def test_production_is_the_default_and_closed() -> None:
    names = {key: value for key, value in PRODUCTION.items() if key != "MODE"}
    expression = "settings.MODE, settings.DEBUG, settings.SHIPTRACK_DEMO, settings.SESSION_COOKIE_SECURE"
    said = show(expression, **names, SHIPTRACK_DEMO="1")
    assert said.stdout.splitlines()[-1] == "production False False True", said.stderr


def test_a_named_database_is_kept_open_and_checked() -> None:
    said = show("settings.DATABASES['default']", **PRODUCTION, DATABASE_URL="postgresql://u:p%40ss@db:5433/track")
    assert "'CONN_MAX_AGE': 60" in said.stdout
    assert "'CONN_HEALTH_CHECKS': True" in said.stdout
    assert "'PASSWORD': 'p@ss'" in said.stdout


@pytest.fixture
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in environment.IDENTITY:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("empty_environment")
def test_the_first_local_run_writes_its_keys_and_the_second_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "var" / "local.env"
    environment.load_local_file(file)
    first = {name: os.environ.pop(name) for name in environment.IDENTITY}
    assert file.stat().st_mode & 0o777 == 0o600
    assert first["MODE"] == "local"
    environment.load_local_file(file)
    assert {name: os.environ[name] for name in environment.IDENTITY} == first
    assert [path.name for path in file.parent.iterdir()] == ["local.env"]


@pytest.mark.usefixtures("empty_environment")
def test_of_several_first_runs_one_wins_and_all_agree(tmp_path: Path) -> None:
    program = (
        "import os, sys; from pathlib import Path; from shiptrack_site import environment as e;"
        "e.load_local_file(Path(sys.argv[1])); print(os.environ['SECRET_KEY'])"
    )

    def run(_: int) -> str:
        command = [sys.executable, "-c", program, str(tmp_path / "var" / "local.env")]
        return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True).stdout

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(run, range(4)))) == 1


@pytest.mark.usefixtures("empty_environment")
def test_an_installation_that_sets_one_of_the_keys_gets_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "mine")
    environment.load_local_file(tmp_path / "var" / "local.env")
    assert list(tmp_path.iterdir()) == []


def test_a_list_forgets_blanks_and_empty_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTGOING_ALLOW", " a.example , ,b.example,")
    assert environment.items("OUTGOING_ALLOW") == ["a.example", "b.example"]


def test_several_field_keys_are_taken_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = [Fernet.generate_key().decode() for _ in range(2)]
    monkeypatch.setenv("FIELD_KEYS", ",".join(keys))
    assert environment.field_keys() == keys
    monkeypatch.setenv("FIELD_KEYS", f"{keys[0]},wrong")
    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        environment.field_keys()


def test_the_readme_tells_every_setting_and_no_other() -> None:
    readme = (PROJECT / "README.md").read_text()
    table = readme.split("## Settings", 1)[1].split("\n## ", 1)[0]
    assert set(re.findall(r"^\| `([A-Z_]+)`", table, re.MULTILINE)) == environment.names_read


def test_production_logs_one_json_object_per_line() -> None:
    said = show("__import__('logging').getLogger('tracking').warning('late by %d s', 5)", **PRODUCTION)
    entry = json.loads(said.stderr.splitlines()[-1])
    assert (entry["level"], entry["logger"], entry["message"]) == ("WARNING", "tracking", "late by 5 s")
    assert entry["at"]


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://ann:p%40ss@mail.example", ("mail.example", 587, "ann", "p@ss", True, False)),
        ("smtps://ann:pass@mail.example", ("mail.example", 465, "ann", "pass", False, True)),
        ("smtp+plain://mail.example:2525", ("mail.example", 2525, "", "", False, False)),
    ],
)
def test_a_mail_server_is_read_from_its_address(url: str, server: tuple[object, ...]) -> None:
    assert environment.mail_server(url) == server


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://", "smtp://mail.example:port"])
def test_what_is_no_mail_server_stops_the_start(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SMTP_URL"):
        environment.mail_server(url)
