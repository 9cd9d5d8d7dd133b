"""What every test relies on."""

import pytest
from django.conf import settings


def pytest_configure(config: pytest.Config) -> None:
    """Keep tests quick and independent of what was collected or built before."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_AUTOREFRESH = True
