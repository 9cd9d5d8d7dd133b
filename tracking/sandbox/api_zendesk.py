"""A pretend Zendesk (Support API v2): tickets by id and external_id, private comments, Idempotency-Key, webhooks."""

import base64
import hmac
import json
import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from tracking.sandbox.arrivals import Arrival, Arrivals
from tracking.sandbox.wire import Answer, Calls, Delivery, Request, answer

SETTINGS = {
    "subdomain": "sandbox",
    "email": "desk@example.com",
    "api_token": "sandbox-zendesk-token",
    "webhook_secret": "sandbox-zendesk-secret",
}
HOOK_PATH = "/desk/zendesk/"
_ONE = re.compile(r"/tickets/(\d+)(/comments)?\.json")


class ZendeskApi:
    """Answers below /zendesk/api/v2. `tickets` by id; each with its `comments`."""

    def __init__(self, arrivals: Arrivals, calls: Calls) -> None:
        self.tickets: dict[int, dict[str, Any]] = {}
        self._arrivals, self._calls = arrivals, calls
        self._answers: dict[str, int] = {}

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /zendesk."""
        path = path.removeprefix("/api/v2")
        self._calls[f"zendesk {request.method}"] += 1
        told = f"{SETTINGS['email']}/token:{SETTINGS['api_token']}"
        if request.header("authorization") != f"Basic {base64.b64encode(told.encode()).decode()}":
            return answer(401, {"error": "Couldn't authenticate you"})
        if path == "/tickets.json":
            return self._create(request, now) if request.method == "POST" else self._list(request)
        found = _ONE.fullmatch(path)
        ticket = self.tickets.get(int(found[1])) if found else None
        if ticket is None or found is None:
            return answer(404, {"error": "RecordNotFound", "description": "Not found"})
        if found[2]:
            return answer(200, {"comments": ticket["comments"][::-1]})
        return self._update(ticket, request, now) if request.method == "PUT" else answer(200, {"ticket": ticket})

    def delete(self, ticket_id: int) -> None:
        """A person deletes a ticket."""
        del self.tickets[ticket_id]

    def _list(self, request: Request) -> Answer:
        mark = request.query().get("external_id")
        return answer(200, {"tickets": [each for each in self.tickets.values() if each["external_id"] == mark]})

    def _create(self, request: Request, now: datetime) -> Answer:
        key = request.header("idempotency-key")
        if key and key in self._answers:
            return answer(201, {"ticket": self.tickets[self._answers[key]]}, x_idempotency_lookup="hit")
        told = request.fields().get("ticket") or {}
        number = 5000 + len(self._answers) + 1
        ticket = {**told, "id": number, "comments": [told.get("comment", {})], "updated_at": now.isoformat()}
        ticket.setdefault("external_id", None)
        self.tickets[number] = ticket
        self._answers[key or str(number)] = number
        self._note("ticket", ticket, told, now)
        return answer(201, {"ticket": ticket})

    def _update(self, ticket: dict[str, Any], request: Request, now: datetime) -> Answer:
        if ticket.get("status") == "closed":
            return answer(422, {"error": "RecordInvalid", "description": "Status: closed prevents ticket update"})
        told = dict(request.fields().get("ticket") or {})
        if said := told.pop("comment", None):
            ticket["comments"].append(said)
        ticket |= {**told, "updated_at": now.isoformat()}
        self._note(
            "ticket closed" if told.get("status") == "solved" else "ticket update", ticket, request.fields(), now
        )
        return answer(200, {"ticket": ticket})

    def _note(self, kind: str, ticket: dict[str, Any], told: dict[str, Any], now: datetime) -> None:
        text = str((ticket["comments"] or [{}])[-1].get("body", ""))
        self._arrivals.add(
            Arrival(
                "zendesk", kind, now, str(ticket["id"]), title=str(ticket.get("subject", "")), text=text, details=told
            )
        )


def hook(ticket: dict[str, Any], now: datetime, secret: str = SETTINGS["webhook_secret"]) -> Delivery:
    """Return what a trigger's webhook posts about a ticket, signed: Base64(HMAC-SHA256(secret, timestamp + body))."""
    body = json.dumps({"ticket": ticket}).encode()
    stamp = now.isoformat().replace("+00:00", "Z")
    digest = hmac.new(secret.encode(), stamp.encode() + body, sha256).digest()
    headers = {
        "Content-Type": "application/json",
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    return Delivery(now, "zendesk", HOOK_PATH, headers, body)
