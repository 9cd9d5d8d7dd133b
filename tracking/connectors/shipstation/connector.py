"""What the rest of the product sees of ShipStation."""

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
from tracking.connectors.shipstation import calls, hosts, keys, lists, reading, signatures
from tracking.vocabulary import Origin


class ShipStationConnector:
    """A ShipStation account: its orders, labels and voids, and with V2 the carriers' tracking of its labels."""

    kind = "shipstation"
    label = "ShipStation"
    origin = Origin.PLATFORM.value
    carrier = ""
    setting_fields: tuple[SettingField, ...] = (
        SettingField(
            "webhook_secret",
            "Webhook secret",
            is_secret=True,
            help="A long random text of your own, put at the end of the address given to ShipStation, because V1 signs "
            "nothing: https://your-host/hooks/my-shipstation/?secret=... Several may stand one a line. V2 signs its "
            "messages and needs none.",
            needed_for="webhook",
        ),
        SettingField("api_key", "API key (V1)", is_secret=True, help="Under Settings, Account, API Settings."),
        SettingField("api_secret", "API secret (V1)", is_secret=True),
        SettingField(
            "api_key_v2",
            "API key (V2)",
            is_secret=True,
            help="For tracking, and to check V2's signatures. V1's keys are needed for voids and cancellations.",
        ),
        SettingField(
            "first_days",
            "Days to look back at first",
            default=str(lists.FIRST_DAYS),
        ),
        SettingField("api_base", "Address of the API (V1)", default=hosts.BASES[hosts.V1]),
        SettingField("api_base_v2", "Address of the API (V2)", default=hosts.BASES[hosts.V2]),
        SettingField("jwks_url", "Address of V2's public keys", default=keys.KEY_SET),
    )
    # V1 allows 40 requests a minute. A turn of V2's tracking is five, of the 200 a minute that are said to be allowed.
    poll = PollLimits(style="cursor", per_call=lists.PAGE_SIZE, calls=40, per_seconds=60)

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check V2's signature, else the secret in the address; see `signatures.verify`."""
        return signatures.verify(message, settings, path)

    def read(self, message: RawMessage) -> Reading:
        """Read a webhook or an object of an answer. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Fetch the public keys of V2's signatures; None without a V2 key, or when they cannot be had."""
        return keys.get_key_set(account)

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Fetch one page of what changed since the cursor; `asks` is not used. Raises CallFailed."""
        return lists.fetch(account, cursor)

    def refuses(self, settings: Mapping[str, str], url: str) -> str:
        """Return why an address is not fetched: it is not ShipStation's."""
        return calls.refuses(settings, url)

    def fetch_back(self, account: Account, url: str) -> PollAnswer:
        """Fetch one page of what a webhook named. Raises CallFailed."""
        return calls.fetch_back(account, url)

    def test_connection(self, account: Account) -> str:
        """Ask each API whose keys are set for one entry. Raises CallFailed with a sentence."""
        return calls.test_connection(account)


SHIPSTATION = ShipStationConnector()
