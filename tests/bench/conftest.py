"""What tests of the measurements share."""

from tests.tracking.conftest import now, presets

__all__ = ["now", "presets"]
