"""FedEx: Track API v1 (polled) and Advanced Integrated Visibility (pushed); both tell parcels in one shape."""

from tracking.connectors.fedex.connector import Fedex

__all__ = ["FEDEX", "Fedex"]

FEDEX = Fedex()
