"""What pushed messages only name is fetched by polling: the door itself never calls anybody.

A row stands for each address until it is fetched or given up; the message says what became of it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from tracking.connectors.contract import Account, FetchesBack, PollAnswer, Unreadable
from tracking.connectors.http import CallFailed
from tracking.ingest.calling import Ask, Caller
from tracking.ingest.reading import Item
from tracking.models import FetchBack, InboundMessage
from tracking.vocabulary import InboundState

LEASE = timedelta(minutes=5)
EMPTY_AGAIN = (1, 5, 15)  # minutes until an empty list is asked for again: the vendor's lists lag behind its pushes
GIVE_UP_AFTER = 20  # calls for one address


def queue(items: Iterable[Item]) -> int:
    """Note the addresses that messages ask to be fetched, each once; return how many there were."""
    rows = [
        FetchBack(source=item.source, message=item.message, url=url, next_try_at=item.message.received_at)
        for item in items
        for url in item.reading.fetch_back
    ]
    FetchBack.objects.bulk_create(sorted(rows, key=lambda row: (row.source_id, row.url)), ignore_conflicts=True)
    return len(rows)


def fetch_next(caller: Caller, now: datetime) -> bool:
    """Fetch one page of the oldest due address of the source; False when nothing is due or the call failed."""
    connector = caller.connector
    if not isinstance(connector, FetchesBack):
        return False
    row = FetchBack.objects.filter(source=caller.source, next_try_at__lte=now).order_by("next_try_at", "id").first()
    if row is None:
        return False
    refused = connector.refuses(caller.source.all_settings(), row.url)
    if refused:
        _give_up(row, refused, now)
        return True
    if not caller.may_call(now):
        FetchBack.objects.filter(pk=row.pk).update(next_try_at=caller.callable_at(now))
        return False
    row.attempts, row.next_try_at = row.attempts + 1, now + LEASE  # counted before the call
    row.save(update_fields=["attempts", "next_try_at"])
    answer = caller.call(_ask(connector, row.url), now, fetched_for=row.message_id)
    _follow(row, answer, caller.callable_at(now), now)
    return answer is not None


def _ask(connector: FetchesBack, url: str) -> Ask:
    """Return the call for an address. That the vendor rejects this one says nothing against its source."""

    def ask(account: Account) -> PollAnswer:
        try:
            return connector.fetch_back(account, url)
        except CallFailed as failure:
            if failure.kind != "permanent":
                raise
            return PollAnswer(parts=(), errors=(Unreadable("", failure.message),))

    return ask


def _follow(row: FetchBack, answer: PollAnswer | None, callable_at: datetime, now: datetime) -> None:
    """Decide what comes after a call: another page, another try, or the end."""
    if answer is not None and answer.more and answer.cursor not in ("", row.url):
        FetchBack.objects.filter(pk=row.pk).update(url=answer.cursor, next_try_at=now, attempts=0)
    elif answer is not None and answer.parts:
        _done(row, "Fetched what it names.", now)
    elif answer is not None and answer.errors:
        _give_up(row, answer.errors[0].message, now)
    elif answer is not None and row.attempts > len(EMPTY_AGAIN):
        _done(row, "What it names stayed empty.", now)
    elif row.attempts >= GIVE_UP_AFTER:
        _give_up(row, "What it names could not be fetched in many tries.", now)
    else:
        minutes = EMPTY_AGAIN[min(row.attempts, len(EMPTY_AGAIN)) - 1]
        later = now + timedelta(minutes=minutes)
        FetchBack.objects.filter(pk=row.pk).update(next_try_at=later if answer is not None else max(later, callable_at))


def _done(row: FetchBack, sentence: str, now: datetime) -> None:
    InboundMessage.objects.filter(pk=row.message_id).update(result=sentence, processed_at=now)
    row.delete()


def _give_up(row: FetchBack, sentence: str, now: datetime) -> None:
    """A person has to look: the message stands among the failed ones, and may be replayed."""
    rows = InboundMessage.objects.filter(pk=row.message_id)
    rows.update(state=InboundState.GAVE_UP, error=sentence, next_try_at=None, processed_at=now)
    row.delete()
