"""Together they start, together they end, and nothing is left, whatever happens."""

import os
import pty
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shiptrack_site.processes import eventually, marked

GROUP = Path(__file__).with_name("group.py")
SLEEPS = "import time; print('here'); time.sleep(60)"
IGNORES = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}"
HIDES_A_CHILD = (
    f"import subprocess as s, sys; s.Popen([sys.executable, '-c', {IGNORES!r}], start_new_session=True); {SLEEPS}"
)


class Group:
    """A running group of small programs."""

    def __init__(self) -> None:
        self.mark = secrets.token_hex(8)

    def start(self, **programs: str) -> "Group":
        words = [sys.executable, str(GROUP), *(f"{name}={code}" for name, code in programs.items())]
        environment = {**os.environ, "RUN_MARK": self.mark}
        self.process = subprocess.Popen(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        return self

    def until(self, text: str) -> "Group":
        """Read on until a line holds the text."""
        assert self.process.stdout
        for line in self.process.stdout:
            if text in line:
                return self
        pytest.fail(f"{text!r} was never said")

    def end(self) -> tuple[int, str]:
        """Return the exit code and the rest of what was said."""
        said, _ = self.process.communicate(timeout=10)
        return self.process.returncode, said

    def left(self) -> list[str]:
        return [" ".join(process.cmdline()) for process in marked(self.mark)]


@pytest.fixture
def group() -> Iterator[Group]:
    made = Group()
    yield made
    for process in marked(made.mark):
        process.kill()
    made.process.wait()
    assert made.process.stdout
    made.process.stdout.close()


def test_lines_carry_the_name_of_who_said_them(group: Group) -> None:
    said = group.start(web="print('hello'); print('again')").end()[1]
    assert "web     | hello\nweb     | again\n" in said
    assert "\x1b" not in said


def test_one_that_dies_ends_all_and_the_exit_code_says_so(group: Group) -> None:
    code, said = group.start(web=SLEEPS, worker="raise SystemExit(3)").end()
    assert code == 1
    assert "worker ended with code 3: stopping everything" in said
    assert group.left() == []


def test_one_that_has_only_one_job_may_end(group: Group) -> None:
    group.start(web="import time; time.sleep(1.5); print('still here'); time.sleep(60)", once="print('loaded')")
    group.until("still here").process.terminate()
    assert group.end()[0] == 0


def test_one_that_fails_at_its_only_job_ends_all(group: Group) -> None:
    assert group.start(web=SLEEPS, once="raise SystemExit(2)").end()[0] == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_stop_it_ends_all_and_well(group: Group, number: signal.Signals) -> None:
    group.start(web=SLEEPS, worker=SLEEPS).until("here").process.send_signal(number)
    assert group.end()[0] == 0
    assert group.left() == []


def test_impatience_changes_nothing(group: Group) -> None:
    group.start(web=SLEEPS, worker=IGNORES).until("worker")
    for _ in range(3):
        os.killpg(group.process.pid, signal.SIGINT)  # as the terminal sends it
    code, said = group.end()
    assert (code, "stopped" in said, group.left()) == (0, True, [])


def test_what_will_not_end_is_ended_with_its_hidden_children(group: Group) -> None:
    group.start(web=HIDES_A_CHILD, worker=IGNORES).until("worker")
    assert eventually(lambda: len(group.left()) == 4, 5)
    group.process.terminate()
    assert group.end()[0] == 0
    assert group.left() == []


def test_a_killed_supervisor_takes_everybody_along(group: Group) -> None:
    group.start(web=SLEEPS, worker=SLEEPS).until("here")
    assert eventually(lambda: len(group.left()) == 3, 5)
    group.process.kill()
    assert eventually(lambda: group.left() == [], 5)


def test_a_reader_that_went_away_does_not_keep_it_from_stopping(group: Group) -> None:
    group.start(web="import time\nwhile True: print('line'); time.sleep(0.05)").until("line")
    assert group.process.stdout
    group.process.stdout.close()
    group.process.terminate()
    assert group.process.wait(10) == 0
    assert group.left() == []


@pytest.mark.parametrize(("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_a_terminal_gets_colours_unless_it_declines(environment: dict[str, str], coloured: bool) -> None:
    ours, theirs = pty.openpty()
    own = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | environment
    words = [sys.executable, str(GROUP), "web=print('hello')"]
    with subprocess.Popen(words, env=own, stdout=theirs, stdin=theirs, stderr=theirs):
        said = os.read(ours, 200).decode()
    os.close(theirs)
    os.close(ours)
    assert ("\x1b[" in said) is coloured
