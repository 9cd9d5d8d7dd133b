"""The accounts of the pretend vendors: slugs, stores, credentials, warehouses.

The secrets protect nothing but pretend parcels on loopback; they are the same in every installation.
"""

from dataclasses import dataclass, field

API_VERSION = "2026-10"
ORIGIN = "http://127.0.0.1:8001"  # where the sandbox answers unless told otherwise


@dataclass(frozen=True, slots=True)
class Warehouse:
    """Where parcels start. `location_id` is the shop's id of it; `cutoff` the last pickup of a working day, local."""

    key: str
    name: str
    city: str
    region: str
    postcode: str
    country: str
    zone: str
    location_id: int
    cutoff: str = "17:00"


@dataclass(frozen=True, slots=True)
class Shop:
    """One pretend store; `kind` = the system it runs on: shopify, or generic for one the merchant wrote."""

    key: str
    name: str
    domain: str
    slug: str
    language: str
    zone: str
    currency: str
    warehouse: str
    prefix: str
    first_number: int
    sender: str
    kind: str = "shopify"


@dataclass(frozen=True, slots=True)
class SandboxSource:
    """What `add_source` needs for one pretend account. `stores` are names; `path` follows the server's origin and is
    empty where ShipTrack never calls."""

    slug: str
    kind: str
    stores: tuple[str, ...]
    path: str
    settings: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)  # further settings that follow the server's origin

    def settings_at(self, origin: str) -> dict[str, str]:
        """Return all settings, with the addresses to call below `origin` ("http://127.0.0.1:8001")."""
        paths = {**({"api_base": self.path} if self.path else {}), **self.addresses}
        return {**self.settings, **{key: origin + path for key, path in paths.items()}}


WAREHOUSES = {
    house.key: house
    for house in (
        Warehouse("edison", "Edison NJ", "Edison", "NJ", "08817", "US", "America/New_York", 70110001),
        Warehouse("sanantonio", "San Antonio TX", "San Antonio", "TX", "78219", "US", "America/Chicago", 70110002),
        Warehouse("mississauga", "Mississauga ON", "Mississauga", "ON", "L5T 2N7", "CA", "America/Toronto", 70110003),
        Warehouse("reno", "Reno NV", "Reno", "NV", "89502", "US", "America/Los_Angeles", 70110004),
    )
}

SHOPS = {
    shop.key: shop
    for shop in (
        Shop(
            "northlight", "Northlight Goods", "northlight-goods-demo.myshopify.com", "northlight-shopify", "en",
            "America/New_York", "USD", "edison", "#", 10200, "hello@northlight.example",
        ),
        Shop(
            "casa", "Casa Lumbre", "casa-lumbre-demo.myshopify.com", "casa-shopify", "es",
            "America/Chicago", "USD", "sanantonio", "#CL", 3310, "hola@casalumbre.example",
        ),
        Shop(
            "maple", "Maple & Pine", "maple-pine-demo.myshopify.com", "maple-shopify", "en",
            "America/Toronto", "CAD", "mississauga", "#MP-", 5020, "care@maplepine.example",
        ),
        Shop(
            "tallow", "Tallow & Twine", "tallowandtwine.example", "tallow-warehouse", "en",
            "America/Los_Angeles", "USD", "reno", "TT-", 2040, "post@tallowandtwine.example", "generic",
        ),
    )
}  # fmt: skip

SHOPIFY_SHOPS = {key: shop for key, shop in SHOPS.items() if shop.kind == "shopify"}
_ALL_STORES = tuple(shop.name for shop in SHOPS.values())


def _shopify(shop: Shop) -> SandboxSource:
    secret = f"sandbox-{shop.key}-client-secret"
    settings = {
        "shop": shop.domain,
        "client_id": f"sandbox-{shop.key}",
        "client_secret": secret,
        "webhook_secret": secret,
        "api_version": API_VERSION,
    }
    return SandboxSource(shop.slug, "shopify", (shop.name,), f"/shopify/{shop.domain}", settings)


SOURCES = {
    source.slug: source
    for source in (
        *(_shopify(shop) for shop in SHOPIFY_SHOPS.values()),
        SandboxSource(
            "fedex-main",
            "fedex",
            _ALL_STORES,
            "/fedex",
            {
                "client_id": "sandbox-fedex-key",
                "client_secret": "sandbox-fedex-secret",
                "webhook_secret": "sandbox-fedex-security-token",
            },
        ),
        SandboxSource(
            "usps-main",
            "usps",
            _ALL_STORES,
            "/usps",
            {
                "client_id": "sandbox-usps-key",
                "client_secret": "sandbox-usps-secret",
                "webhook_secret": "sandbox-usps-secret-32-characters"[:32],
            },
        ),
        SandboxSource(
            "ups-main",
            "ups",
            _ALL_STORES,
            "/ups",
            {
                "client_id": "sandbox-ups-key",
                "client_secret": "sandbox-ups-secret",
                "webhook_secret": "sandbox-ups-webhook-credential",
            },
        ),
        SandboxSource(
            "easypost-main",
            "easypost",
            _ALL_STORES,
            "/easypost/v2",
            {"api_key": "EZAKsandbox", "webhook_secret": "sandbox-easypost-secret"},
        ),
        SandboxSource(
            "shipstation-main",
            "shipstation",
            (SHOPS["northlight"].name,),
            "/shipstation",
            {
                "api_key": "sandbox-shipstation-key",
                "api_secret": "sandbox-shipstation-secret",
                "api_key_v2": "sandbox-shipstation-key-v2",
                "webhook_secret": "sandbox-shipstation-webhook-secret",
            },
            {"api_base_v2": "/shipstation/v2", "jwks_url": "/shipstation/jwks"},
        ),
        SandboxSource(
            "tallow-warehouse",
            "generic",
            (SHOPS["tallow"].name,),
            "",
            {"webhook_secret": "sandbox-tallow-warehouse-secret"},
        ),
    )
}
