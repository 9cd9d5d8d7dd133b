"""Any other help desk: each change of a case is posted, signed, to one address, which keeps a ticket for it.

The form, the signature and what the other side answers are in docs/help-desk.md.
"""

import json
from typing import Any

from notifications.channels.accounts import account_of, as_failure, client_for, settings_of, what_is_missing
from notifications.channels.card import CaseCard
from notifications.channels.contract import Envelope, PermanentFailure, Receipt, TemporaryFailure, TicketLink
from notifications.channels.tickets import TicketGone, comment, description
from notifications.channels.tickets_in import signature
from tracking import clock
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.tickets.operations import reference_of
from tracking.vocabulary import TicketState

KIND = "help_desk"
NEEDED = ("url", "webhook_secret")
GONE = frozenset({404, 410})
DELETED = "The help desk says that the ticket is gone. Nothing more is written there unless you try this again."


class HelpDeskChannel:
    """Posts cases to an address of the administrator's choice."""

    kind = KIND
    label = "Help desk"
    per_second = 2.0  # Gorgias allows 40 calls in 20 s, Freshdesk's small plans 100 a minute

    def is_ready(self) -> str:
        """Return what is missing before cases can be posted."""
        return what_is_missing(KIND, NEEDED)

    def is_idempotent(self) -> bool:
        """Return True: the receiver is asked to drop a second post with the same Idempotency-Key."""
        return True

    def send(self, envelope: Envelope) -> Receipt:
        """Post what happened to a case. Raises TemporaryFailure, PermanentFailure, ChannelBroken, TicketGone."""
        card = envelope.card
        if not isinstance(card, CaseCard):
            raise PermanentFailure("Help desks are told of cases only.")
        known = settings_of(account := account_of(KIND), NEEDED)
        assert account is not None
        body = json.dumps(_told(card, envelope), ensure_ascii=False).encode()
        stamp = str(int(clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": envelope.key,
            "X-ShipTrack-Timestamp": stamp,
            "X-ShipTrack-Signature": signature(str(known["webhook_secret"]), stamp, body),
        }
        try:
            answer = client_for(account).request("POST", str(known["url"]), headers=headers, data=body)
        except CallFailed as failure:
            if failure.status in GONE and envelope.reference:
                raise TicketGone(DELETED) from failure
            raise as_failure(failure) from failure
        return _receipt(answer, card, envelope.reference)


def _told(card: CaseCard, envelope: Envelope) -> dict[str, Any]:
    opens = not envelope.reference
    return {
        "action": "ticket.open" if opens else "ticket.update" if card.is_open else "ticket.close",
        "ticket_id": envelope.reference or None,
        "external_id": reference_of(card.case_id),
        "comment": description(card, envelope.key) if opens else comment(card, envelope.key),
        "case": card.plain(),
    }


def _receipt(answer: HttpResponse, card: CaseCard, reference: str) -> Receipt:
    """The answer may name the ticket: {"ticket_id": ..., "url": ...}; without it our own mark is its name."""
    try:
        told = answer.json() if answer.body.strip() else {}
    except CallFailed as failure:
        raise TemporaryFailure("The help desk's answer could not be read.", may_have_arrived=True) from failure
    found = told if isinstance(told, dict) else {}
    ticket_id = str(found.get("ticket_id") or reference or reference_of(card.case_id))[:64]
    url = str(found.get("url") or "")
    state = TicketState.OPEN if card.is_open else TicketState.SOLVED
    return Receipt(ticket_id, TicketLink(KIND, ticket_id, url if url.startswith("https://") else "", state))
