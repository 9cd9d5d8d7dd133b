"""The system checks: the product as it stands passes, and each fault they look for is refused."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.checks.registry import registry as registered

from tracking import checks
from tracking.connectors import registry as connectors
from tracking.connectors.fedex import FEDEX
from tracking.connectors.usps import USPS
from tracking.detectors import registry as detectors
from tracking.detectors import waiting
from tracking.status import presets


@pytest.fixture
def preset_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder in place of the presets that ship; what was read before is forgotten, before and after."""
    presets.load.cache_clear()
    monkeypatch.setattr(presets, "FOLDER", tmp_path)
    yield tmp_path
    presets.load.cache_clear()


def test_the_product_as_it_stands_passes_and_every_check_is_registered() -> None:
    assert set(checks.CHECKS) <= set(registered.get_checks())
    assert [error for error in run_checks() if (error.id or "").startswith("tracking.")] == []


def test_two_connectors_of_one_kind_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = connectors.problems((FEDEX, USPS, FEDEX))
    monkeypatch.setattr(connectors, "problems", lambda: found)
    errors = checks.check_connectors()
    assert [error.id for error in errors] == ["tracking.E001", "tracking.E001"]
    assert '"fedex"' in errors[0].msg


def test_two_detectors_of_one_kind_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    found = detectors.duplicates((waiting.STALLED, waiting.NO_FIRST_SCAN, waiting.STALLED))
    monkeypatch.setattr(detectors, "duplicates", lambda: found)
    assert [(error.id, error.msg) for error in checks.check_detectors()] == [
        ("tracking.E002", 'Two detectors find "stalled".')
    ]


def test_a_preset_with_a_bad_row_is_refused_with_file_and_line(preset_folder: Path) -> None:
    row = "fedex,event,PU,,,no_such_milestone,,,,,,Picked up"
    (preset_folder / "fedex.csv").write_text(",".join(presets.COLUMNS) + "\n" + row + "\n")
    (found,) = checks.check_presets()
    assert found.id == "tracking.E003"
    assert found.msg.startswith("fedex.csv, line 2")


def test_a_preset_of_no_connector_is_refused(preset_folder: Path) -> None:
    (preset_folder / "pigeon.csv").write_text(",".join(presets.COLUMNS) + "\n")
    assert [error.id for error in checks.check_presets()] == ["tracking.E004"]


def test_no_preset_is_no_fault(preset_folder: Path) -> None:
    assert checks.check_presets() == []
