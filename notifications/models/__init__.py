"""All models of the notifications app, one file per aggregate."""

from notifications.models.account import ChannelAccount
from notifications.models.channel import ChannelState, MessagingSwitch
from notifications.models.configuration import RuleSetVersion, TemplateVersion
from notifications.models.decision import Decision
from notifications.models.draft import MessageDraft
from notifications.models.outbox import DeliveryAttempt, MailReport, OutboxAction, OutboxRow
from notifications.models.people import OptOut, SuppressedAddress
from notifications.models.slack import SlackPerson, SlackPress

__all__ = [
    "ChannelAccount",
    "ChannelState",
    "Decision",
    "DeliveryAttempt",
    "MailReport",
    "MessageDraft",
    "MessagingSwitch",
    "OptOut",
    "OutboxAction",
    "OutboxRow",
    "RuleSetVersion",
    "SlackPerson",
    "SlackPress",
    "SuppressedAddress",
    "TemplateVersion",
]
