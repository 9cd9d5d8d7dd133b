"""HubSpot: properties of the contact, so that campaigns can pause while a parcel is in trouble.

CRM API 2026-03, `POST /crm/objects/2026-03/contacts/batch/update`. Contacts are never created here: who is no contact
yet has not agreed to be one.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from notifications.channels.accounts import account_of, as_failure, base_url, client_for, settings_of, what_is_missing
from notifications.channels.contract import (
    ChannelBroken,
    Envelope,
    NotNeeded,
    Outcome,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
)
from tracking.connectors.http import CallFailed

API = "https://api.hubapi.com"
PLAYED = "/hubspot"
VERSION = "2026-03"
NEEDED = ("access_token",)
MISSING = "OBJECT_NOT_FOUND"
UNKNOWN = "HubSpot knows no contact with this customer's e-mail address."
NO_ADDRESS = "There is no e-mail address by which HubSpot could know the customer."


class HubSpotChannel:
    """Sets `delivery_status`, `delivery_at_risk` and `delivery_last_exception` of contacts, many in one call."""

    kind = "hubspot"
    label = "HubSpot"
    per_second = 50.0  # contacts; a call carries up to a claim's batch, far below 100 calls in 10 s

    def is_ready(self) -> str:
        """Return what is missing before a call can be made."""
        return what_is_missing(self.kind, NEEDED)

    def is_idempotent(self) -> bool:
        """The same properties set twice are the same."""
        return True

    def send(self, envelope: Envelope) -> Receipt:
        """Set the properties of one contact. Raises NotNeeded (HubSpot does not know the customer), TemporaryFailure,
        PermanentFailure, ChannelBroken."""
        (outcome,) = self.send_many([envelope])
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def send_many(self, envelopes: Sequence[Envelope]) -> list[Outcome]:
        """Set the properties of many contacts by one call; of several notices about one contact the last one counts."""
        wanted = {address: properties_of(each.data) for each in envelopes if (address := _address(each))}
        if not wanted:
            return [NotNeeded(NO_ADDRESS) for _ in envelopes]
        try:
            unknown = self._update(wanted)
        except (ChannelBroken, TemporaryFailure, PermanentFailure) as failure:
            return [failure if _address(each) else NotNeeded(NO_ADDRESS) for each in envelopes]
        return [_outcome(_address(each), unknown) for each in envelopes]

    def _update(self, wanted: Mapping[str, Mapping[str, str]]) -> frozenset[str]:
        """Make the call; return the addresses HubSpot knows nobody by."""
        account = account_of(self.kind)
        told = settings_of(account, NEEDED)
        assert account is not None
        version = told.get("api_version") or VERSION
        url = f"{base_url(account, API, PLAYED)}/crm/objects/{version}/contacts/batch/update"
        inputs = [{"idProperty": "email", "id": address, "properties": values} for address, values in wanted.items()]
        headers = {"Authorization": f"Bearer {told['access_token']}", "Accept": "application/json"}
        try:
            answer = client_for(account).request("POST", url, headers=headers, json={"inputs": inputs}).json()
        except CallFailed as failure:
            raise as_failure(failure) from failure
        if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
            raise TemporaryFailure("HubSpot's answer could not be read.", may_have_arrived=True)
        return _unknown(answer.get("errors") or [])


def properties_of(notice: Mapping[str, Any]) -> dict[str, str]:
    """Return the contact's properties by a notice; HubSpot takes all values as text."""
    shipment, customer = notice.get("shipment") or {}, notice.get("customer") or {}
    trouble = customer.get("open_cases") or []
    return {
        "delivery_status": str(shipment.get("status") or ""),
        "delivery_at_risk": "true" if trouble else "false",
        "delivery_last_exception": str(customer.get("last_exception") or ""),
    }


def _address(envelope: Envelope) -> str:
    return str((envelope.data.get("customer") or {}).get("email") or "").strip().lower()


def _unknown(errors: Iterable[Any]) -> frozenset[str]:
    """Raises PermanentFailure when HubSpot complains of something else than contacts it does not know."""
    found: set[str] = set()
    for error in errors:
        if not isinstance(error, dict) or error.get("category") != MISSING:
            raise PermanentFailure(f"HubSpot: {str(error.get('message') if isinstance(error, dict) else error)[:200]}")
        found |= {str(each).lower() for each in (error.get("context") or {}).get("ids", [])}
    return frozenset(found)


def _outcome(address: str, unknown: frozenset[str]) -> Outcome:
    if not address:
        return NotNeeded(NO_ADDRESS)
    return NotNeeded(UNKNOWN) if address in unknown else Receipt()
