"""What every measurement stands on: one store, two carriers that push, and an administrator who looks at pages."""

from datetime import datetime

from django.contrib.auth.models import User

from tracking.ingest.sources import add_source
from tracking.models import Carrier, Service

STORE = "Bench"
SECRET = "bench-webhook-secret"  # noqa: S105 (signs the messages of a database that lives for minutes)
SERVICES = {"usps": "Ground Advantage", "fedex": "FedEx Home Delivery"}
READER = "reader"


def lay(now: datetime) -> None:
    """Create sources, services and the reader in the current database."""
    for kind, service in SERVICES.items():
        add_source(kind=kind, slug=kind, store=STORE, values={"webhook_secret": SECRET}, now=now)
        Service.objects.create(carrier=Carrier.objects.get(code=kind), name=service)
    User.objects.create_superuser(READER)
