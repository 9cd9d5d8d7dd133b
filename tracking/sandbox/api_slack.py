"""A pretend Slack workspace: chat.postMessage, chat.update, chat.postEphemeral, users.info, and presses of its buttons.

Answers have the Web API's form: 200 also for refusals, with `ok` and `error`.
"""

import hmac
import json
from collections import deque
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from tracking.sandbox.arrivals import Arrival, Arrivals
from tracking.sandbox.wire import Answer, Calls, Delivery, Request, answer

SETTINGS = {
    "bot_token": "xoxb-sandbox",
    "signing_secret": "sandbox-slack-signing-secret",
    "channel": "#shipping-exceptions",
}
WORKSPACE = "T0SANDBOX"
PEOPLE = {
    "U0AGENT": "agent@shiptrack.example",
    "U0MANAGER": "manager@shiptrack.example",
    "U0GUEST": "guest@elsewhere.example",
}
ACTIONS_PATH = "/slack/actions/"
KEPT = 100  # whispers


class SlackApi:
    """Answers below /slack/api. `messages` by (room, ts) are what people see there now."""

    def __init__(self, arrivals: Arrivals, calls: Calls) -> None:
        self.messages: dict[tuple[str, str], dict[str, Any]] = {}
        self.whispers: deque[tuple[str, str, str]] = deque(maxlen=KEPT)  # to whom, in which room, what
        self.people = dict(PEOPLE)
        self.is_revoked = False
        self._arrivals, self._calls = arrivals, calls
        self._methods: dict[str, Callable[[dict[str, Any], datetime], dict[str, Any]]] = {
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "users.info": self._person,
        }

    def respond(self, request: Request, path: str, now: datetime) -> Answer:
        """Answer one call; `path` is what follows /slack."""
        method = path.removeprefix("/api/")
        self._calls[f"slack {method}"] += 1
        if request.method != "POST" or method not in self._methods:
            return answer(200, {"ok": False, "error": "unknown_method"})
        if request.header("authorization") != f"Bearer {SETTINGS['bot_token']}":
            return answer(200, {"ok": False, "error": "invalid_auth"})
        if self.is_revoked:
            return answer(200, {"ok": False, "error": "token_revoked"})
        return answer(200, self._methods[method](request.fields(), now))

    def delete(self, room: str, ts: str) -> None:
        """A person deletes a message in Slack."""
        self.messages.pop((room, ts), None)

    def press(self, slack_user: str, action: str, room: str, ts: str, now: datetime, choice: str = "") -> Delivery:
        """Return the signed request that Slack sends when somebody presses a button that its message shows now.

        `choice`: the option of a menu. Raises KeyError when the message shows no such button.
        """
        return signed_press(self._payload(slack_user, action, room, ts, choice, now), now)

    def _payload(self, slack_user: str, action: str, room: str, ts: str, choice: str, now: datetime) -> dict[str, Any]:
        shown = self.messages[room, ts].get("blocks") or []
        elements = {
            each["action_id"]: each for block in shown for each in block.get("elements", []) if "action_id" in each
        }
        pressed: dict[str, Any] = {
            "action_id": action,
            "action_ts": f"{now.timestamp():.6f}",
            "type": elements[action]["type"],
        }
        if choice:
            options = {option["value"].rpartition(":")[2]: option for option in elements[action]["options"]}
            pressed["selected_option"] = options[choice]
        else:
            pressed["value"] = elements[action].get("value", "")
        return {
            "type": "block_actions",
            "user": {"id": slack_user, "team_id": WORKSPACE},
            "team": {"id": WORKSPACE},
            "container": {"type": "message", "message_ts": ts, "channel_id": room},
            "channel": {"id": room},
            "actions": [pressed],
        }

    def _post(self, told: dict[str, Any], now: datetime) -> dict[str, Any]:
        room = str(told.get("channel", ""))
        if not told.get("text") and not told.get("blocks"):
            return {"ok": False, "error": "no_text"}
        ts = f"{int(now.timestamp())}.{self._calls.total():06d}"
        self.messages[room, ts] = told
        self._note("reply" if told.get("thread_ts") else "message", now, {**told, "ts": ts})
        return {"ok": True, "channel": room, "ts": ts}

    def _update(self, told: dict[str, Any], now: datetime) -> dict[str, Any]:
        key = (str(told.get("channel", "")), str(told.get("ts", "")))
        if key not in self.messages:
            return {"ok": False, "error": "message_not_found"}
        self.messages[key] = told
        self._note("update", now, told)
        return {"ok": True, "channel": key[0], "ts": key[1]}

    def _whisper(self, told: dict[str, Any], now: datetime) -> dict[str, Any]:
        self._note("whisper", now, told)
        self.whispers.append((str(told.get("user", "")), str(told.get("channel", "")), str(told.get("text", ""))))
        return {"ok": True, "message_ts": f"{int(now.timestamp())}.{self._calls.total():06d}"}

    def _note(self, kind: str, now: datetime, told: dict[str, Any]) -> None:
        ts, room = str(told.get("ts", "")), str(told.get("channel", ""))
        arrival = Arrival("slack", kind, now, name=ts, to=room, text=str(told.get("text", "")), details=told)
        self._arrivals.add(arrival)

    def _person(self, told: dict[str, Any], now: datetime) -> dict[str, Any]:
        name = str(told.get("user", ""))
        if name not in self.people:
            return {"ok": False, "error": "user_not_found"}
        return {"ok": True, "user": {"id": name, "is_bot": False, "profile": {"email": self.people[name]}}}


def signed_press(payload: dict[str, Any], now: datetime, secret: str = SETTINGS["signing_secret"]) -> Delivery:
    """Return an interaction as Slack posts it: a form with one field, signed with its time."""
    body = urlencode({"payload": json.dumps(payload)}).encode()
    stamp = str(int(now.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, sha256).hexdigest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest}",
    }
    return Delivery(now, "slack", ACTIONS_PATH, headers, body)
