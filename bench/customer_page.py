"""`page.customer_vs_bare_view`: the cost of the page beside a view that finds its order and says nothing."""

from collections.abc import Callable, Iterator
from statistics import median

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from bench import databases, population
from bench.results import Result
from bench.scale import Scale
from bench.timing import interleaved, ratio, seconds
from tracking import clock
from tracking.models import Order

PAGES = 40  # different orders a round
ROUNDS = 7
READY = b"<!doctype html>" + b" " * 6000  # as heavy as the real page


def bare(request: HttpRequest, token: str) -> HttpResponse:
    """Find the order and answer with bytes that were there before."""
    order = Order.objects.select_related("store", "customer").get(public_token=token)
    return HttpResponse(READY, headers={"X-Order": str(order.pk)})


urlpatterns = [path("track/<str:token>/", bare)]


def customer_vs_bare_view(scale: Scale) -> Iterator[Result]:
    """The page of an order with one parcel and its five events, against the same middleware and look-up alone."""
    name = f"bench_pages_{scale.few}"
    database = databases.filled(name, lambda: population.fill(scale.few, clock.now()))
    databases.use(database)
    connection.ensure_connection()
    tokens = list(Order.objects.order_by("-id").values_list("public_token", flat=True)[:PAGES])
    client = Client(SERVER_NAME="127.0.0.1")
    weight = len(client.get(f"/track/{tokens[0]}/").content)

    def real(number: int) -> float:
        return seconds(_asking(client, tokens)) / len(tokens)

    def without(number: int) -> float:
        with override_settings(ROOT_URLCONF=__name__):
            return seconds(_asking(client, tokens)) / len(tokens)

    page, view = interleaved(ROUNDS, real, without)
    note = (
        f"Page {median(page) * 1000:.2f} ms of {weight:,} bytes, bare view {median(view) * 1000:.2f} ms; {len(tokens)} "
        "orders a round in Django's test client. Both sides pass the middleware and find the order by its token."
    )
    size = scale.label(f"{scale.few:,} shipments of 5 events")
    yield Result("page.customer_vs_bare_view", ratio(page, view), "", "<= 4", size, note)


def _asking(client: Client, tokens: list[str]) -> Callable[[], None]:
    def ask() -> None:
        for token in tokens:
            assert client.get(f"/track/{token}/").status_code == 200

    return ask
