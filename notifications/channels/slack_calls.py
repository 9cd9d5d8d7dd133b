"""Slack's Web API: one bounded call, and what its answers mean.

Slack answers 200 also when it refuses: `ok` and `error` decide (Web API, methods chat.postMessage, chat.update,
chat.postEphemeral, users.info). Calls go through the guarded client, which bounds each in all and follows no redirect
elsewhere; slack_sdk writes the blocks and checks signatures.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from notifications.channels.accounts import account_of, as_failure, base_url, client_for, settings_of
from notifications.channels.contract import ChannelBroken, PermanentFailure, TemporaryFailure
from tracking.connectors.http import CallFailed

KIND = "slack"
API = "https://slack.com/api"
PLAYED = "/slack/api"
NEEDED = ("bot_token", "channel")
_BROKEN = {
    "invalid_auth": "Slack does not accept the token.",
    "not_authed": "Slack does not accept the token.",
    "token_revoked": "The token was revoked in Slack. Install the app again and enter the new token.",
    "token_expired": "The token has expired. Enter a new one.",
    "account_inactive": "The app was removed from Slack, or its workspace is gone.",
    "missing_scope": "The app lacks a permission in Slack. It needs chat:write, users:read and users:read.email.",
    "not_in_channel": "The app is not a member of the room. Invite it there.",
    "channel_not_found": "Slack knows no such room, or the app is not invited to it.",
    "is_archived": "The room is archived in Slack. Choose another one.",
}
_LATER = frozenset({"ratelimited", "rate_limited", "fatal_error", "internal_error", "service_unavailable"})
GONE = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})


class MessageGone(PermanentFailure):
    """The message is not there any more, or Slack no longer lets it be changed."""


def call(method: str, told: Mapping[str, Any], *, as_form: bool = False) -> dict[str, Any]:
    """Call a method with the connected account. Raises TemporaryFailure, PermanentFailure, ChannelBroken."""
    account = account_of(KIND)
    known = settings_of(account, NEEDED)
    assert account is not None
    url = f"{base_url(account, API, PLAYED)}/{method}"
    headers = {"Authorization": f"Bearer {known['bot_token']}"}
    client = client_for(account)
    try:
        if as_form:
            response = client.request("POST", url, headers=headers, data={k: str(v) for k, v in told.items()})
        else:
            response = client.request("POST", url, headers=headers, json=dict(told))
        answer = response.json()
    except CallFailed as failure:
        raise as_failure(failure) from failure
    return _judged(answer, response.headers)


def _judged(answer: Any, headers: Mapping[str, str]) -> dict[str, Any]:
    if not isinstance(answer, dict) or "ok" not in answer:
        raise TemporaryFailure("Slack's answer could not be read.", may_have_arrived=True)
    if answer["ok"] is True:
        return answer
    error = str(answer.get("error") or "unknown error")[:80]
    if error in _BROKEN:
        raise ChannelBroken(_BROKEN[error])
    if error in _LATER:
        told = headers.get("retry-after", "")
        wait = timedelta(seconds=int(told)) if told.isdigit() else None
        raise TemporaryFailure("Slack asks to slow down.", wait=wait)
    if error in GONE:
        raise MessageGone("The message is no longer in Slack.")
    raise PermanentFailure(f"Slack refused the message ({error}).")
