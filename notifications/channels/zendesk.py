"""Zendesk: one ticket per case, opened, updated and closed with it (Support API v2, tickets and comments).

A ticket is made once: the message's key goes along as `Idempotency-Key` (kept there for about two hours), and our mark
in `external_id` is looked for before. An update is a private comment that ends with the message's key, which is looked
for before it is written again. Nothing in it names the customer, and nobody but agents is written to.
"""

import base64
import re
from typing import Any

from notifications.channels.accounts import account_of, as_failure, base_url, client_for, settings_of, what_is_missing
from notifications.channels.card import CaseCard
from notifications.channels.contract import (
    ChannelBroken,
    Envelope,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    TicketLink,
)
from notifications.channels.tickets import TicketGone, comment, description
from notifications.models import ChannelAccount
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.tickets.operations import reference_of
from tracking.vocabulary import TicketState

KIND = "zendesk"
NEEDED = ("subdomain", "email", "api_token")
PLAYED = "/zendesk/api/v2"
PRIORITY = {"critical": "urgent", "high": "high", "medium": "normal", "low": "low"}
TAG = "shiptrack_case"
_SUBDOMAIN = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
DELETED = "The ticket was deleted in Zendesk by a person. Nothing more is written there unless you try this again."


class ZendeskChannel:
    """Keeps one ticket per case."""

    kind = KIND
    label = "Zendesk"
    per_second = 2.0  # the smallest plan allows 200 calls a minute, and a message needs at most three

    def is_ready(self) -> str:
        """Return what is missing before tickets can be opened."""
        return what_is_missing(KIND, NEEDED)

    def is_idempotent(self) -> bool:
        """Return True: what is there already is looked for before it is written."""
        return True

    def send(self, envelope: Envelope) -> Receipt:
        """Open the case's ticket, or add to it what happened. Raises TemporaryFailure, PermanentFailure,
        ChannelBroken, TicketGone."""
        card = envelope.card
        if not isinstance(card, CaseCard):
            raise PermanentFailure("Zendesk is told of cases only.")
        calls = _Calls()
        if not envelope.reference:
            return calls.open(card, envelope.key)
        return calls.add(card, envelope.reference, envelope.key)


class _Calls:
    """The calls of one message."""

    def __init__(self) -> None:
        account = account_of(KIND)
        self._settings = settings_of(account, NEEDED)
        assert account is not None
        self._base = _base(account, str(self._settings["subdomain"]))
        self._client = client_for(account)
        told = f"{self._settings['email']}/token:{self._settings['api_token']}"
        self._headers = {"Authorization": f"Basic {base64.b64encode(told.encode()).decode()}"}

    def open(self, card: CaseCard, key: str, follows: str = "") -> Receipt:
        """Make the ticket, unless there is one with our mark already; `follows` names the closed one before it."""
        mark = reference_of(card.case_id)
        if not follows:
            known = self._json("GET", f"/tickets.json?external_id={mark}").get("tickets") or []
            if known:
                return self._receipt(str(known[0].get("id", "")), card)
        ticket: dict[str, Any] = {
            "subject": f"{card.number}: {card.title}",
            "comment": {"body": description(card, key), "public": False},
            "external_id": mark,
            "type": "incident",
            "priority": PRIORITY.get(card.severity, "normal"),
            "tags": [TAG],
            "status": _status(card),
        }
        if follows:
            ticket["via_followup_source_id"] = follows
        made = self._json("POST", "/tickets.json", {"ticket": ticket}, {"Idempotency-Key": key}).get("ticket") or {}
        if not made.get("id"):
            raise TemporaryFailure("Zendesk's answer could not be read.", may_have_arrived=True)
        return self._receipt(str(made["id"]), card)

    def add(self, card: CaseCard, ticket_id: str, key: str) -> Receipt:
        """Write what happened as a private comment and set status and priority; again is harmless."""
        known = self._json("GET", f"/tickets/{ticket_id}/comments.json?sort_order=desc").get("comments") or []
        if any(key in str(each.get("body", "")) for each in known):
            return self._receipt(ticket_id, card)
        told = {
            "comment": {"body": comment(card, key), "public": False},
            "priority": PRIORITY.get(card.severity, "normal"),
            "status": _status(card),
        }
        answer = self._call("PUT", f"/tickets/{ticket_id}.json", {"ticket": told}, accept=frozenset({422}))
        if answer.status == 422:  # closed for good: only a follow-up is possible
            if not card.is_open:
                return self._receipt(ticket_id, card)
            return self.open(card, key, follows=ticket_id)
        return self._receipt(ticket_id, card)

    def _receipt(self, ticket_id: str, card: CaseCard) -> Receipt:
        url = f"https://{self._settings['subdomain']}.zendesk.com/agent/tickets/{ticket_id}"
        state = TicketState.OPEN if card.is_open else TicketState.SOLVED
        return Receipt(ticket_id, TicketLink(KIND, ticket_id, url, state))

    def _json(
        self, method: str, path: str, told: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        answer = self._call(method, path, told, headers)
        try:
            found = answer.json()
        except CallFailed:
            found = None
        if not isinstance(found, dict):
            raise TemporaryFailure("Zendesk's answer could not be read.", may_have_arrived=True)
        return found

    def _call(
        self,
        method: str,
        path: str,
        told: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        accept: frozenset[int] = frozenset(),
    ) -> HttpResponse:
        try:
            return self._client.request(
                method, self._base + path, headers={**self._headers, **(headers or {})}, json=told, accept=accept
            )
        except CallFailed as failure:
            if failure.status == 404 and path.startswith("/tickets/"):
                raise TicketGone(DELETED) from failure
            raise as_failure(failure) from failure


def _base(account: ChannelAccount, subdomain: str) -> str:
    if not _SUBDOMAIN.fullmatch(subdomain):
        raise ChannelBroken("The subdomain is the part before .zendesk.com: letters, digits and dashes.")
    return base_url(account, f"https://{subdomain}.zendesk.com/api/v2", PLAYED)


def _status(card: CaseCard) -> str:
    return "open" if card.is_open else "solved"
