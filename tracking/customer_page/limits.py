"""How often the page may be asked: counted in the database, so that every process knows it."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.utils.crypto import salted_hmac

from tracking.customer_page.errors import TooOften

_KEPT = timedelta(days=1)
_SWEPT = 100  # old rows removed with the first use of a window: the table stays as small as a day's traffic
_COUNT = """
INSERT INTO tracking_publicuse AS known (key, window_at, count) VALUES (%s, %s, 1)
ON CONFLICT (key, window_at) DO UPDATE SET count = known.count + 1 RETURNING count
"""
_SWEEP = """
DELETE FROM tracking_publicuse WHERE id IN (
    SELECT id FROM tracking_publicuse WHERE window_at < %s LIMIT %s FOR UPDATE SKIP LOCKED)
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `most` uses of `what` in each window of `minutes`."""

    what: str
    most: int
    minutes: int


LOOK_UPS_BY_ADDRESS = Limit("look_up:address", 20, 15)
LOOK_UPS_BY_ORDER = Limit("look_up:order", 10, 60)
UNKNOWN_BY_ADDRESS = Limit("unknown:address", 60, 15)
REPORTS_BY_ADDRESS = Limit("report:address", 20, 60)
REPORTS_BY_ORDER = Limit("report:order", 10, 60)


def use(limit: Limit, whose: str, now: datetime) -> None:
    """Count one use at `now` (aware UTC). Raises TooOften when it is one too many; that use is counted too."""
    seconds = limit.minutes * 60
    start = int(now.timestamp()) // seconds * seconds
    key = salted_hmac("customer_page.limits", f"{limit.what}:{whose}", algorithm="sha256").hexdigest()
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [key, datetime.fromtimestamp(start, UTC)])
        count = cursor.fetchone()[0]
        if count == 1:
            cursor.execute(_SWEEP, [now - _KEPT, _SWEPT])
    if count > limit.most:
        raise TooOften(max(1, round((start + seconds - now.timestamp()) / 60)))


def network_of(address: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 an IPv6 address lies in; other text as it is."""
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)
