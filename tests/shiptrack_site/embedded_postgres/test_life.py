"""When the server starts and stops, whatever happens to those who use it."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tests.shiptrack_site.embedded_postgres.conftest import Server, served
from tests.shiptrack_site.processes import eventually


def test_it_starts_with_the_first_connect_and_stops_after_the_last_user(server: Server) -> None:
    user = server.user()
    assert int(user.ask("SHOW server_version_num")) >= 140000
    sockets = Path(server.beside("socket").read_text())
    assert sockets.exists()
    user.leave()
    assert server.stops()
    assert not sockets.exists()


def test_release_returns_when_the_server_has_stopped(server: Server) -> None:
    user = server.user()
    user.ask("SELECT 1")
    assert user.ask("release") == "released"
    assert server.processes("postgres") == []
    assert user.ask("SELECT 2") == "2"  # and it comes back when needed


def test_release_leaves_it_to_others(server: Server) -> None:
    user, other = server.user(), server.user()
    assert [user.ask("SELECT 1"), other.ask("SELECT 1")] == ["1", "1"]
    user.ask("release")
    assert other.ask("SELECT 2") == "2"
    assert len(server.processes("postgres")) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_a_killed_user_counts_as_gone(server: Server, number: signal.Signals) -> None:
    killed, other = server.user(), server.user()
    assert [killed.ask("SELECT 1"), other.ask("SELECT 1")] == ["1", "1"]
    killed.process.send_signal(number)
    assert killed.process.wait(5) == -number
    other.leave()
    assert server.stops()


def test_a_forked_child_keeps_it_alive_after_its_parent_ended(server: Server) -> None:
    parent = server.user()
    parent.ask("SELECT 1")
    child = int(parent.ask("fork"))
    assert parent.process.wait(5) == 0
    time.sleep(2.5)  # longer than an unused server lives
    assert len(server.processes("postgres")) == 1
    assert parent.ask("SELECT 3") == "3"  # the child answers on the parent's pipes
    os.kill(child, signal.SIGKILL)
    assert server.stops()


def test_eight_at_once_find_one_server(server: Server) -> None:
    users = [server.user() for _ in range(8)]
    for user in users:
        user.tell("SELECT 1")
    assert [user.answer() for user in users] == ["1"] * 8
    assert len(server.processes("postgres")) == 1


def test_two_checkouts_have_a_server_each(folder: Path) -> None:
    with served(folder / "a" / "postgres") as one, served(folder / "b" / "postgres") as two:
        assert [one.user().ask("SELECT 1"), two.user().ask("SELECT 1")] == ["1", "1"]
        assert len(one.processes("postgres")) == len(two.processes("postgres")) == 1


def test_a_killed_server_is_back_with_the_next_connect_and_loses_nothing(server: Server) -> None:
    user = server.user()
    user.ask("CREATE TABLE kept AS SELECT 7 AS id")
    server.processes("postgres")[0].kill()
    assert eventually(server.has_stopped, 10)
    assert user.ask("SELECT id FROM kept") == "7"


def test_a_killed_keeper_takes_the_server_along_and_the_next_connect_starts_both(server: Server) -> None:
    user = server.user()
    user.ask("SELECT 1")
    left_behind = Path(server.beside("socket").read_text())
    server.processes("keeper")[0].kill()
    assert eventually(lambda: not server.processes("postgres"), 10)
    assert user.ask("SELECT 2") == "2"
    assert len(server.processes("keeper")) == 1
    assert not left_behind.exists()


def test_a_pid_file_that_names_an_innocent_process_harms_nobody(server: Server) -> None:
    first = server.user()
    first.ask("CREATE TABLE kept AS SELECT 7 AS id")
    first.leave()
    assert server.stops()
    with subprocess.Popen(["sleep", "60"]) as innocent:
        (server.data / "postmaster.pid").write_text(f"{innocent.pid}\n{server.data}\n1\n5432\n/tmp\n\n0 0\nready\n")
        assert server.user().ask("SELECT id FROM kept") == "7"
        assert innocent.poll() is None
        innocent.kill()


def test_an_interrupted_first_start_is_done_again(server: Server) -> None:
    half = server.beside("new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert server.user().ask("SELECT 1") == "1"
    assert not half.exists()


def test_it_never_removes_what_it_did_not_make(server: Server) -> None:
    server.data.mkdir()
    (server.data / "letter.txt").write_text("mine")
    user = server.user()
    user.tell("SELECT 1")
    _, errors = user.process.communicate(timeout=20)
    assert "The embedded PostgreSQL did not start" in errors
    assert "Or set DATABASE_URL" in errors
    assert (server.data / "letter.txt").read_text() == "mine"


def test_a_throw_away_server_leaves_nothing_even_when_its_user_is_killed(server: Server) -> None:
    user = server.user("fast")
    assert user.ask("SHOW fsync") == "off"
    sockets = Path(server.beside("socket").read_text())
    folder = server.data.parent
    user.process.kill()
    assert eventually(lambda: not folder.exists(), 8)
    assert not sockets.exists()


def test_a_server_for_measurements_keeps_every_promise(server: Server) -> None:
    user = server.user("durable")
    names = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
    assert [user.ask(f"SHOW {name}") for name in names] == ["on"] * 4


def test_ctrl_c_in_the_terminal_does_not_reach_it(server: Server) -> None:
    user = server.user(start_new_session=True)
    user.ask("SELECT 1")
    group = os.getpgid(user.process.pid)
    mine = [process for process in psutil.process_iter() if _group_of(process) == group]
    assert [process.pid for process in mine] == [user.process.pid]


def _group_of(process: psutil.Process) -> int:
    try:
        return os.getpgid(process.pid)
    except ProcessLookupError:
        return -1
