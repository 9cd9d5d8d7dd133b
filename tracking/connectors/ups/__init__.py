"""Connector for UPS: Track API v1 by poll, Track Alert v2 by push."""

from tracking.connectors.ups.connector import UPS

__all__ = ["UPS"]
