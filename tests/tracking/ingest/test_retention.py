"""Bodies go after 30 days, rows and facts stay; what failed keeps its body; an emptied message is not read again."""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.management import CommandError, call_command

from tracking import clock
from tracking.connectors.contract import Verification
from tracking.ingest import retention
from tracking.ingest.operations import ReplayRefused, receive, replay
from tracking.models import InboundMessage, Source
from tracking.vocabulary import InboundState, Transport

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
OLD = NOW - timedelta(days=30, seconds=1)
BODY = b'{"order": 1}'


@pytest.fixture
def source() -> Source:
    return Source.objects.create(slug="shop", kind="shopify", created_at=OLD)


def stored(source: Source, *, at: datetime = OLD, state: str = InboundState.PROCESSED, body: bytes = BODY) -> int:
    """Store a message that came at a moment and got so far."""
    row = InboundMessage.objects.create(
        source=source,
        transport=Transport.POLL,
        headers={"x-shop": "a"},
        body=body,
        body_hash=hashlib.sha256(body).digest(),
        received_at=at,
        state=state,
        result="1 order",
    )
    return row.pk


def bodies() -> dict[int, bytes]:
    return {row.pk: bytes(row.body) for row in InboundMessage.objects.all()}


def prune_at(moment: datetime) -> retention.Pruned:
    return retention.prune(clock=lambda: moment)


@pytest.mark.parametrize("state", [InboundState.PROCESSED, InboundState.NOTHING])
def test_content_goes_and_facts_stay(source: Source, state: str) -> None:
    pk = stored(source, state=state)
    assert prune_at(NOW) == retention.Pruned(1, is_complete=True)
    row = InboundMessage.objects.get(pk=pk)
    assert (bytes(row.body), row.headers, row.pruned_at) == (b"", {}, NOW)
    assert (bytes(row.body_hash), row.result, row.state) == (hashlib.sha256(BODY).digest(), "1 order", state)


@pytest.mark.parametrize("state", [InboundState.PENDING, InboundState.FAILED, InboundState.GAVE_UP])
def test_what_waits_or_failed_keeps_its_body(source: Source, state: str) -> None:
    pk = stored(source, state=state)
    assert prune_at(NOW + timedelta(days=900)).count == 0
    assert bodies() == {pk: BODY}


def test_thirty_days_are_thirty_days(source: Source) -> None:
    pk = stored(source, at=NOW - retention.KEPT_FOR)
    assert prune_at(NOW).count == 0
    assert prune_at(NOW + timedelta(seconds=1)).count == 1
    assert bodies() == {pk: b""}


def test_a_second_run_finds_nothing(source: Source) -> None:
    pk = stored(source)
    prune_at(NOW)
    assert prune_at(NOW + timedelta(days=1)).count == 0
    assert InboundMessage.objects.get(pk=pk).pruned_at == NOW


def test_many_batches_and_a_bound_on_time(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for _ in range(5):
        stored(source)
    ticks = iter(NOW + timedelta(seconds=n) for n in range(100))
    first = retention.prune(clock=lambda: next(ticks), until=NOW + timedelta(seconds=1))
    assert first == retention.Pruned(2, is_complete=False)
    heard: list[int] = []
    assert retention.prune(clock=lambda: NOW, progress=heard.append) == retention.Pruned(3, is_complete=True)
    assert heard == [2, 1]


def test_a_repetition_of_an_emptied_message_is_still_known(source: Source) -> None:
    tell = partial(receive, source_id=source.pk, body=BODY, headers={}, verified=Verification(True))
    assert tell(now=OLD).is_new
    InboundMessage.objects.update(state=InboundState.PROCESSED)
    assert prune_at(NOW).count == 1
    assert not tell(now=NOW).is_new


def test_an_emptied_message_is_not_read_again(source: Source) -> None:
    emptied = stored(source)
    prune_at(NOW)
    whole = stored(source, at=NOW)
    with pytest.raises(ReplayRefused, match=r"^1 of these messages cannot be read again"):
        replay(message_ids=[emptied, whole], actor=None, now=NOW)
    assert set(InboundMessage.objects.values_list("state", flat=True)) == {InboundState.PROCESSED}
    with pytest.raises(CommandError, match="cannot be read again"):
        call_command("replay", emptied)


def test_the_command_may_run_twice(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    stored(source)
    with clock.at(NOW):
        call_command("prune")
        call_command("prune")
    assert capsys.readouterr().out.split("\n")[-3:-1] == ["1 messages were emptied.", "0 messages were emptied."]
