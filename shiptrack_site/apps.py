from django.apps import AppConfig
from django.utils.module_loading import import_string

from shiptrack_site.wiring import CONFIGURATION
from tracking.configuration.kinds import register


class SiteConfig(AppConfig):
    """The installation: settings, processes, wiring. Its commands are found because it is an app."""

    name = "shiptrack_site"
    verbose_name = "Site"

    def ready(self) -> None:
        """Make the kinds of configuration known that the apps bring along."""
        for path in CONFIGURATION:
            register(import_string(path))
