"""Pretend systems of one's own (finance, warehouse) that take signed webhooks and check them as documented.

Standard Webhooks 1.0: `webhook-id`, `webhook-timestamp`, `webhook-signature` over "id.timestamp.body".
"""

import base64
import hmac
from datetime import datetime, timedelta
from hashlib import sha256

from tracking.sandbox.arrivals import Arrival, Arrivals
from tracking.sandbox.wire import Answer, Calls, Request, answer

SECRETS = {name: "whsec_" + base64.b64encode(f"sandbox-{name}-secret".encode()).decode() for name in ("finance", "3pl")}
TOLERANCE = timedelta(minutes=5)


class Receiver:
    """Answers below /receiver/<name>. A message it has is not taken a second time."""

    def __init__(self, arrivals: Arrivals, calls: Calls) -> None:
        self._arrivals, self._calls = arrivals, calls
        self._seen: set[tuple[str, str]] = set()

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Take one message: 401 for a wrong signature or an old one, else 200."""
        name = path.strip("/")
        self._calls[f"receiver {name}"] += 1
        if name not in SECRETS or request.method != "POST":
            return answer(404, {"error": "Nobody takes messages here"})
        if not _is_signed(request, SECRETS[name], now):
            return answer(401, {"error": "The signature does not fit"})
        key = (name, request.header("webhook-id"))
        if key in self._seen:
            return answer(200, {"taken": "before"})
        self._seen.add(key)
        told = request.fields()
        self._arrivals.add(
            Arrival(
                "webhook", str(told.get("type")), now, key[1], name, str(told.get("type")), request.body.decode(), told
            )
        )
        return answer(200, {"taken": "now"})


def _is_signed(request: Request, secret: str, now: datetime) -> bool:
    name, stamp = request.header("webhook-id"), request.header("webhook-timestamp")
    if not stamp.isdigit() or abs(now.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    right = base64.b64encode(hmac.new(key, f"{name}.{stamp}.".encode() + request.body, sha256).digest()).decode()
    given = request.header("webhook-signature").split()
    return any(hmac.compare_digest(each, f"v1,{right}") for each in given)
