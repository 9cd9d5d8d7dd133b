"""The machine around the server: environments, folders, users."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.shiptrack_site.embedded_postgres.conftest import Server, served

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).parents[3]


NOBODY = (
    *("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--securebits=+no_setuid_fixup"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
"""Runs a program as an ordinary user, who may read what he likes: this Python may lie in root's home."""


def test_language_and_letters_are_the_same_everywhere(server: Server) -> None:
    strange = {**os.environ, "LC_ALL": "de_DE.UTF-8", "LANG": "tr_TR.UTF-8"}
    user = server.user(env=strange)
    assert user.ask("SELECT upper('é') || lower('I') || ('Z' < 'a')") == "Éitrue"
    assert user.ask("SHOW server_encoding") == "UTF8"


def test_variables_for_another_postgresql_do_not_matter(server: Server) -> None:
    names = {
        "PGPORT": "1",
        "PGHOST": "elsewhere",
        "PGUSER": "x",
        "PGDATABASE": "y",
        "PGDATA": "/z",
        "PGSSLMODE": "require",
    }
    assert server.user(env={**os.environ, **names}).ask("SELECT current_database()") == "shiptrack"


@pytest.mark.parametrize("name", ["with space", "comma, 'quote' and é", "long" * 30])
def test_any_folder_name_will_do(folder: Path, name: str) -> None:
    with served(folder / name / "postgres") as server:
        assert server.user().ask("SELECT 1") == "1"


@pytest.mark.skipif(not ROOT, reason="only root needs another user")
def test_root_passes_through_closed_folders_without_opening_them(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(0o700)
    with served(home / "var" / "postgres") as server:
        assert server.user().ask("SELECT 1") == "1"
        assert home.stat().st_mode & 0o777 == 0o700
        assert server.processes("postgres")[0].username() == "nobody"


@pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
def test_an_ordinary_user_then_root_then_the_user_again(folder: Path) -> None:
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    with served(folder / "var" / "postgres") as server:
        for other in (NOBODY, (), NOBODY):
            user = server.user(as_other=other)
            assert user.ask("SELECT 1") == "1"
            assert server.processes("postgres")[0].username() == "nobody"
            user.leave()
            assert server.stops()


@pytest.mark.skipif(not ROOT, reason="only root can give files away")
def test_what_root_makes_in_somebodys_checkout_belongs_to_that_somebody(folder: Path) -> None:
    account = pwd.getpwnam("nobody")
    os.chown(folder, account.pw_uid, account.pw_gid)
    with served(folder / "var" / "postgres") as server:
        server.user().ask("SELECT 1")
        made = [folder / "var", server.data, *(server.beside(name) for name in ("users", "start", "keeper", "log"))]
        assert {path.stat().st_uid for path in made} == {account.pw_uid}


def manage(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project on a server of its own."""
    own = {**os.environ, "SHIPTRACK_PGDATA": str(folder / "postgres"), "SHIPTRACK_THROWAWAY": "1", **environment}
    command = [sys.executable, str(PROJECT / "manage.py"), *words]
    return subprocess.run(command, env=own, capture_output=True, text=True, timeout=60, check=False)


def test_a_command_that_needs_no_database_starts_none(folder: Path) -> None:
    assert manage(folder, "check").returncode == 0
    assert list(folder.iterdir()) == []


def test_dbshell_uses_the_program_that_came_with_the_server(folder: Path) -> None:
    said = manage(folder, "dbshell", "--", "-A", "-t", "-c", "SELECT 6 * 7", PATH="/nowhere")
    assert said.stdout.strip() == "42", said.stderr
    with served(folder / "postgres") as server:
        assert server.stops()


def test_an_unknown_service_name_of_the_user_is_ignored(folder: Path) -> None:
    said = manage(folder, "dbshell", "--", "-A", "-t", "-c", "SELECT 1", PGSERVICE="unknown")
    assert said.stdout.strip() == "1", said.stderr


def test_every_process_of_the_server_runs_with_a_clean_environment(server: Server) -> None:
    server.user(env={**os.environ, "SECRET_KEY": "hidden", "PGOPTIONS": ""}).ask("SELECT 1")
    assert set(psutil.Process(server.processes("postgres")[0].pid).environ()) <= {
        "PATH",
        "LC_ALL",
        "PG_GRANDPARENT_PID",
    }
