"""Reads what help desks push: proves who sent it, and makes the ticket of the body. Pure.

Zendesk signs Base64(HMAC-SHA256(secret, timestamp + body)) (headers X-Zendesk-Webhook-Signature and -Timestamp). Any
other desk signs hex(HMAC-SHA256(secret, timestamp + "." + body)) with the time in seconds, or, where it cannot sign
(Gorgias, Freshdesk), sends the secret itself in X-ShipTrack-Secret. The body is one form for all: docs/help-desk.md.
"""

import base64
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from tracking.tickets.contract import TicketUpdate
from tracking.vocabulary import TicketState

OLDEST = timedelta(minutes=5)
_STATES = {
    "new": TicketState.OPEN, "open": TicketState.OPEN, "pending": TicketState.PENDING, "hold": TicketState.PENDING,
    "solved": TicketState.SOLVED, "resolved": TicketState.SOLVED, "closed": TicketState.CLOSED,
    "deleted": TicketState.DELETED, "2": TicketState.OPEN, "3": TicketState.PENDING, "4": TicketState.SOLVED,
    "5": TicketState.CLOSED,
}  # fmt: skip


class NotATicket(Exception):
    """The body is no ticket; the text says what is missing."""


def is_from_desk(desk: str, body: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> bool:
    """Return whether a push is signed with the secret and young enough. `headers` with lower-case names."""
    if desk == "zendesk":
        stamp = headers.get("x-zendesk-webhook-signature-timestamp", "")
        made = base64.b64encode(hmac.new(secret.encode(), stamp.encode() + body, sha256).digest()).decode()
        return _same(made, headers.get("x-zendesk-webhook-signature", "")) and _is_young(_iso(stamp), now)
    if plain := headers.get("x-shiptrack-secret", ""):
        return _same(secret, plain)
    stamp = headers.get("x-shiptrack-timestamp", "")
    made = signature(secret, stamp, body)
    return _same(made, headers.get("x-shiptrack-signature", "")) and _is_young(_seconds(stamp), now)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Return the generic signature of a body at a time given in seconds, as lower-case hex."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()


def read_ticket(desk: str, body: bytes, now: datetime) -> TicketUpdate:
    """Return the ticket of a body. Raises NotATicket."""
    try:
        told = json.loads(body.decode("utf-8"))
        ticket = told.get("ticket") if isinstance(told.get("ticket"), dict) else told
        number = _text(ticket, "id")
    except (ValueError, AttributeError, RecursionError) as error:
        raise NotATicket("The body is no JSON object with a ticket.") from error
    if not number or len(number) > 64:
        raise NotATicket("The ticket has no id.")
    created = _iso(_text(ticket, "created_at"))
    return TicketUpdate(
        desk=desk,
        external_id=number,
        updated_at=_iso(_text(ticket, "updated_at")) or now,
        state=_STATES.get((_text(ticket, "status") or _text(ticket, "state")).lower(), TicketState.OPEN),
        subject=_text(ticket, "subject"),
        text=_text(ticket, "text") or _text(ticket, "description"),
        email=_text(ticket, "email") or _text(ticket, "requester_email"),
        order_number=_text(ticket, "order_number"),
        tracking_number=_text(ticket, "tracking_number"),
        url=_text(ticket, "url") if _text(ticket, "url").startswith("https://") else "",
        reference=_text(ticket, "external_id"),
        created_at=created,
    )


def _text(ticket: Mapping[str, Any], name: str) -> str:
    value = ticket.get(name)
    return (
        str(value).replace("\x00", "").strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _is_young(at: datetime | None, now: datetime) -> bool:
    return at is not None and abs(now - at) <= OLDEST


def _iso(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _seconds(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text.isascii() and text.isdecimal() and len(text) < 12 else None
