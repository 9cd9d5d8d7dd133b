#!/usr/bin/env python
"""Run a ShipTrack command: `python manage.py <command> --help`."""

import os
import sys

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    """Load the settings first, so that a wrong one ends in its sentence and not in a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shiptrack_site.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 (reading one loads them all)
    except ImproperlyConfigured as error:
        sys.exit(f"ShipTrack cannot start: {error}")
    try:
        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
