"""Which measurements there are, and a run of those that were chosen."""

import os
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

from django.db import connection

from bench import (
    customer_page,
    databases,
    delay,
    ingest,
    lanes,
    pages,
    queue_to_send,
    relay,
    results,
    scale,
    storage,
    sweep,
    web,
)
from bench.results import Result
from bench.scale import Scale
from shiptrack_site.embedded_postgres import server

Measurement = Callable[[Scale], Iterator[Result]]

ALL: dict[str, Measurement] = {
    "ingest.pipeline_vs_insert": ingest.vs_insert,
    "ingest.pipeline_vs_per_object": ingest.vs_per_object,
    "ingest.two_lanes_vs_one": lanes.two_lanes_vs_one,
    "ingest.post_to_visible": delay.post_to_visible,
    "web.hook_vs_no_insert": web.hook_vs_no_insert,
    "queue.page_1m_vs_1k": pages.queue,
    "search.exact_1m_vs_1k": pages.search,
    "relay.vs_per_object": relay.vs_per_object,
    "relay.queue_to_send_p99_ms": queue_to_send.queue_to_send,
    "page.customer_vs_bare_view": customer_page.customer_vs_bare_view,
    "sweep.due_vs_scan": sweep.due_vs_scan,
    "sweep.rows_1m_vs_10k": sweep.rows_read,
    "storage.bytes_per_event": storage.bytes_per_event,
}


def run(output: Path) -> None:
    """Measure what BENCH names on a server of its own, print the table, write `output`.

    A measurement that fails takes nothing from the others; SystemExit names it at the end.
    """
    size, names = scale.chosen(), chosen(os.environ.get("BENCH", ""))
    found: list[Result] = []
    failed: list[str] = []
    try:
        databases.install()
        for name in names:
            start = time.monotonic()
            try:
                found += ALL[name](size)
            except Exception:
                traceback.print_exc()
                failed.append(name)
            print(f"{name}: {time.monotonic() - start:.0f} s", flush=True)
    finally:
        connection.close()
        server.release()
    print(f"\n{results.table(found)}\n")
    results.write(found, output)
    print(f"Written to {output}. {machine()}")
    if failed:
        raise SystemExit(f"Not measured: {', '.join(failed)}")


def chosen(wanted: str) -> list[str]:
    """Return the measurements whose names begin with one of the words in `wanted` (by commas); all for "".

    Raises SystemExit with a sentence when a word fits none.
    """
    words = [word.strip() for word in wanted.split(",") if word.strip()]
    for word in words:
        if not any(name.startswith(word) for name in ALL):
            raise SystemExit(f"BENCH names {word}, but there are: {', '.join(ALL)}.")
    return [name for name in ALL if not words or name.startswith(tuple(words))]


def machine() -> str:
    """Say what the numbers were measured on."""
    return f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the end. Compare ratios, not rates."
