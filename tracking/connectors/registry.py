"""The list of connectors, by hand: a new one is one file and one line here."""

from collections import Counter
from collections.abc import Sequence

from tracking.connectors.contract import Connector
from tracking.connectors.easypost import EASYPOST
from tracking.connectors.fedex import FEDEX
from tracking.connectors.generic import GENERIC
from tracking.connectors.shipstation import SHIPSTATION
from tracking.connectors.shopify import SHOPIFY
from tracking.connectors.ups import UPS
from tracking.connectors.usps import USPS

_ALL: tuple[Connector, ...] = (
    EASYPOST,
    FEDEX,
    GENERIC,
    SHIPSTATION,
    SHOPIFY,
    UPS,
    USPS,
)

CONNECTORS: dict[str, Connector] = {connector.kind: connector for connector in _ALL}


class UnknownKind(LookupError):
    """No connector of that kind; the text is a sentence that names those there are."""


def get(kind: str) -> Connector:
    """Return the connector of a kind. Raises UnknownKind."""
    try:
        return CONNECTORS[kind]
    except KeyError:
        known = ", ".join(sorted(CONNECTORS))
        raise UnknownKind(f'There is no connector of kind "{kind}". Known kinds: {known}.') from None


def choices() -> list[tuple[str, str]]:
    """Return (kind, label) of every connector, in the order of the list. Used as a callable, so that a new connector
    needs no migration."""
    return [(connector.kind, connector.label) for connector in _ALL]


def problems(connectors: Sequence[Connector] = _ALL) -> list[str]:
    """Return a sentence for every kind or label that is empty or given twice; a system check shows them."""
    found = []
    for word in ("kind", "label"):
        counts = Counter(getattr(connector, word) for connector in connectors)
        found += [f'{n} connectors have the {word} "{value}".' for value, n in counts.items() if n > 1]
        found += [f"A connector has no {word}." for value in counts if not value]
    return found
