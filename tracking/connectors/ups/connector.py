"""What the rest of the product sees of UPS."""

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
from tracking.connectors.ups import calls, pushes, reading
from tracking.vocabulary import Origin


class UpsConnector:
    """UPS as a carrier source. Track Alert sends no history and lives 14 days a parcel: polling fills both gaps."""

    kind = "ups"
    label = "UPS"
    origin = Origin.CARRIER.value
    carrier = "ups"
    setting_fields: tuple[SettingField, ...] = (
        SettingField(
            "webhook_secret",
            "Webhook credential",
            is_secret=True,
            help="A long random text, typed into UPS under Manage Webhook Credentials as well: UPS signs nothing, this "
            "is all that proves a message. Several may stand one a line.",
            needed_for="webhook",
        ),
        SettingField(
            "webhook_header",
            "Header with the credential",
            help="Authorization (Bearer or Basic) is looked at in any case.",
            default=pushes.DEFAULT_HEADER,
        ),
        SettingField("client_id", "Client id", help="Of an application with the Tracking product.", needed_for="poll"),
        SettingField("client_secret", "Client secret", is_secret=True, needed_for="poll"),
        SettingField("account_number", "Shipper number", help="Optional; sent along when the token is asked for."),
        SettingField(
            "api_base",
            "Address of the API",
            help="https://wwwcie.ups.com is the test environment, with canned answers.",
            default=calls.PRODUCTION,
        ),
    )
    # UPS publishes no limit. One turn is up to four calls, so this is at most about two numbers a second.
    poll = PollLimits(style="numbers", per_call=calls.AT_ONCE, calls=1_800, per_seconds=3_600)

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Compare the credential that UPS repeats; see `pushes.verify`."""
        return pushes.verify(message, settings)

    def read(self, message: RawMessage) -> Reading:
        """Read a pushed event or a part of a poll answer. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Mint an access token. Raises CallFailed."""
        return calls.get_token(account)

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Ask for at most four numbers side by side; `cursor` is not used. Raises CallFailed."""
        return calls.fetch(account, asks)

    def test_connection(self, account: Account) -> str:
        """Mint a token and ask for one number. Raises CallFailed with a sentence."""
        return calls.test_connection(account)


UPS = UpsConnector()
