"""The GraphQL texts we send (Admin API 2026-10), and the position in the list of changed orders."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tracking.connectors.parsing import canonical, read_instant

SHOP = "query { shop { name myshopifyDomain } }"

# Shopify charges for what could be returned, so the inner lists are short; newest tracking events come first.
CHANGED_ORDERS = """
query ChangedOrders($first: Int!, $after: String, $query: String!) {
  orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
    pageInfo { hasNextPage endCursor }
    nodes {
      id name createdAt updatedAt cancelledAt test email phone customerLocale tags currencyCode
      totalPriceSet { shopMoney { amount currencyCode } }
      customer { id displayName }
      customAttributes { key value }
      shippingAddress { name city provinceCode zip countryCodeV2 phone }
      shippingLine { title }
      lineItems(first: 20) { nodes { id sku title quantity currentQuantity requiresShipping } }
      fulfillments(first: 10) {
        id name status displayStatus createdAt updatedAt requiresShipping estimatedDeliveryAt
        location { id }
        trackingInfo(first: 10) { company number url }
        fulfillmentLineItems(first: 10) { nodes { quantity lineItem { id sku title requiresShipping } } }
        events(first: 10, sortKey: HAPPENED_AT, reverse: true) {
          nodes { id status message happenedAt city province country zip }
        }
      }
    }
  }
}
"""

PAGE_SIZE = 25
# The index behind `updated_at:` lags a little: what changed shortly before the newest order seen is asked for again.
OVERLAP = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Position:
    """Where we are: orders changed since `since` (aware UTC), page after `after`, newest change seen in this run."""

    since: datetime
    after: str = ""
    newest: datetime | None = None
    size: int = PAGE_SIZE

    @classmethod
    def read(cls, cursor: str, otherwise: datetime) -> "Position":
        """Read a kept cursor; one that is empty or not ours starts at `otherwise`."""
        try:
            kept: Any = json.loads(cursor)
            newest = read_instant(kept["newest"]) if kept["newest"] else None
            size = min(max(int(kept["size"]), 1), PAGE_SIZE)
            return cls(read_instant(kept["since"]), str(kept["after"]), newest, size)
        except (ValueError, KeyError, TypeError):
            return cls(otherwise)

    def text(self) -> str:
        """Return the cursor to keep."""
        newest = self.newest.isoformat() if self.newest else ""
        kept = {"since": self.since.isoformat(), "after": self.after, "newest": newest, "size": self.size}
        return canonical(kept).decode()

    def variables(self) -> dict[str, Any]:
        """Return the variables of CHANGED_ORDERS."""
        query = f"updated_at:>='{self.since:%Y-%m-%dT%H:%M:%SZ}'"
        return {"first": self.size, "after": self.after or None, "query": query}

    def next_page(self, after: str, newest: datetime | None) -> "Position":
        """Return the position of the page behind this one."""
        return Position(self.since, after, newest, self.size)

    def next_run(self, newest: datetime | None) -> "Position":
        """Return where the next run starts, after the last page of this one."""
        start = max(self.since, newest - OVERLAP) if newest else self.since
        return Position(start, size=self.size)

    def halved(self) -> "Position":
        """Return the same position with pages half as long."""
        return Position(self.since, self.after, self.newest, self.size // 2)
