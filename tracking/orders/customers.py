"""The people of a batch of orders, by store and keyed e-mail."""

from collections.abc import Iterable

from tracking.models import Customer
from tracking.models.parties import email_hash
from tracking.orders.told import ToldOrder

CustomerKey = tuple[int, str]  # (store id, hash of the e-mail address)


def customer_key(item: ToldOrder) -> CustomerKey:
    """Return whose order it is; the hash is "" when the source names no address."""
    return (item.store_id, email_hash(item.update.email))


def upsert_customers(told: Iterable[ToldOrder]) -> dict[CustomerKey, Customer]:
    """Write the customers of accepted orders, oldest version first, and return them by key.

    A blank never takes a known name, phone or language away; an erased customer stays empty.
    """
    wanted = {key: _customer(key, item) for item in told if (key := customer_key(item))[1]}
    if not wanted:
        return {}
    stores, hashes = {key[0] for key in wanted}, [key[1] for key in wanted]
    known = {(c.store_id, c.email_key): c for c in Customer.objects.filter(store_id__in=stores, email_key__in=hashes)}
    fresh = [row for key, row in sorted(wanted.items()) if _says_more(row, known.get(key))]
    if fresh:
        Customer.objects.bulk_create(
            fresh,
            update_conflicts=True,
            unique_fields=["store", "email_key"],
            update_fields=["email", "name", "phone", "locale"],
        )
    return {**known, **{(row.store_id, row.email_key): row for row in fresh}}


def _customer(key: CustomerKey, item: ToldOrder) -> Customer:
    update = item.update
    return Customer(
        store_id=key[0],
        email_key=key[1],
        email=update.email.strip().lower()[:254],
        name=update.customer_name[:200],
        phone=update.phone[:64],
        locale=update.locale[:16],
    )


def _says_more(told: Customer, known: Customer | None) -> bool:
    if known is None:
        return True
    if known.erased_at:
        return False
    for name in ("name", "phone", "locale"):
        setattr(told, name, getattr(told, name) or getattr(known, name))
    return (told.name, told.phone, told.locale) != (known.name, known.phone, known.locale)
