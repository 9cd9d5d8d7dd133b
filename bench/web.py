"""`web.hook_vs_no_insert`: how much of the webhook door's speed is left once it keeps its promise to store."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bench import databases, load, population, programs, vendors
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, spread
from tracking import clock
from tracking.models import InboundMessage

STORY = ("label", "accept", "depart", "arrive", "depart")


def hook_vs_no_insert(scale: Scale) -> Iterator[Result]:
    """Requests a second of the hook, against the same view, middleware and signature check without the insert."""
    database = databases.copy(databases.INSTALLED, "bench_hook")
    with (
        programs.running(database, "web") as real,
        programs.running(database, "web", application=programs.WITHOUT_INSERT) as bare,
    ):
        requests = _requests(clock.now())
        storing, answering = interleaved(
            scale.rounds,
            lambda _: load.hammer(real, requests, scale.seconds),
            lambda _: load.hammer(bare, requests, scale.seconds),
        )
    databases.use(database)
    stored = InboundMessage.objects.count()
    assert stored, "nothing was stored"
    note = (
        f"Storing {spread(storing)} requests/s, without the insert {spread(answering)}; {load.CONNECTIONS} "
        f"connections, 1.9 KB bodies of 5 events, {stored:,} stored. Both sides look the source up and "
        "check the signature; the client shares the processors."
    )
    yield Result("web.hook_vs_no_insert", ratio(storing, answering), "", ">= 0.4", scale.label("2 x 4 threads"), note)
    databases.drop(database)


def _requests(now: datetime) -> Iterator[bytes]:
    """Pushes of one parcel that differ by their timestamp alone, as many as are taken."""
    story = [vendors.Happening(step, now - timedelta(hours=9 - n), n) for n, step in enumerate(STORY)]
    parcel = 1000
    kind, number = population.kind_of(parcel), population.number_of(parcel)
    moment = now
    while True:
        moment += timedelta(microseconds=1)
        yield load.request(vendors.push(kind, number, story, moment))
