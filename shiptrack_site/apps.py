from django.apps import AppConfig
from django.utils.module_loading import import_string

from shiptrack_site.wiring import CONFIGURATION, DEMO, DEMO_END, PLAYBOOK_COLUMNS, SUBSCRIBERS
from tracking.configuration.kinds import register


class SiteConfig(AppConfig):
    """The installation: settings, processes, wiring. Its commands are found because it is an app."""

    name = "shiptrack_site"
    verbose_name = "Site"

    def ready(self) -> None:
        """Make known which kinds of configuration the apps bring along, who hears of news, who plays along."""
        for path in CONFIGURATION:
            register(import_string(path))
        subscribe = import_string("tracking.domain_events.subscribe")
        for path in SUBSCRIBERS:
            subscribe(import_string(path))
        import_string("tracking.exception_queue.playbook.provide")(import_string(PLAYBOOK_COLUMNS))
        add_step = import_string("tracking.demo.steps.add")
        for path in DEMO:
            add_step(import_string(path))
        add_last = import_string("tracking.demo.steps.add_last")
        for path in DEMO_END:
            add_last(import_string(path))
