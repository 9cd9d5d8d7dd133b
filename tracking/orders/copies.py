"""One order told by several systems: the shop's is the original, what platforms and warehouses hold are copies of it.

They carry ids of their own and the shop's order number. Two shops never tell the same order.
"""

from collections import defaultdict
from collections.abc import Sequence

from django.db.models import Q

from tracking.connectors.registry import get
from tracking.models import Order, OrderAlias, Source
from tracking.orders.numbers import normalize_order_number
from tracking.orders.told import OrderKey, ToldOrder
from tracking.vocabulary import Origin

Named = tuple[int, str]  # (store id, normalized order number)


def is_shops(item: ToldOrder) -> bool:
    """True when a shop tells of its own order."""
    return _is_shop(item.source)


def _is_shop(source: Source | None) -> bool:
    return source is not None and get(source.kind).origin == Origin.SHOP


class Copies:
    """Finds for a batch of updates which orders they speak of: by id, by an id known as another's, or by number."""

    def __init__(self, items: Sequence[ToldOrder]) -> None:
        self._items = items
        self._by_number: dict[Named, list[Order]] = defaultdict(list)
        self._aliases: dict[OrderKey, int] = {}
        self._new: dict[OrderKey, Order] = {}

    def locked(self) -> dict[OrderKey, Order]:
        """Lock every order the batch may speak of, by id; return those that are named by one of their ids, by key."""
        keys = {item.key for item in self._items}
        if not keys:
            return {}
        self._aliases = self._known_aliases(keys)
        rows = list(self._rows(keys))
        by_pk = {row.pk: row for row in rows}
        for row in rows:
            self._by_number[row.store_id, row.normalized_number].append(row)
        found = {key: row for row in rows if (key := (row.store_id, row.external_id)) in keys}
        return found | {key: by_pk[pk] for key, pk in self._aliases.items() if pk in by_pk}

    def _known_aliases(self, keys: set[OrderKey]) -> dict[OrderKey, int]:
        rows = OrderAlias.objects.filter(
            store_id__in={key[0] for key in keys}, external_id__in={key[1] for key in keys}
        ).values_list("store_id", "external_id", "order_id")
        return {(store, name): pk for store, name, pk in rows if (store, name) in keys}

    def _rows(self, keys: set[OrderKey]) -> Sequence[Order]:
        numbers = {number for item in self._items if (number := normalize_order_number(item.update.number))}
        stores = {key[0] for key in keys}
        wanted = Q(external_id__in={key[1] for key in keys}, store_id__in=stores)
        wanted |= Q(normalized_number__in=numbers, store_id__in=stores) | Q(pk__in=set(self._aliases.values()))
        locked = Order.objects.filter(wanted).select_for_update(no_key=True, of=("self",)).order_by("id")
        return list(locked.select_related("source"))

    def is_copy(self, item: ToldOrder, known: dict[OrderKey, Order]) -> bool:
        """True when the update only repeats what another source is asked about; its key then stands for that order.

        A shop's order that a platform told first becomes the shop's: its id and its facts are the shop's from now on.
        """
        if item.key in self._aliases or item.key in self._new:
            return True
        if item.key in known or item.update.is_partial:
            return False
        named = (item.store_id, normalize_order_number(item.update.number))
        other = self._only_other(named, item) if named[1] else None
        if other is None:
            return False
        if is_shops(item):
            self._hand_over(other, item, known)
            return False
        known[item.key] = self._new[item.key] = other
        return True

    def note(self, row: Order) -> None:
        """Let later updates of the batch find an order by the number it was just told with."""
        named = (row.store_id, row.normalized_number)
        if row.normalized_number and row not in self._by_number[named]:
            self._by_number[named].append(row)

    def _only_other(self, named: Named, item: ToldOrder) -> Order | None:
        others = [row for row in self._by_number[named] if row.source_id != item.source.pk and not row.is_stub]
        if len(others) != 1 or (is_shops(item) and _is_shop(others[0].source)):
            return None
        return others[0]

    def _hand_over(self, row: Order, item: ToldOrder, known: dict[OrderKey, Order]) -> None:
        former = (row.store_id, row.external_id)
        self._new[former] = row
        row.external_id, row.version_at = item.update.external_id, None
        Order.objects.filter(pk=row.pk).update(external_id=row.external_id)
        known[former] = known[item.key] = row

    def save(self) -> None:
        """Remember the new ids; every order has been written before."""
        OrderAlias.objects.bulk_create(
            [
                OrderAlias(store_id=key[0], external_id=key[1], order_id=row.pk)
                for key, row in sorted(self._new.items(), key=lambda each: each[0])
            ],
            ignore_conflicts=True,
        )
