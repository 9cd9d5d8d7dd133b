"""Connector for systems of one's own: shops, warehouses and logistics partners that post our documented JSON."""

from tracking.connectors.generic.connector import GENERIC

__all__ = ["GENERIC"]
