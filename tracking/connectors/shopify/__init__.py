"""Connector for Shopify: webhooks in REST shape, reconciliation through the GraphQL Admin API."""

from tracking.connectors.shopify.connector import SHOPIFY

__all__ = ["SHOPIFY"]
