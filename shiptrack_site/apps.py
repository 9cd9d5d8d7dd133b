from django.apps import AppConfig


class SiteConfig(AppConfig):
    """The installation: settings, processes, wiring. Its commands are found because it is an app."""

    name = "shiptrack_site"
    verbose_name = "Site"
