"""What the rest of the product sees of Shopify."""

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
from tracking.connectors.shopify import calls, pushes, reading, tokens
from tracking.vocabulary import Origin


class ShopifyConnector:
    """One Shopify shop as a source of orders, fulfilments and second-hand tracking events."""

    kind = "shopify"
    label = "Shopify"
    origin = Origin.SHOP.value
    carrier = ""
    setting_fields: tuple[SettingField, ...] = (
        SettingField("shop", "Shop domain", help="Like mugs.myshopify.com.", needed_for="poll"),
        SettingField(
            "webhook_secret",
            "Webhook secret",
            is_secret=True,
            help="The client secret of the app, or the one shown under Settings, Notifications, Webhooks. Several may "
            "stand one a line: after a rotation the old one still signs for up to an hour.",
            needed_for="webhook",
        ),
        SettingField(
            "access_token",
            "Admin API access token",
            is_secret=True,
            help="Of a custom app made in the shop. Leave empty to use a client id and secret instead.",
        ),
        SettingField("client_id", "Client id", help="Of an app of the same organisation, made in the Dev Dashboard."),
        SettingField("client_secret", "Client secret", is_secret=True),
        SettingField("api_version", "API version", default=calls.API_VERSION),
        SettingField(
            "first_days",
            "Days to look back at first",
            help="Without the scope read_all_orders Shopify shows 60 days.",
            default=str(calls.FIRST_DAYS),
        ),
        SettingField("api_base", "Address of the API", help="Default: https:// and the shop domain."),
    )
    # The allowance is counted in points, reported with each answer; a page of orders is far below 100 points a second.
    poll = PollLimits(style="cursor", per_call=calls.PAGE_SIZE, calls=60, per_seconds=60, changes_are_pushed=True)

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check `X-Shopify-Hmac-Sha256` over the raw body; see `pushes.verify`."""
        return pushes.verify(message, settings)

    def read(self, message: RawMessage) -> Reading:
        """Read a webhook or an order of a poll answer. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Mint a token by client credentials; None with a fixed access token. Raises CallFailed."""
        return tokens.get_token(account)

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Fetch one page of orders changed since the cursor; `asks` is not used. Raises CallFailed."""
        return calls.fetch(account, cursor)

    def test_connection(self, account: Account) -> str:
        """Ask for the shop's name. Raises CallFailed with a sentence."""
        return calls.test_connection(account)


SHOPIFY = ShopifyConnector()
