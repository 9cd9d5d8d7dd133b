"""Connector for USPS: Tracking 3.2 (`v3r2`) by poll, Subscriptions - Tracking 3.2 by push."""

from tracking.connectors.usps.connector import USPS

__all__ = ["USPS"]
