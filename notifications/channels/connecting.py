"""Connecting a channel's account: which settings it has, and storing them, secrets apart and encrypted."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from notifications.channels.registry import CHANNELS
from notifications.models import ChannelAccount, ChannelState

SECRETS = frozenset({"bot_token", "signing_secret", "api_token", "webhook_secret", "auth_value"})
FIELDS: dict[str, tuple[str, ...]] = {
    "slack": ("bot_token", "signing_secret", "channel", "digest_hours", "digest_zone"),
    "zendesk": ("subdomain", "email", "api_token", "webhook_secret"),
    "help_desk": ("url", "webhook_secret"),
}


class BadAccount(Exception):
    """The account cannot be stored so; the text is a sentence for the administrator."""


def connect(*, channel: str, values: Mapping[str, str], now: datetime, is_sandbox: bool | None = None) -> str:
    """Store what is told of a channel's account beside what is known; return what is still missing, "" when nothing.

    A channel that was paused because it could not work is tried again. Raises BadAccount.
    """
    if channel not in FIELDS:
        raise BadAccount(f"{channel} is no service to connect. There are: {', '.join(sorted(FIELDS))}.")
    unknown = sorted(set(values) - set(FIELDS[channel]))
    if unknown:
        raise BadAccount(f"{channel} has no setting {', '.join(unknown)}. It has: {', '.join(FIELDS[channel])}.")
    told = {key: value.strip() for key, value in values.items()}
    with transaction.atomic():
        account, _ = ChannelAccount.objects.get_or_create(channel=channel, name="", defaults={"changed_at": now})
        account.settings = {**account.settings, **{k: v for k, v in told.items() if k not in SECRETS}}
        account.secrets = {**account.secrets, **{k: v for k, v in told.items() if k in SECRETS}}
        account.is_sandbox = account.is_sandbox if is_sandbox is None else is_sandbox
        account.is_active, account.changed_at = True, now
        account.save()
        broken = ChannelState.objects.filter(channel=channel, paused_by=None)
        broken.update(paused_at=None, note="", faults=0, closed_until=None)
    return CHANNELS[channel].is_ready()
