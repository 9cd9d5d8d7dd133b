"""The web server's application with a hook that checks everything and stores nothing."""

from typing import Any

from shiptrack_site.wsgi import application
from tracking.ingest import operations
from tracking.ingest.operations import Receipt

__all__ = ["application"]


def _receive(**_: Any) -> Receipt:
    return Receipt(is_new=True, message_id=0)


operations.receive = _receive
