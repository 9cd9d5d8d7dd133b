"""`relay.queue_to_send_p99_ms`: from a piece of news in the ledger to the message at the mail provider."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from statistics import quantiles
from urllib.request import urlopen

from django.conf import settings
from django.db import connection, transaction

from bench import databases, inbox, ingest, load, programs
from bench.results import Result
from bench.scale import Scale
from bench.traffic import CHUNK, Traffic
from notifications import configuration
from notifications.models import OutboxRow
from notifications.rules.reading import write_rules
from notifications.vocabulary import OutboxState
from tracking import clock
from tracking.domain_events import News, publish
from tracking.ingest.drain import drain
from tracking.models import DomainEvent

PER_SECOND = 50.0
NEWS_OF_HUNDRED = 35  # messages of carriers that change what the customer reads, a little less than there are
WARM = 20  # news before those that count
LOOK_EVERY = 3.0  # seconds; the mailbox keeps the newest 500, which is ten seconds of mail
PATIENCE = 30.0  # seconds after the last news


def queue_to_send(scale: Scale) -> Iterator[Result]:
    """50 news a second, each the reason of one e-mail, through the real workers to the sandbox's mail provider."""
    database, now = "bench_queue_to_send", clock.now()
    databases.use(databases.copy(ingest.filled(scale), database))
    _without_quiet_hours(now)
    news = _news(scale, WARM + max(int(scale.minutes_of_traffic * 60 * PER_SECOND), 50), now)
    databases.settle()
    with programs.working(database):
        _measure(news[:WARM])
        took = _measure(news[WARM:])
    rows = OutboxRow.objects.filter(channel="email")
    assert not rows.exclude(state=OutboxState.SENT).exists(), "not every message is sent"
    cuts = quantiles(took, n=100, method="inclusive")
    note = (
        f"{len(took):,} news at {PER_SECOND:.0f}/s, each its own transaction and one e-mail, all arrived once; "
        f"from the planned moment of the news to the arrival at the pretend provider; median {cuts[49] * 1000:.0f} ms, "
        f"most {max(took) * 1000:.0f} ms. Relay and senders are those of `make run`; quiet hours off."
    )
    yield Result("relay.queue_to_send_p99_ms", cuts[98] * 1000, "ms", "<= 2000", ingest.size(scale), note)
    databases.drop(database)


def _without_quiet_hours(now: datetime) -> None:
    """Publish the presets' rules with messages leaving at any hour, so that a run by night measures the same."""
    configuration.load_presets(now=now)
    rules = configuration.rules_in_force()
    awake = tuple(replace(rule, quiet_from=None, quiet_until=None) for rule in rules.rules)
    configuration.publish_rules(content=write_rules(replace(rules, rules=awake)), actor=None, now=now)


def _news(scale: Scale, count: int, now: datetime) -> list[News]:
    """Let carriers' messages change parcels; return what the ledger then held of new sentences, and empty it."""
    messages = -(-count * 100 // NEWS_OF_HUNDRED // CHUNK) * CHUNK
    told = [each for chunk in Traffic(scale.many, now).round(messages) for each in chunk]
    inbox.bring_up_to_date((each.parcel for each in told), now)
    DomainEvent.objects.all().delete()
    inbox.store(told, now)
    drain(clock=lambda: now)
    rows = list(DomainEvent.objects.filter(kind="shipment.sentence_changed").order_by("id")[:count])
    DomainEvent.objects.all().delete()
    assert len(rows) == count, f"{len(rows)} new sentences of {count}"
    return [News(row.kind, row.at, row.shipment_id, row.order_id, None, row.payload) for row in rows]


def _measure(news: list[News]) -> list[float]:
    """Publish news steadily; return the seconds until the message of each arrived. Raises AssertionError if one did
    not, or did twice."""
    planned: dict[int, datetime] = {}
    before = set(OutboxRow.objects.values_list("pk", flat=True))

    def write(number: int, moment: datetime) -> None:
        with transaction.atomic():
            publish([replace(news[number], at=moment)])
        planned[news[number].shipment_id or 0] = moment

    sender = threading.Thread(target=_steadily, args=(len(news), write))
    sender.start()
    arrived = _watch(len(news), before, time.monotonic() + len(news) / PER_SECOND + PATIENCE)
    sender.join()
    missing = planned.keys() - arrived.keys()
    assert not missing, f"{len(missing)} of {len(news)} messages did not arrive"
    return [(arrived[parcel] - moment).total_seconds() for parcel, moment in planned.items()]


def _steadily(count: int, work: Callable[[int, datetime], None]) -> None:
    """Do the work n at its planned moment, whatever became of those before; it is told n and the moment."""
    taking, numbers = threading.Lock(), iter(range(count))
    start = clock.now() + timedelta(seconds=0.05)

    def worker() -> None:
        while True:
            with taking:
                number = next(numbers, None)
            if number is None:
                break
            planned = start + timedelta(seconds=number / PER_SECOND)
            time.sleep(max((planned - clock.now()).total_seconds(), 0))
            work(number, planned)
        connection.close()

    load.in_threads(4, worker)


def _watch(count: int, before: set[int], deadline: float) -> dict[int, datetime]:
    """Look into the mailbox now and then; return when the message of each parcel arrived."""
    mails: dict[str, datetime] = {}
    while time.monotonic() < deadline:
        time.sleep(min(LOOK_EVERY, count / PER_SECOND))
        for mail in _mailbox():
            at = datetime.fromisoformat(mail["at"])
            assert mails.setdefault(mail["key"], at) == at, "a message arrived twice"
        rows = OutboxRow.objects.exclude(pk__in=before).filter(state=OutboxState.SENT)
        found = {row.subject_id: mails[str(row.idempotency_key)] for row in rows if str(row.idempotency_key) in mails}
        if len(found) >= count:
            return found
    return found


def _mailbox() -> list[dict[str, str]]:
    with urlopen(f"http://127.0.0.1:{settings.SANDBOX_PORT}/resend/mailbox", timeout=10) as answer:
        mails: list[dict[str, str]] = json.load(answer)["mails"]
    return mails
