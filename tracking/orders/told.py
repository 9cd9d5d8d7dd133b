"""What sources say of orders and fulfilments, with who said it and when."""

from dataclasses import dataclass
from datetime import datetime

from tracking.connectors.contract import FulfilmentUpdate, OrderUpdate
from tracking.models import Fulfilment, Order, Source

OrderKey = tuple[int, str]  # (store id, vendor order id)


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """One order update with who told it and when it came (aware UTC)."""

    update: OrderUpdate
    source: Source
    store_id: int
    received_at: datetime

    @property
    def key(self) -> OrderKey:
        """The order it speaks of."""
        return (self.store_id, self.update.external_id)

    @property
    def version(self) -> datetime:
        """The vendor's version; the time of receipt where the vendor gives none."""
        return self.update.version_at or self.received_at


@dataclass(frozen=True, slots=True)
class ToldFulfilment:
    """One fulfilment update with who told it and when it came (aware UTC)."""

    update: FulfilmentUpdate
    source: Source
    store_id: int
    received_at: datetime

    @property
    def order_key(self) -> OrderKey:
        """The order it belongs to."""
        return (self.store_id, self.update.order_external_id)

    @property
    def version(self) -> datetime:
        """The vendor's version; the time of receipt where the vendor gives none."""
        return self.update.version_at or self.received_at


@dataclass(frozen=True, slots=True)
class Accepted:
    """A fulfilment update with its row and order. `is_late`: a newer one is known, so it changed nothing of the row."""

    fulfilment: Fulfilment
    order: Order
    told: ToldFulfilment
    is_late: bool = False
