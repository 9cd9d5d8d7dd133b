"""A pretend help desk of no brand: takes signed posts about cases and answers with the ticket it keeps for each."""

import hmac
from datetime import datetime
from hashlib import sha256
from typing import Any

from tracking.sandbox.arrivals import Arrival, Arrivals
from tracking.sandbox.wire import Answer, Calls, Request, answer

SETTINGS = {"webhook_secret": "sandbox-help-desk-secret"}
PATH = "/help-desk/cases"


class HelpDeskApi:
    """Answers at /help-desk/cases. `tickets` by our mark on them ("case-812")."""

    def __init__(self, arrivals: Arrivals, calls: Calls) -> None:
        self.tickets: dict[str, dict[str, Any]] = {}
        self._arrivals, self._calls = arrivals, calls
        self._seen: dict[str, str] = {}

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one post."""
        self._calls["help desk"] += 1
        stamp = request.header("x-shiptrack-timestamp")
        made = hmac.new(SETTINGS["webhook_secret"].encode(), stamp.encode() + b"." + request.body, sha256).hexdigest()
        if not hmac.compare_digest(made, request.header("x-shiptrack-signature")):
            return answer(401, {"error": "The signature does not fit"})
        told, key = request.fields(), request.header("idempotency-key")
        mark = str(told.get("external_id", ""))
        if key not in self._seen:
            if told.get("ticket_id") and mark not in self.tickets:
                return answer(410, {"error": "The ticket is gone"})
            self._seen[key] = mark
            self.tickets[mark] = told
            kind = str(told.get("action", "")).replace(".", " ")
            self._arrivals.add(Arrival("help desk", kind, now, mark, text=str(told.get("comment", "")), details=told))
        return answer(200, {"ticket_id": f"HD-{mark}", "url": f"https://desk.example/tickets/{mark}"})
