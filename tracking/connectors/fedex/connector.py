"""The FedEx connector as the registry knows it. Facts: FedEx Developer Portal, "Basic Integrated Visibility" 1.0.0."""

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
from tracking.connectors.fedex import polling, reading
from tracking.connectors.parsing import hmac_matches, secrets_of
from tracking.vocabulary import Origin


class Fedex:
    """Reads and asks FedEx. Signature: header `fdx-signature`, no delivery id, no signed time."""

    kind = "fedex"
    label = "FedEx"
    origin = Origin.CARRIER.value
    carrier = "fedex"
    setting_fields: tuple[SettingField, ...] = (
        SettingField(
            "webhook_secret",
            "Security token",
            is_secret=True,
            help="The token typed into the visibility webhook project. Several, one a line, while changing it.",
            needed_for="webhook",
        ),
        SettingField("client_id", "API key", help="Of a project that includes the Track API.", needed_for="poll"),
        SettingField("client_secret", "Secret key", is_secret=True, needed_for="poll"),
        SettingField("locale", "Language of texts", help="Like en_US.", default=polling.DEFAULT_LOCALE),
        SettingField(
            "api_base",
            "Address",
            help="https://apis-sandbox.fedex.com for FedEx's own test system.",
            default=polling.DEFAULT_BASE,
        ),
    )
    # 30 numbers a call is FedEx's limit. It allows an organisation 100,000 Track calls a day by the lowest account.
    poll = PollLimits(style="numbers", per_call=polling.NUMBERS_PER_CALL, calls=4_000, per_seconds=3_600)

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check `fdx-signature`: HMAC-SHA256 of the raw body under the security token.

        FedEx's page says Base64 in one place and hexadecimal in another, so both spellings of the digest are taken.
        """
        secrets = secrets_of(settings.get("webhook_secret", ""))
        if not secrets:
            return Verification(ok=False, why_not="The source has no security token (webhook_secret).")
        given = message.headers.get("fdx-signature", "")
        if not given:
            return Verification(ok=False, why_not="The header fdx-signature is missing.")
        if not hmac_matches(secrets, message.body, given, encodings=("base64", "hex")):
            return Verification(ok=False, why_not="The signature in fdx-signature does not fit the body.")
        return Verification(ok=True)

    def read(self, message: RawMessage) -> Reading:
        """Understand a pushed message or one parcel's part of a poll answer. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Mint an OAuth token (network). Raises CallFailed."""
        return polling.get_token(account)

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Ask about up to 30 parcels in one call (network). Raises CallFailed."""
        return polling.fetch(account, asks)

    def test_connection(self, account: Account) -> str:
        """Mint a token and ask for one number; say what was found (network). Raises CallFailed."""
        return polling.test_connection(account)
