"""Calls to EasyPost: the list of trackers, newest first, page by page (API v2).

A webhook that got lost is made good by going through the trackers of the last weeks again and again; what says nothing
new adds nothing. Each run starts at the newest tracker and ends at the oldest that may still move.
"""

import base64
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from tracking.connectors.contract import Account, PollAnswer, PolledPart, Unreadable
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.connectors.parsing import Node, canonical, read_instant

PRODUCTION = "https://api.easypost.com/v2"
PAGE_SIZE = 50  # EasyPost allows 100; a tracker with its history takes some ten kilobytes
TRACKED_DAYS = 45  # a label older than that moves no more
# What changes from call to call although nothing happened to the parcel.
RESTLESS = frozenset({"updated_at", "fees"})
TRACKER = "tracker"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run is: trackers made since `since` (aware UTC), those older than the tracker `before` come next."""

    since: datetime
    before: str = ""

    @classmethod
    def read(cls, cursor: str, otherwise: datetime) -> "Position":
        """Read a kept cursor. Between two runs, and for one that is not ours, a new run begins at `otherwise`."""
        try:
            kept: Any = json.loads(cursor)
            before = str(kept["before"])
            return cls(read_instant(kept["since"]), before) if before else cls(otherwise)
        except (ValueError, KeyError, TypeError):
            return cls(otherwise)

    def text(self) -> str:
        """Return the cursor to keep."""
        return canonical({"since": self.since.isoformat(), "before": self.before}).decode()

    def query(self) -> str:
        """Return the query part of the address."""
        asked = {"page_size": str(PAGE_SIZE), "start_datetime": f"{self.since:%Y-%m-%dT%H:%M:%SZ}"}
        return urlencode(asked | ({"before_id": self.before} if self.before else {}))


def fetch(account: Account, cursor: str) -> PollAnswer:
    """Fetch one page of trackers made in the last 45 days, one part for each. Raises CallFailed."""
    position = Position.read(cursor, account.now - timedelta(days=TRACKED_DAYS))
    answer = _ask(account, position.query())
    if not isinstance(answer.value.get("trackers"), list):
        raise CallFailed("temporary", "EasyPost answered without a list of trackers.", status=200)
    errors: list[Unreadable] = []
    found = list(Node({"trackers": answer.value["trackers"]}, errors).nodes("trackers"))
    parts = [part for node in found if (part := _part(node))]
    oldest = found[-1].text("id") if found else ""
    more = answer.flag("has_more") is True and oldest not in ("", position.before)
    following = Position(position.since, oldest if more else "")
    return PollAnswer(tuple(parts), cursor=following.text(), more=more, errors=tuple(errors))


def test_connection(account: Account) -> str:
    """Ask for one tracker; say in a sentence what works. Raises CallFailed."""
    _ask(account, urlencode({"page_size": "1"}))
    kind = "test" if account.settings.get("api_key", "").startswith("EZTK") else "production"
    return f"EasyPost accepted the {kind} key and lists trackers."


def _ask(account: Account, query: str) -> Node:
    key = account.settings.get("api_key", "").strip()
    if not key:
        raise CallFailed("refused", "The API key is not set.")
    credentials = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Accept": "application/json"}
    base = (account.settings.get("api_base") or PRODUCTION).rstrip("/")
    return _object(account.http.request("GET", f"{base}/trackers?{query}", headers=headers))


def _object(response: HttpResponse) -> Node:
    value = response.json()
    if not isinstance(value, dict):
        raise CallFailed("temporary", "EasyPost answered something that is not an object.", status=response.status)
    return Node(value, [])


def _part(node: Node) -> PolledPart | None:
    """Return a tracker as one part. Two carriers may use one number, so the carrier is part of what it is about."""
    number, carrier = node.text("tracking_code", 80), node.text("carrier", 40)
    if not number:
        node.note("tracking_code", "This tracker names no tracking code.")
        return None
    body = canonical({key: value for key, value in node.value.items() if key not in RESTLESS})
    return PolledPart(about=f"{number} {carrier}".strip(), body=body, topic=TRACKER)
