"""A pretend mail provider (Resend's `POST /emails`) and the mailbox where its messages arrive.

A second message with the same `Idempotency-Key` is answered like the first and not put into the mailbox again, as the
provider documents for 24 hours.
"""

from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tracking.sandbox.wire import Answer, Request, answer

PATH = "/resend/"
KEY = "re_sandbox"
KEPT = 500  # newest messages


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it arrived."""

    id: str
    at: datetime
    key: str
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    headers: dict[str, str] = field(default_factory=dict)


class Mailbox:
    """Takes messages in and keeps the newest; counts every call and every arrival."""

    def __init__(self) -> None:
        self.mails: deque[Mail] = deque(maxlen=KEPT)
        self.calls: Counter[str] = Counter()
        self._ids: dict[str, str] = {}
        self._lock = Lock()

    def respond(self, request: Request, now: datetime) -> Answer:
        """Answer a call to the provider: a send, or a look into the mailbox (ours, not the provider's)."""
        if request.path == f"{PATH}mailbox" and request.method == "GET":
            return answer(200, {"mails": [_shown(mail) for mail in self.mails]})
        if request.path != f"{PATH}emails" or request.method != "POST":
            return answer(404, {"statusCode": 404, "name": "not_found", "message": "No such endpoint"})
        if request.header("authorization") != f"Bearer {KEY}":
            return answer(401, {"statusCode": 401, "name": "missing_api_key", "message": "Missing API key"})
        told = request.json()
        if not isinstance(told, dict) or not told.get("to") or not told.get("from"):
            return answer(422, {"statusCode": 422, "name": "validation_error", "message": "Missing `to` field"})
        with self._lock:
            return self._take(told, request.header("idempotency-key"), now)

    def _take(self, told: dict[str, Any], key: str, now: datetime) -> Answer:
        self.calls["sends"] += 1
        if key and key in self._ids:
            self.calls["repeated"] += 1
            return answer(200, {"id": self._ids[key]})
        name = str(uuid5(NAMESPACE_URL, key or f"{now.isoformat()}/{self.calls['sends']}"))
        self._ids[key or name] = name
        self.calls["arrived"] += 1
        self.mails.append(_mail(name, key, told, now))
        return answer(200, {"id": name})


def _mail(name: str, key: str, told: dict[str, Any], now: datetime) -> Mail:
    to = told["to"] if isinstance(told["to"], list) else [told["to"]]
    headers = {str(header): str(value) for header, value in (told.get("headers") or {}).items()}
    return Mail(
        name, now, key, str(told["from"]), tuple(str(each) for each in to), str(told.get("subject", "")),
        str(told.get("text", "")), str(told.get("html", "")), headers,
    )  # fmt: skip


def _shown(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id, "at": mail.at.isoformat(), "key": mail.key, "from": mail.sender, "to": list(mail.to),
        "subject": mail.subject, "text": mail.text, "html": mail.html, "headers": mail.headers,
    }  # fmt: skip
