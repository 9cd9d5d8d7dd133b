"""Reads what the customer's page rests on: an order by its token and everything around it, in two queries."""

from dataclasses import dataclass
from datetime import datetime

from tracking.customer_page.story import Story, read
from tracking.models import Order, Shipment, Store
from tracking.models.tokens import TOKEN_LENGTH

_OF_ORDER = (
    "number", "cancelled_at", "store__brand", "store__brand_colour", "store__name", "store__time_zone",
    "store__default_language",
    "customer__locale",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Found:
    """An order, or a parcel without order, with all that its page shows."""

    order: Order | None
    store: Store | None
    story: Story

    @property
    def parcels(self) -> list[Shipment]:
        """Those that go to the customer."""
        return self.story.parcels


def find(token: str, now: datetime) -> Found | None:
    """Return what a token opens at `now` (aware UTC): its order, or a parcel that has none. None for an unknown token.

    A parcel's own token, which earlier messages name, opens the page of its order.
    """
    if not token or len(token) > TOKEN_LENGTH or not (token.isascii() and token.isprintable()):
        return None
    orders = Order.objects.select_related("store", "customer").only(*_OF_ORDER)
    order = orders.filter(public_token=token).first()
    if order is not None:
        return _of_order(order, now)
    parcels = Shipment.objects.select_related("store", "merged_into")
    parcel = parcels.filter(public_token=token).first()
    while parcel is not None and parcel.merged_into is not None:
        parcel = parcels.get(pk=parcel.merged_into.pk)
    if parcel is None:
        return None
    if parcel.order_id:
        return _of_order(orders.get(pk=parcel.order_id), now)
    return Found(None, parcel.store, read(order_id=None, alone=parcel.pk, now=now))


def _of_order(order: Order, now: datetime) -> Found:
    return Found(order, order.store, read(order_id=order.pk, now=now))
