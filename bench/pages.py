"""`queue.*` and `search.*`: what a page costs when there is a lot, compared with the same page when there is little."""

from collections.abc import Callable, Iterator
from statistics import median
from urllib.parse import quote

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client

from bench import databases, ground, population
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, seconds
from tracking import clock
from tracking.vocabulary import SignalKind

QUEUE = "/admin/tracking/exceptioncase/"
PARCELS = "/admin/tracking/shipment/"
REPEATS = 2  # of a page in a row, after one that warms the new connection

PEEKED = 10  # an open case that both sizes have

QUEUE_PAGES = {
    "all open": QUEUE,
    "unowned": f"{QUEUE}?view=unowned",
    "breaching": f"{QUEUE}?view=breaching",
    "mine due now": f"{QUEUE}?view=mine_due",
    "mine, with panel": f"{QUEUE}?view=mine&peek={PEEKED}",
    "one kind": f"{QUEUE}?kind={SignalKind.STALLED.value}&severity=medium",
    "new, page 2": f"{QUEUE}?state=new&p=2",
    "resolved": f"{QUEUE}?state=resolved",
}
PICKED = 30  # a parcel that both sizes have
SEARCHES = {
    "tracking number in the queue": f"{QUEUE}?q={population.number_of(PICKED)}",
    "order number in the queue": f"{QUEUE}?q={quote(f'#{population.FIRST_ORDER + PICKED}')}",
    "tracking number among shipments": f"{PARCELS}?q={population.number_of(PICKED)}",
    "order number among orders": f"/admin/tracking/order/?q={quote(f'#{population.FIRST_ORDER + PICKED}')}",
}


def queue(scale: Scale) -> Iterator[Result]:
    """Pages of the exception queue with many cases and with few."""
    yield _compared("queue.page_1m_vs_1k", scale, QUEUE_PAGES)


def search(scale: Scale) -> Iterator[Result]:
    """Searches for one exact number among many rows and among few."""
    yield _compared("search.exact_1m_vs_1k", scale, SEARCHES)


def _compared(name: str, scale: Scale, pages: dict[str, str]) -> Result:
    many, few = (_cases(rows) for rows in (scale.many, scale.few))
    found = {label: _one_page(scale, many, few, page) for label, page in pages.items()}
    worst = max(found, key=lambda label: found[label][0])
    told = ", ".join(f"{label} {value:.2f} ({ms:.0f} ms)" for label, (value, ms) in found.items())
    note = f"Worst of {len(pages)} pages: {worst}. {told}. Milliseconds: the large side, Django's test client."
    size = scale.label(f"{scale.many:,} cases and shipments, {scale.few:,} on the small side")
    return Result(name, found[worst][0], "", "<= 1.3", size, note)


def _cases(rows: int) -> str:
    return databases.filled(f"bench_cases_{rows}", lambda: population.fill_queue(rows, clock.now()))


def _one_page(scale: Scale, many: str, few: str, page: str) -> tuple[float, float]:
    """Return the ratio large : small and the milliseconds of the large side. Both must show equally many rows."""
    rows: dict[str, int] = {}

    def side(database: str) -> Callable[[int], float]:
        def measured(number: int) -> float:
            client = _reader(database)
            rows[database] = _rows_on(client.get(page).content)
            return seconds(lambda: [client.get(page) for _ in range(REPEATS)]) / REPEATS

        return measured

    large, small = interleaved(scale.page_rounds, side(many), side(few))
    assert rows[many] == rows[few] > 0, f"{page} shows {rows[many]} and {rows[few]} rows"
    return ratio(large, small), median(large) * 1000


def _reader(database: str) -> Client:
    databases.use(database)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username=ground.READER), "django.contrib.auth.backends.ModelBackend")
    connection.ensure_connection()
    return client


def _rows_on(page: bytes) -> int:
    return max(page.count(b'name="_selected_action"'), page.count(b'class="field-'), page.count(b"<tr"))
