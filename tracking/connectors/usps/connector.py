"""What the rest of the product sees of USPS."""

from collections.abc import Mapping, Sequence

from tracking.connectors.contract import (
    Account,
    ParcelAsk,
    PollAnswer,
    PollLimits,
    RawMessage,
    Reading,
    SettingField,
    Token,
    Verification,
)
from tracking.connectors.usps import calls, pushes, reading
from tracking.vocabulary import Origin


class UspsConnector:
    """USPS as a carrier source; push needs a subscription, poll needs an application with the `tracking` scope."""

    kind = "usps"
    label = "USPS"
    origin = Origin.CARRIER.value
    carrier = "usps"
    setting_fields: tuple[SettingField, ...] = (
        SettingField(
            "client_id",
            "Consumer key",
            help="Of the application in the USPS developer portal.",
            needed_for="poll",
        ),
        SettingField("client_secret", "Consumer secret", is_secret=True, needed_for="poll"),
        SettingField(
            "webhook_secret",
            "Webhook secret",
            is_secret=True,
            help="The 32 characters given when the subscription was made. Several secrets may stand one a line.",
            needed_for="webhook",
        ),
        SettingField(
            "api_base",
            "Address of the API",
            help="https://apis-tem.usps.com is the test environment.",
            default=calls.PRODUCTION,
        ),
    )
    # Tracking v3r2 takes 35 numbers a call; an application without a raised quota has 60 calls an hour.
    poll = PollLimits(style="numbers", per_call=calls.NUMBERS_PER_CALL, calls=60, per_seconds=3600)

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check `X-HMAC` over the envelope's timestamp and payload; see `pushes.verify`."""
        return pushes.verify(message, settings.get("webhook_secret", ""))

    def read(self, message: RawMessage) -> Reading:
        """Read a push or a part of a poll answer. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Mint an access token that may read tracking. Raises CallFailed."""
        return calls.get_token(account)

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Ask for at most 35 numbers in one call; `cursor` is not used. Raises CallFailed."""
        return calls.fetch(account, asks)

    def test_connection(self, account: Account) -> str:
        """Mint a token, which spends nothing of the hourly tracking quota. Raises CallFailed with a sentence."""
        calls.get_token(account)
        return "USPS accepted the credentials, and they may read tracking."


USPS = UspsConnector()
