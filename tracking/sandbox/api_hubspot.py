"""The pretend HubSpot CRM (version 2026-03): batches of contact properties, known by e-mail."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from tracking.sandbox.arrivals import Arrival, Arrivals
from tracking.sandbox.orders import PlayedOrder
from tracking.sandbox.wire import Answer, Calls, Request, answer

TOKEN = "pat-sandbox"  # noqa: S105 (pretend)
UPDATE = "/crm/objects/2026-03/contacts/batch/update"
LARGEST_BATCH = 100
PROPERTIES = frozenset({"delivery_status", "delivery_at_risk", "delivery_last_exception"})
_SAMPLE = "Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid."


class HubSpotApi:
    """Answers below /hubspot. Its contacts are the customers of the Shopify stores; others it does not know."""

    def __init__(self, placed: Callable[[datetime], list[PlayedOrder]], arrivals: Arrivals, calls: Calls) -> None:
        self._placed, self._arrivals, self._calls = placed, arrivals, calls
        self.contacts: dict[str, dict[str, str]] = {}

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /hubspot."""
        self._calls["hubspot"] += 1
        if path != UPDATE or request.method != "POST":
            return _error(404, "OBJECT_NOT_FOUND", "No such path")
        if request.header("authorization") != f"Bearer {TOKEN}":
            return _error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        inputs = request.fields().get("inputs")
        if not isinstance(inputs, list) or not 0 < len(inputs) <= LARGEST_BATCH:
            return _error(400, "VALIDATION_ERROR", "Invalid input: inputs must hold 1 to 100 objects")
        ids = [str(each.get("id")).lower() for each in inputs]
        if len(set(ids)) < len(ids):
            return _error(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        unknown = {name for each in inputs for name in each.get("properties", {})} - PROPERTIES
        if unknown:
            return _error(400, "VALIDATION_ERROR", f'Property "{sorted(unknown)[0]}" does not exist')
        return self._updated(inputs, now)

    def _updated(self, inputs: list[dict[str, Any]], now: datetime) -> Answer:
        known = {order.customer.email.lower() for order in self._placed(now) if order.shop.kind == "shopify"}
        results, lost = [], []
        for each in inputs:
            email, values = str(each["id"]).lower(), {key: str(value) for key, value in each["properties"].items()}
            if email not in known:
                lost.append(each["id"])
                continue
            self.contacts[email] = self.contacts.get(email, {}) | values
            told = ", ".join(f"{key} = {value or 'nothing'}" for key, value in sorted(values.items()))
            self._arrivals.add(Arrival("hubspot", "contact", now, email, email, email, told, values))
            results.append({"id": email, "properties": self.contacts[email], "archived": False})
        content: dict[str, Any] = {"status": "COMPLETE", "results": results}
        if not lost:
            return answer(200, content)
        error = {"status": "error", "category": "OBJECT_NOT_FOUND", "message": _SAMPLE, "context": {"ids": lost}}
        return answer(207, {**content, "numErrors": 1, "errors": [error]})


def _error(status: int, category: str, message: str) -> Answer:
    return answer(status, {"status": "error", "category": category, "message": message})
