"""Accounts of connected services: reading them, and calling out with them."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from notifications.channels.contract import ChannelBroken, PermanentFailure, TemporaryFailure
from notifications.models import ChannelAccount
from tracking.connectors.http import CallFailed, HttpClient
from tracking.models.encryption import UndecipherableSecret

SEALED = "The secrets of this channel cannot be read with the keys in FIELD_KEYS. Enter them again."


def account_of(channel: str, name: str = "") -> ChannelAccount | None:
    """Return the active account of a channel, of several the one of that name. One query."""
    found = ChannelAccount.objects.filter(channel=channel, is_active=True)
    return (found.filter(name=name) if name else found).first()


def settings_of(account: ChannelAccount | None, needed: tuple[str, ...]) -> dict[str, Any]:
    """Return an account's settings with all that is needed. Raises ChannelBroken, which says what is missing."""
    if account is None:
        raise ChannelBroken("This channel is not connected.")
    try:
        told = account.all_settings()
    except UndecipherableSecret as error:
        raise ChannelBroken(SEALED) from error
    lacking = [name for name in needed if not told.get(name)]
    if lacking:
        raise ChannelBroken(f"Not set yet: {', '.join(lacking)}.")
    return told


def what_is_missing(channel: str, needed: tuple[str, ...]) -> str:
    """Return what a channel lacks as a sentence, "" when it can work. One query."""
    try:
        settings_of(account_of(channel), needed)
    except ChannelBroken as broken:
        return str(broken)
    return ""


def client_for(account: ChannelAccount) -> HttpClient:
    """Return the guarded client; the sandbox's port is open to sandbox accounts in local mode only."""
    allowed = set(settings.OUTGOING_ALLOW)
    if account.is_sandbox and settings.MODE == "local":
        allowed.add(f"127.0.0.1:{settings.SANDBOX_PORT}")
    return HttpClient(allow_hosts=frozenset(allowed))


def base_url(account: ChannelAccount, real: str, played: str) -> str:
    """Return where a service's API is: `real`, or `played` below the sandbox for sandbox accounts in local mode."""
    if account.is_sandbox and settings.MODE == "local":
        return f"http://127.0.0.1:{settings.SANDBOX_PORT}{played}"
    return real


def as_failure(failure: CallFailed) -> Exception:
    """Return what a failed call means for the message: try later, never, or mend the channel first."""
    wait = timedelta(seconds=failure.retry_after) if failure.retry_after else None
    if failure.kind in ("auth", "scope"):
        return ChannelBroken(failure.message)
    if failure.kind == "quota":
        return TemporaryFailure(failure.message, wait=wait)
    if failure.kind == "temporary":
        is_open = not failure.never_left and (failure.status is None or failure.status < 400)
        return TemporaryFailure(failure.message, wait=wait, may_have_arrived=is_open)
    return PermanentFailure(failure.message)
