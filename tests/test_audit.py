"""A weakness fails the audit; a service that does not answer is said, and never taken for good news."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).parent.parent / ".ci" / "audit.py"
spec = importlib.util.spec_from_file_location("audit", PATH)
assert spec
assert spec.loader
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)
GOOD = {"name": "a", "version": "1", "vulns": []}
WEAK = {"name": "b", "version": "2", "vulns": [{"id": "PYSEC-1"}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found"}


@pytest.mark.parametrize(
    ("packages", "passes", "said"),
    [
        ([GOOD], True, "1 packages without known weakness"),
        ([GOOD, SKIPPED], True, "1 packages without known weakness, 1 NOT audited"),
        ([SKIPPED, SKIPPED], True, "NOT audited: the index answers for none of 2 packages"),
        ([], True, "NOT audited: the advisory service was not reached"),
        ([GOOD, WEAK, SKIPPED], False, "b 2: PYSEC-1"),
        (None, True, "NOT audited: the advisory service was not reached"),
    ],
)
def test_what_is_said(packages: list[dict[str, Any]] | None, passes: bool, said: str) -> None:
    answer = audit.verdict("pins.txt", None if packages is None else {"dependencies": packages})
    assert answer[0] is passes
    assert said in answer[1]


def test_silence_of_the_service_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit.sys, "executable", "/bin/false")
    assert audit.ask("requirements.txt") is None
