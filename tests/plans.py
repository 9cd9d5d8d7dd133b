"""Which tables a page's queries would read from end to end."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection

GROWING = {
    "tracking_shipment", "tracking_order", "tracking_trackingevent", "tracking_statuschange",
    "tracking_fulfilmentparcel", "notifications_decision", "notifications_outboxrow",
}  # fmt: skip
EMPTY = re.compile(r"\(\w+ IS NULL\)")


def read_whole(queries: Iterable[dict[str, str]]) -> list[str]:
    """Return the queries (as captured) that have no other way than to read a growing table, or an index of it, from
    end to end.

    The planner is told to avoid that, so that the small tables of a test do not count. Call inside a transaction.
    """
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in [query["sql"] for query in queries if query["sql"].lstrip().startswith("SELECT")]:
            cursor.execute("EXPLAIN (FORMAT JSON) " + sql)
            told = cursor.fetchone()[0]
            plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
            if any(_is_wide(node) for node in _nodes(plan)):
                found.append(sql)
        cursor.execute("SET LOCAL enable_seqscan = on")
    return found


def _is_wide(node: dict[str, Any]) -> bool:
    """A scan without a condition; most rows have nothing in a column that is asked to be empty."""
    condition = node.get("Index Cond", "")
    is_scan = node.get("Relation Name") in GROWING and node["Node Type"] != "Bitmap Heap Scan"
    return bool(EMPTY.fullmatch(condition)) or (is_scan and not condition)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _nodes(inner)
