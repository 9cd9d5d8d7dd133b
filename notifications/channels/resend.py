"""Resend's HTTP API (POST /emails) with its header `Idempotency-Key`, kept there for 24 hours."""

from typing import Any

from anymail.backends.resend import EmailBackend as AnymailBackend


class EmailBackend(AnymailBackend):
    """django-anymail's backend, with the message's key as the idempotency key."""

    drops_repeated_keys = True

    def build_message_payload(self, message: Any, defaults: Any) -> Any:
        """Add the header; the key travels with the message as `X-ShipTrack-Message`."""
        payload = super().build_message_payload(message, defaults)
        if key := message.extra_headers.get("X-ShipTrack-Message"):
            payload.headers["Idempotency-Key"] = key
        return payload
