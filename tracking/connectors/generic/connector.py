"""What the rest of the product sees of a system of one's own."""

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
from tracking.connectors.generic import reading, signatures
from tracking.vocabulary import Origin


class GenericConnector:
    """An own feed: it posts orders, fulfilments, parcels and events in our JSON. It is never asked."""

    kind = "generic"
    label = "Own system (JSON)"
    origin = Origin.OWN.value
    carrier = ""
    setting_fields: tuple[SettingField, ...] = (
        SettingField(
            "webhook_secret",
            "Webhook secret",
            is_secret=True,
            help="A long random text that the other system signs with. Several secrets may stand one a line.",
            needed_for="webhook",
        ),
    )
    poll = PollLimits(style="none")

    def verify(self, message: RawMessage, settings: Mapping[str, str], path: str) -> Verification:
        """Check `X-ShipTrack-Signature` over time, delivery id and body; see `signatures`."""
        return signatures.verify(message, settings.get("webhook_secret", ""))

    def read(self, message: RawMessage) -> Reading:
        """Read one message. Raises UnreadableMessage."""
        return reading.read(message)

    def get_token(self, account: Account) -> Token | None:
        """Return None: nothing is called."""
        return None

    def fetch(self, account: Account, asks: Sequence[ParcelAsk], cursor: str) -> PollAnswer:
        """Return an empty answer: the system posts by itself."""
        return PollAnswer(parts=())

    def test_connection(self, account: Account) -> str:
        """Say that there is nothing to call."""
        return "This system posts by itself; there is nothing to call. Send a message to test it."


GENERIC = GenericConnector()
