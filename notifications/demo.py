"""The demo: its past as customers heard it, in the pretend mailbox; then the pretend systems hear of what is new."""

from datetime import datetime

from notifications.channels.connecting import SECRETS as SECRET_FIELDS
from notifications.channels.registry import CHANNELS
from notifications.models import ChannelAccount
from notifications.outbox.delivery import deliver
from notifications.relay import relay
from tracking.sandbox.api_hubspot import TOKEN
from tracking.sandbox.api_slack import SETTINGS as SLACK
from tracking.sandbox.api_zendesk import SETTINGS as ZENDESK
from tracking.sandbox.receiver import SECRETS


def work(now: datetime) -> None:
    """Decide on the news of one tick and send what is due at its moment (aware UTC)."""
    relay(clock=lambda: now)
    deliver(clock=lambda: now, channels=CHANNELS)


def connect(now: datetime, origin: str) -> None:
    """Connect the pretend CRM, shops, Slack, Zendesk and receivers at `origin`; they hear of news from `now` on."""
    _account("hubspot", "", {}, {"access_token": TOKEN}, now)
    _account("shopify", "", {}, {}, now)
    for channel, told in (("slack", SLACK), ("zendesk", ZENDESK)):
        plain = {name: value for name, value in told.items() if name not in SECRET_FIELDS}
        _account(channel, "", plain, {name: told[name] for name in told if name not in plain}, now)
    for name, secret in SECRETS.items():
        _account("webhook", name, {"url": f"{origin}/receiver/{name}"}, {"signing_secret": secret}, now)


def _account(channel: str, name: str, settings: dict[str, str], secrets: dict[str, str], now: datetime) -> None:
    told = {"settings": settings, "secrets": secrets, "is_sandbox": True, "changed_at": now}
    ChannelAccount.objects.get_or_create(channel=channel, name=name, defaults=told)
