"""Connector for ShipStation: orders, labels and voids (API V1), labels and tracking (API V2)."""

from tracking.connectors.shipstation.connector import SHIPSTATION

__all__ = ["SHIPSTATION"]
