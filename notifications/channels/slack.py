"""Slack: one message per case that is kept up to date, a thread below it for what happens later, and a digest."""

from typing import Any

from notifications.channels import slack_blocks as blocks
from notifications.channels.accounts import account_of, settings_of, what_is_missing
from notifications.channels.card import CaseCard, DigestCard
from notifications.channels.contract import Envelope, PermanentFailure, Receipt
from notifications.channels.slack_calls import KIND, NEEDED, MessageGone, call


class SlackChannel:
    """Posts cases to the team's room, else to the room of the settings."""

    kind = KIND
    label = "Slack"
    per_second = 1.0  # chat.postMessage: about one per second and room; short bursts are allowed

    def is_ready(self) -> str:
        """Return what is missing before messages can leave."""
        return what_is_missing(KIND, NEEDED)

    def is_idempotent(self) -> bool:
        """Return False: Slack takes the same message twice."""
        return False

    def send(self, envelope: Envelope) -> Receipt:
        """Post a case, or change its message and say in its thread what happened; at most two calls.

        The message is changed first, which may be repeated at will. Raises TemporaryFailure, PermanentFailure,
        ChannelBroken.
        """
        card = envelope.card
        if isinstance(card, DigestCard):
            return _post(_room(None), blocks.digest_blocks(card), envelope.subject)
        if not isinstance(card, CaseCard):
            raise PermanentFailure("Slack is told of cases only.")
        room, _, ts = envelope.reference.partition(":")
        if not ts:
            return _post(_room(card), blocks.case_blocks(card), blocks.summary(card))
        try:
            update(room, ts, card)
        except MessageGone:
            return _post(room, blocks.case_blocks(card), blocks.summary(card))
        call(
            "chat.postMessage",
            {"channel": room, "thread_ts": ts, "text": blocks.plain(card.happened), "unfurl_links": False},
        )
        return Receipt(envelope.reference)


def update(room: str, ts: str, card: CaseCard) -> None:
    """Change a case's message to how the case is now."""
    told = {"channel": room, "ts": ts, "text": blocks.plain(blocks.summary(card)), "blocks": blocks.case_blocks(card)}
    call("chat.update", told)


def whisper(room: str, slack_user: str, text: str) -> None:
    """Say something to one person in a room; nobody else sees it, and it is not kept."""
    call("chat.postEphemeral", {"channel": room, "user": slack_user, "text": blocks.plain(text)})


def email_of(slack_user: str) -> str:
    """Return the e-mail address of a member, "" for guests without one, bots and people who left."""
    found = call("users.info", {"user": slack_user}, as_form=True).get("user")
    if not isinstance(found, dict) or found.get("deleted") or found.get("is_bot"):
        return ""
    profile = found.get("profile")
    return str(profile.get("email") or "") if isinstance(profile, dict) else ""


def _post(room: str, built: list[dict[str, Any]], text: str) -> Receipt:
    told = {"channel": room, "text": blocks.plain(text), "blocks": built, "unfurl_links": False}
    answer = call("chat.postMessage", told)
    return Receipt(f"{answer.get('channel', room)}:{answer.get('ts', '')}")


def _room(card: CaseCard | None) -> str:
    own = card.team_place if card else ""
    return own or str(settings_of(account_of(KIND), NEEDED)["channel"])
