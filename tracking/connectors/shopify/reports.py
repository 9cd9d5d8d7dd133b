"""Telling a shop what happened to a fulfilment (GraphQL Admin API 2026-10, `fulfillmentEventCreate`).

Shopify keeps no idempotency key here, so that its events are looked at first: an event with the same status and moment
is the one we would make. Needs the scope `write_fulfillments`.
"""

from dataclasses import dataclass
from datetime import datetime

from tracking.connectors.contract import Account
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import Node
from tracking.connectors.shopify.calls import ask, failure_of
from tracking.connectors.shopify.shapes import items_of

EVENTS = """
query FulfillmentEvents($id: ID!) {
  fulfillment(id: $id) {
    id status
    events(first: 50, sortKey: HAPPENED_AT, reverse: true) { nodes { id status happenedAt } }
  }
}
"""
CREATE = """
mutation FulfillmentEventCreate($event: FulfillmentEventInput!) {
  fulfillmentEventCreate(fulfillmentEvent: $event) {
    fulfillmentEvent { id status happenedAt }
    userErrors { field message }
  }
}
"""
GONE = frozenset({"CANCELLED", "ERROR", "FAILURE"})


@dataclass(frozen=True, slots=True)
class Report:
    """One event to tell: the shop's own id of the fulfilment, Shopify's word for the status, the moment (aware)."""

    fulfilment_id: str
    status: str
    happened_at: datetime


def report(account: Account, told: Report) -> str:
    """Make the event unless it is there; return its id. Raises CallFailed (permanent when the fulfilment is gone)."""
    gid = f"gid://shopify/Fulfillment/{told.fulfilment_id}"
    found = ask(account, EVENTS, {"id": gid})
    fulfilment = found.node("data").node("fulfillment")
    if not fulfilment.value:
        if found.value.get("errors"):
            raise failure_of(found)
        raise CallFailed("permanent", "The shop does not know this fulfilment any more.", status=200)
    if fulfilment.text("status").upper() in GONE:
        raise CallFailed("permanent", "The fulfilment was taken back in the shop.", status=200)
    for event in items_of(fulfilment, "events"):
        if event.text("status") == told.status and event.instant("happenedAt") == told.happened_at:
            return event.text("id")
    happened = f"{told.happened_at:%Y-%m-%dT%H:%M:%SZ}"
    made = ask(account, CREATE, {"event": {"fulfillmentId": gid, "status": told.status, "happenedAt": happened}})
    return _made(made)


def _made(answer: Node) -> str:
    """HTTP is 200 also when the shop refuses: its reasons stand in `userErrors`."""
    result = answer.node("data").node("fulfillmentEventCreate")
    refusals = [words for error in result.nodes("userErrors") if (words := error.text("message"))]
    if refusals:
        raise CallFailed("permanent", f"Shopify refused the event: {' '.join(refusals)[:200]}", status=200)
    if not (name := result.node("fulfillmentEvent").text("id")):
        raise failure_of(answer)
    return name
