"""All channels, by hand: one file and one line each."""

from collections.abc import Iterable

from notifications.channels.contract import Channel
from notifications.channels.email import EmailChannel
from notifications.channels.help_desk import HelpDeskChannel
from notifications.channels.hubspot import HubSpotChannel
from notifications.channels.shopify import ShopifyChannel
from notifications.channels.slack import SlackChannel
from notifications.channels.webhook import WebhookChannel
from notifications.channels.zendesk import ZendeskChannel

ALL: tuple[Channel, ...] = (
    EmailChannel(), SlackChannel(), ZendeskChannel(), HelpDeskChannel(), HubSpotChannel(), ShopifyChannel(),
    WebhookChannel(),
)  # fmt: skip
SERVICES = frozenset({"slack", "zendesk", "help_desk", "hubspot", "shopify", "webhook"})
"""Channels that need a connected account; without one their rules do not speak at all."""
CHANNELS: dict[str, Channel] = {channel.kind: channel for channel in ALL}


def problems(channels: Iterable[Channel] = ALL) -> list[str]:
    """Return what is wrong with the list: a kind or label that is empty or given twice."""
    found, kinds, labels = [], set[str](), set[str]()
    for channel in channels:
        if not channel.kind or not channel.label:
            found.append(f"A channel has no kind or no label: {channel.kind or channel.label or channel!r}.")
        if channel.kind in kinds:
            found.append(f'Two channels have the kind "{channel.kind}".')
        if channel.label in labels:
            found.append(f'Two channels have the label "{channel.label}".')
        kinds.add(channel.kind)
        labels.add(channel.label)
    return found


def channel_choices() -> list[tuple[str, str]]:
    """Return the channels for a form."""
    return [(channel.kind, channel.label) for channel in ALL]
