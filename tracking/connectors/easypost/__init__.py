"""Connector for EasyPost: trackers pushed as events, and the list of trackers by poll (API v2)."""

from tracking.connectors.easypost.connector import EASYPOST

__all__ = ["EASYPOST"]
