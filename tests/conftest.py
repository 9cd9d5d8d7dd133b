"""What every test relies on."""

import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_BROWSER = "no Chromium found (Debian, Ubuntu: apt install chromium; or set CHROMIUM to its path)"


def find_browser() -> str | None:
    """Return the path of the Chromium that browser tests drive, None if there is none. `CHROMIUM` names one."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The path of the browser; tests that use it carry the mark `browser`."""
    path = find_browser()
    assert path, NO_BROWSER
    return path


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests quick and independent of what was collected or built before, and of how busy the machine is."""
    hypothesis_settings.register_profile(
        "untimed", parent=hypothesis_settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    hypothesis_settings.load_profile("untimed")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a browser its tests are skipped on a developer's machine, and fail where CI=1 promises one."""
    if item.get_closest_marker("browser") is None or find_browser():
        return
    if os.environ.get("CI") == "1":
        pytest.fail(NO_BROWSER, pytrace=False)
    pytest.skip(NO_BROWSER)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Say last of all how many tests a missing browser cost, so that it is never overlooked."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput"):
        return
    skipped = [report for report in reporter.stats.get("skipped", []) if NO_BROWSER in str(report.longrepr)]
    if skipped:
        reporter.write_line(f"Skipped {len(skipped)} of the browser tests: {NO_BROWSER}")
