"""Outgoing calls of a source: the guarded client, the kept token, the time."""

from datetime import datetime, timedelta

from django.conf import settings

from tracking.connectors.contract import Account, Connector, Token
from tracking.connectors.http import HttpClient, Transport
from tracking.models import Source

UNREADABLE_SECRETS = "The secrets of this source cannot be read with the keys in FIELD_KEYS. Enter them again."
EXPIRES_EARLY = timedelta(minutes=2)
KEYS_AT_MOST_EVERY = timedelta(minutes=10)


def client_for(source: Source, transport: Transport | None = None) -> HttpClient:
    """Return the client for a source's calls; the sandbox's own port is open to sandbox sources in local mode only."""
    allowed = set(settings.OUTGOING_ALLOW)
    if source.is_sandbox and settings.MODE == "local":
        allowed.add(f"127.0.0.1:{settings.SANDBOX_PORT}")
    return HttpClient(transport=transport, allow_hosts=frozenset(allowed))


def account_for(
    source: Source, connector: Connector, *, now: datetime, transport: Transport | None = None, fresh: bool = False
) -> Account:
    """Return what the connector needs to call out, with a token that is still good (network when one is needed).

    `fresh` mints a new token even if the kept one looks good. Raises CallFailed.
    """
    client = client_for(source, transport)
    account = Account(settings=source.all_settings(), http=client, now=now)
    kept = None if fresh else _kept_token(source, now)
    token = kept or connector.get_token(account)
    if token is not None and token is not kept:
        keep_token(source, token)
    return Account(settings=account.settings, http=client, now=now, token=token)


def _kept_token(source: Source, now: datetime) -> Token | None:
    told = source.token
    if not told:
        return None
    token = Token(told["value"], datetime.fromisoformat(told["expires_at"]), told.get("scope", ""))
    return token if token.expires_at - EXPIRES_EARLY > now else None


def keep_token(source: Source, token: Token) -> None:
    """Keep a token, encrypted, for the next calls."""
    source.token = {"value": token.value, "expires_at": token.expires_at.isoformat(), "scope": token.scope}
    source.save(update_fields=["token"])


def ask_for_keys(*, source_id: int, now: datetime) -> bool:
    """Let the next poll fetch the vendor's keys again, because a message was signed with one that is not known.

    Anybody can send such a message, so that a source heard of less than ten minutes ago is left alone. Returns whether
    the poll was brought forward.
    """
    source = Source.objects.get(pk=source_id)
    if source.last_success_at and now - source.last_success_at < KEYS_AT_MOST_EVERY:
        return False
    if source.token:
        source.token = {**source.token, "expires_at": now.isoformat()}
    source.next_poll_at = now
    source.save(update_fields=["token", "next_poll_at"])
    return True
