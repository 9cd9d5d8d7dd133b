"""Shopify's webhook envelope: its headers, its signature, and which topic a message without headers must be."""

from collections.abc import Mapping
from typing import Any

from tracking.connectors.contract import RawMessage, Verification
from tracking.connectors.parsing import hmac_matches, secrets_of

POLLED = "orders/poll"  # our own word for an order out of a poll answer

# What only a message of that topic holds; the first that fits wins.
_SHAPES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("customers/data_request", ("data_request", "customer")),
    ("customers/redact", ("orders_to_redact",)),
    ("orders/edited", ("order_edit",)),
    ("fulfillment_events/create", ("fulfillment_id", "happened_at")),
    ("fulfillments/update", ("order_id", "tracking_numbers")),
    ("fulfillments/update", ("order_id", "tracking_number")),
    ("fulfillments/update", ("order_id", "shipment_status")),
    (POLLED, ("data",)),
    (POLLED, ("orders",)),
    (POLLED, ("updatedAt",)),
    ("orders/updated", ("line_items",)),
    ("orders/updated", ("order_number",)),
    ("orders/updated", ("name", "created_at")),
    ("shop/redact", ("shop_domain", "shop_id")),
)


def header(message: RawMessage, name: str) -> str:
    """Return a Shopify header by its name without prefix; newer deliveries leave the `X-` out."""
    return message.headers.get(f"x-shopify-{name}") or message.headers.get(f"shopify-{name}", "")


def verify(message: RawMessage, settings: Mapping[str, str]) -> Verification:
    """Tell whether one of the secrets signed the raw body (Base64 of HMAC-SHA256).

    An app's webhooks are signed with its client secret, those made by hand in the shop with a secret of the shop: both
    count. The delivery id stays the same when Shopify tries again. No time is signed.
    """
    secrets = secrets_of(settings.get("webhook_secret", "")) + secrets_of(settings.get("client_secret", ""))
    given = header(message, "hmac-sha256")
    if not secrets:
        return Verification(ok=False, why_not="No webhook secret is set for this source.")
    if not given:
        return Verification(ok=False, why_not="The header X-Shopify-Hmac-Sha256 is missing.")
    if not hmac_matches(secrets, message.body, given):
        return Verification(ok=False, why_not="The signature does not match the body under any of the secrets.")
    return Verification(ok=True, delivery_id=header(message, "webhook-id"), topic=header(message, "topic"))


def topic_of(message: RawMessage, body: Mapping[str, Any]) -> str:
    """Return the topic as told, else by the shape of the body; "" when no shape fits."""
    told = message.topic or header(message, "topic")
    if told:
        return told
    if body.keys() <= {"id", "admin_graphql_api_id"} and "id" in body:
        return "orders/delete"
    return next((topic for topic, keys in _SHAPES if all(key in body for key in keys)), "")
