"""Connecting sources: settings in, what is missing, the connection test."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.text import slugify

from tracking.connectors.contract import Connector
from tracking.connectors.http import CallFailed, Transport
from tracking.connectors.registry import UnknownKind, get
from tracking.ingest.allowance import note_failure
from tracking.ingest.outgoing import UNREADABLE_SECRETS, account_for
from tracking.ingest.schedule import adopt
from tracking.models import Source, Store
from tracking.vocabulary import FeedState


class BadSource(Exception):
    """The source cannot be made or changed so; the text is a sentence for the administrator."""


def add_source(
    *,
    kind: str,
    slug: str,
    store: str,
    values: Mapping[str, str],
    now: datetime,
    name: str = "",
    is_sandbox: bool | None = None,
) -> tuple[Source, bool]:
    """Create a source, or update the one with this slug; return it and whether it is new. The store is made if absent.

    No setting is compulsory: the source page says what is missing. Raises BadSource.
    """
    connector = _connector(kind)
    if slug != slugify(slug) or not 0 < len(slug) <= 64:
        raise BadSource(f'"{slug[:64]}" is no slug: use lower-case letters, digits and dashes, at most 64.')
    settings, secrets = _sorted_out(connector, values)
    with transaction.atomic():
        source = Source.objects.select_for_update(no_key=True).filter(slug=slug).first()
        is_new = source is None
        if source is None:
            source = Source(slug=slug, kind=kind, created_at=now)
        elif source.kind != kind:
            raise BadSource(f'"{slug}" is a {source.kind} source already; choose another slug.')
        source.settings = {**source.settings, **settings}
        source.secrets = {**source.secrets, **secrets}
        source.token = {}
        source.name = name or source.name
        source.is_sandbox = source.is_sandbox if is_sandbox is None else is_sandbox
        source.save()
        if store:
            source.stores.add(_store(store, now))
        adopt(source_id=source.pk, now=now)
    return source, is_new


def _connector(kind: str) -> Connector:
    try:
        return get(kind)
    except UnknownKind as error:
        raise BadSource(str(error)) from error


def _sorted_out(connector: Connector, values: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    known = {field.key: field for field in connector.setting_fields}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise BadSource(f"{connector.label} has no setting {', '.join(unknown)}. It has: {', '.join(known)}.")
    unusable = sorted(key for key, value in values.items() if "\x00" in value)
    if unusable:
        raise BadSource(
            f"{', '.join(unusable)} holds a NUL character; it was probably read from a file that is no text."
        )
    secrets = {key: value.strip() for key, value in values.items() if known[key].is_secret}
    return {key: value.strip() for key, value in values.items() if not known[key].is_secret}, secrets


def _store(name: str, now: datetime) -> Store:
    return Store.objects.get_or_create(name=name, defaults={"created_at": now, "brand": name})[0]


def missing(source: Source) -> list[tuple[str, str]]:
    """Return (what, why) of each thing a source lacks for its first hour."""
    connector = get(source.kind)
    if source.is_sealed:
        return [("Secrets", UNREADABLE_SECRETS)]
    told = source.all_settings()
    found = [
        (field.label, f"Needed to {_purpose(field.needed_for)}.")
        for field in connector.setting_fields
        if field.needed_for and not (told.get(field.key) or field.default)
    ]
    if connector.origin in ("shop", "platform") and not source.stores.exists():
        found.append(("Store", "Orders of this source have nowhere to go."))
    if not source.is_active:
        found.append(("Active", "The source is switched off; its webhook address answers 404."))
    if source.last_message_at is None and source.last_success_at is None:
        found.append(("First message", "Nothing has come in yet."))
    return found


def _purpose(needed_for: str) -> str:
    return {"webhook": "check the signature of pushed messages", "poll": "ask the vendor"}.get(needed_for, needed_for)


def test_connection(*, source_id: int, now: datetime, transport: Transport | None = None) -> tuple[bool, str]:  # noqa: PT028
    """Make the cheapest real call (network); return whether it worked and a sentence about it."""
    source = Source.objects.get(pk=source_id)
    connector = get(source.kind)
    if source.is_sealed:
        return False, UNREADABLE_SECRETS
    try:
        account = account_for(source, connector, now=now, transport=transport, fresh=True)
        sentence = connector.test_connection(account)
    except CallFailed as failure:
        note_failure(source_id, failure, now=now)
        return False, failure.message
    state = FeedState.OK if source.polling_is_on else source.feed_state
    Source.objects.filter(pk=source_id).update(
        last_success_at=now, failures_in_a_row=0, failing_since=None, blocked_until=None, feed_state=state
    )
    return True, sentence


def resume(*, source_id: int, now: datetime) -> Source:
    """Switch a paused source on again and close its circuit."""
    source = Source.objects.get(pk=source_id)
    source.polling_is_on, source.blocked_until = True, None
    source.failures_in_a_row, source.failing_since = 0, None
    source.next_poll_at = now
    source.feed_state = FeedState.OK if source.last_message_at else FeedState.SETUP
    source.save(
        update_fields=[
            "polling_is_on", "blocked_until", "failures_in_a_row", "failing_since", "next_poll_at", "feed_state",
        ]
    )  # fmt: skip
    adopt(source_id=source_id, now=now)
    return source


def pause(*, source_id: int) -> Source:
    """Stop asking a source; its webhooks still come in."""
    source = Source.objects.get(pk=source_id)
    source.polling_is_on, source.feed_state = False, FeedState.PAUSED
    source.save(update_fields=["polling_is_on", "feed_state"])
    return source
