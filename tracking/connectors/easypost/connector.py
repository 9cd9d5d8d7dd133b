"""What the rest of the product sees of EasyPost."""

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
from tracking.connectors.easypost import calls, reading, signatures
from tracking.vocabulary import Origin


class EasyPostConnector:
    """EasyPost as an aggregator: every parcel that has a tracker in the account, whichever carrier moves it."""

    kind = "easypost"
    label = "EasyPost"
    origin = Origin.AGGREGATOR.value
    carrier = ""
    setting_fields: tuple[SettingField, ...] = (
        SettingField(
            "webhook_secret",
            "Webhook secret",
            is_secret=True,
            help="The secret given when the webhook was registered. Several secrets may stand one a line.",
            needed_for="webhook",
        ),
        SettingField(
            "api_key",
            "API key",
            is_secret=True,
            help="A production key (EZAK) sees production trackers, a test key (EZTK) test trackers.",
            needed_for="poll",
        ),
        SettingField("api_base", "Address of the API", default=calls.PRODUCTION),
    )
    # EasyPost publishes no number; one call a second is far below what accounts are seen to be allowed.
    poll = PollLimits(style="cursor", per_call=calls.PAGE_SIZE, calls=60, per_seconds=60)

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check version 2 of the signature where it is sent, else version 1; see `signatures`."""
        return signatures.verify(message, settings.get("webhook_secret", ""), path)

    def read(self, message: RawMessage) -> Reading:
        """Read an event or a tracker. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Return None: the API key itself is sent with each call."""
        return None

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Fetch one page of the list of trackers; `asks` is not used. Raises CallFailed."""
        return calls.fetch(account, cursor)

    def test_connection(self, account: Account) -> str:
        """Ask for one tracker. Raises CallFailed with a sentence."""
        return calls.test_connection(account)


EASYPOST = EasyPostConnector()
