"""One call to a source: its account, a token renewed once, and what is kept of the answer or of the failure."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from traceback import format_tb

from django.db import DatabaseError, InterfaceError

from tracking.connectors.contract import Account, Connector, PollAnswer
from tracking.connectors.http import CallFailed, Transport
from tracking.ingest.allowance import note_failure, note_success, take_call
from tracking.ingest.operations import store_polled
from tracking.ingest.outgoing import account_for, keep_token
from tracking.models import Source

logger = logging.getLogger(__name__)

Ask = Callable[[Account], PollAnswer]


@dataclass(slots=True)
class Polled:
    """Counts of one round of polling."""

    calls: int = 0
    stored: int = 0
    repeated: int = 0
    failures: int = 0

    def add(self, other: "Polled") -> None:
        """Add another round's counts."""
        self.calls += other.calls
        self.stored += other.stored
        self.repeated += other.repeated
        self.failures += other.failures


@dataclass(slots=True)
class Caller:
    """Makes the calls of one source in one round and counts them. `transport` carries them elsewhere in tests."""

    source: Source
    connector: Connector
    transport: Transport | None
    total: Polled

    def may_call(self, now: datetime) -> bool:
        """Take one call of the source's allowance; False when it has none now."""
        return take_call(self.source.pk, self.connector, now=now)

    def callable_at(self, now: datetime) -> datetime:
        """When a source that may not be called now may be: the end of its block, else in a minute."""
        until = Source.objects.values_list("blocked_until", flat=True).get(pk=self.source.pk)
        return max(until or now, now + timedelta(minutes=1))

    def call(self, ask: Ask, now: datetime, *, fetched_for: int | None = None) -> PollAnswer | None:
        """Make one call and store its parts; a token the vendor no longer takes is renewed once. None when it failed.

        A connector's own fault counts as a failed call of its source: it must not stop the others. `fetched_for` is the
        pushed message that named what is fetched.
        """
        try:
            answer = self._answer(ask, now)
        except CallFailed as caught:
            failure = caught
        except (DatabaseError, InterfaceError):
            raise
        except Exception as error:
            kind, slug = self.source.kind, self.source.slug
            where = "".join(format_tb(error.__traceback__))  # without the error's own text, which may quote a secret
            logger.error("the %s connector failed while asking for source %s\n%s", kind, slug, where)
            sentence = f"The {kind} connector could not work with the vendor's answer ({type(error).__name__})."
            failure = CallFailed("permanent", sentence)
        else:
            return self._kept(answer, now, fetched_for)
        self.total.failures += 1
        note_failure(self.source.pk, failure, now=now)
        return None

    def _answer(self, ask: Ask, now: datetime) -> PollAnswer:
        kept = self.source.token
        account = account_for(self.source, self.connector, now=now, transport=self.transport)
        is_kept = bool(kept) and self.source.token is kept
        try:
            return ask(account)
        except CallFailed as failure:
            if failure.kind != "auth" or not is_kept:
                raise
        return ask(account_for(self.source, self.connector, now=now, transport=self.transport, fresh=True))

    def _kept(self, answer: PollAnswer, now: datetime, fetched_for: int | None) -> PollAnswer:
        """Store what a call brought: token, quota, parts."""
        self.total.calls += 1
        if answer.token is not None:
            keep_token(self.source, answer.token)
        note_success(self.source.pk, answer.quota, now=now)
        stored, repeated = store_polled(source_id=self.source.pk, parts=answer.parts, now=now, fetched_for=fetched_for)
        self.total.stored += stored
        self.total.repeated += repeated
        return answer
