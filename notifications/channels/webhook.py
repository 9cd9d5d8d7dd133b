"""Signed webhooks to any system, by the Standard Webhooks scheme (1.0). Their form: docs/webhooks-out.md."""

import base64
import binascii
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from notifications.channels.accounts import account_of, as_failure, client_for, settings_of
from notifications.channels.contract import ChannelBroken, Envelope, PermanentFailure, Receipt
from tracking import clock
from tracking.connectors.http import CallFailed

PREFIX = "whsec_"


class WebhookChannel:
    """Posts the notice to the address of an account. What is wrong with one address does not stop the others."""

    kind = "webhook"
    label = "Signed webhook"
    per_second = 20.0

    def is_ready(self) -> str:
        """Each account has an address of its own, so that there is nothing the channel as a whole could lack."""
        return ""

    def is_idempotent(self) -> bool:
        """Receivers drop a second message with the same `webhook-id`."""
        return True

    def send(self, envelope: Envelope) -> Receipt:
        """Sign and post one notice. Raises TemporaryFailure, PermanentFailure."""
        account = account_of(self.kind, envelope.to.removeprefix(f"channel:{self.kind}").removeprefix(":"))
        try:
            told = settings_of(account, ("url", "signing_secret"))
            assert account is not None
            body = body_of(envelope.data, with_customer=told.get("include_customer") == "yes")
            headers = signed_headers(str(told["signing_secret"]), envelope.key, clock.now(), body)
            client_for(account).request("POST", str(told["url"]), headers=headers, data=body)
        except CallFailed as failure:
            raise _judged(failure) from failure
        except (ChannelBroken, ValueError) as error:
            raise PermanentFailure(str(error)) from error
        return Receipt(headers["webhook-id"])


def body_of(notice: Mapping[str, Any], *, with_customer: bool) -> bytes:
    """Return the payload: type, time of the news, and data; the customer only where an account asks for it."""
    data = {name: value for name, value in notice.items() if name != "customer" or with_customer}
    event = notice["event"]
    payload = {"type": event["type"], "timestamp": event["at"], "data": data}
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def signed_headers(secrets: str, key: str, now: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of one delivery; of several secrets (one a line, while one is changed) each signs.

    `key` stays the same for every try; `now` is aware UTC. Raises ValueError for a secret that is none.
    """
    name, stamp = f"msg_{key.replace('-', '')}", str(int(now.timestamp()))
    signed = f"{name}.{stamp}.".encode() + body
    signatures = (hmac.new(_key(secret), signed, sha256).digest() for secret in secrets.split())
    return {
        "Content-Type": "application/json",
        "webhook-id": name,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(each).decode()}" for each in signatures),
    }


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"A signing secret is {PREFIX} and Base64 after it.") from error


def _judged(failure: CallFailed) -> Exception:
    """One receiver's refusal says nothing of the others: its message fails, the channel goes on."""
    if failure.status == 410:
        return PermanentFailure("The receiver says that this address is gone for good (HTTP 410).")
    found = as_failure(failure)
    return PermanentFailure(failure.message) if isinstance(found, ChannelBroken) else found
