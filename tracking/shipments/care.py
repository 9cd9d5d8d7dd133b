"""Which orders deserve high care, and why: by the policies, most important first. Read once per batch."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from tracking.models import CarePolicy, ExceptionCase, Order, Shipment
from tracking.vocabulary import CaseState, Outcome

NO_TROUBLE = (Outcome.NOT_AN_EXCEPTION, Outcome.DUPLICATE)
WITHOUT_CENTS = frozenset({"JPY", "KRW", "CLP", "VND"})  # ISO 4217: no minor units


class CareBook:
    """Care policies, and the earlier cases of the customers they ask about."""

    def __init__(self) -> None:
        self._policies: list[CarePolicy] | None = None
        self._cases: dict[int, list[tuple[int, datetime]]] = {}  # by customer: (order id, opened at)

    def load(self, orders: Iterable[Order]) -> None:
        """Read the trouble history of these orders' customers in one query, if any policy asks for it."""
        asking = [row.troubles_within_days for row in self._rows() if row.troubles]
        wanted = {order.customer_id: _placed_at(order) for order in orders if order.customer_id not in self._cases}
        customers = {key: at for key, at in wanted.items() if key is not None}
        if not asking or not customers:
            return
        since = min(customers.values()) - timedelta(days=max(asking))
        rows = ExceptionCase.objects.filter(order__customer_id__in=customers, opened_at__gte=since)
        found: dict[int, list[tuple[int, datetime]]] = defaultdict(list)
        told = rows.exclude(outcome__in=NO_TROUBLE).values_list("order__customer_id", "order_id", "opened_at")
        for customer_id, order_id, opened_at in told:
            found[customer_id].append((order_id, opened_at))
        self._cases |= {key: found[key] for key in customers}

    def judge(self, order: Order) -> tuple[str, str]:
        """Return the name of the first policy that the order meets with what of it meets the policy, in words; two
        empty texts when none does."""
        for policy in self._rows():
            reasons = self._reasons(policy, order)
            if reasons and policy.store_id in (None, order.store_id):
                return policy.name, "; ".join(reasons)
        return "", ""

    def _rows(self) -> list[CarePolicy]:
        if self._policies is None:
            self._policies = list(CarePolicy.objects.all())
        return self._policies

    def _reasons(self, policy: CarePolicy, order: Order) -> Sequence[str]:
        """One sentence part for each condition given; nothing as soon as one does not hold."""
        asked = [
            (policy.minimum_total_minor is not None, _value(policy, order)),
            (bool(policy.tag), _tag(policy, order)),
            (policy.promised_within_days is not None, _promise(policy, order)),
            (bool(policy.country), _country(policy, order)),
            (bool(policy.troubles), self._troubles(policy, order) if policy.troubles else ""),
        ]
        given = [words for is_given, words in asked if is_given]
        return given if all(given) else []

    def _troubles(self, policy: CarePolicy, order: Order) -> str:
        if order.customer_id is None:
            return ""
        if order.customer_id not in self._cases:
            self.load([order])
        placed_at = _placed_at(order)
        since = placed_at - timedelta(days=policy.troubles_within_days)
        cases = self._cases.get(order.customer_id, [])
        count = sum(1 for order_id, at in cases if order_id != order.pk and since <= at <= placed_at)
        return (
            f"{count} cases within {policy.troubles_within_days} days before" if count >= (policy.troubles or 0) else ""
        )


def has_open_case(shipment: Shipment) -> bool:
    """True when somebody has to see to the parcel now."""
    cases = ExceptionCase.objects.filter(shipment_id=shipment.pk) if shipment.pk else ExceptionCase.objects.none()
    return cases.exclude(state=CaseState.RESOLVED).exists()


def _placed_at(order: Order) -> datetime:
    return order.created_at or order.received_at


def _value(policy: CarePolicy, order: Order) -> str:
    total, least = order.total_minor, policy.minimum_total_minor or 0
    if total is None or total < least or policy.currency.upper() not in ("", order.currency):
        return ""
    shown = f"{total:,}" if order.currency in WITHOUT_CENTS else f"{total / 100:,.2f}"
    return f"order total {shown} {order.currency}".strip()


def _tag(policy: CarePolicy, order: Order) -> str:
    found = next((tag for tag in order.tags if tag.casefold() == policy.tag.casefold()), "")
    return f"tag {found}" if found else ""


def _promise(policy: CarePolicy, order: Order) -> str:
    if order.promised_date is None:
        return ""
    days = (order.promised_date - _placed_at(order).date()).days
    return f"promised within {days} days" if days <= (policy.promised_within_days or 0) else ""


def _country(policy: CarePolicy, order: Order) -> str:
    return f"to {order.ship_to_country}" if policy.country.upper() == order.ship_to_country else ""
