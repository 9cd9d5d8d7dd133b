"""Carriers we know: codes, labels, groups, and the many names vendors give them. Plain data.

A group gathers names of one delivery network: within it a number names one current parcel. Sub-brands of a carrier are
the carrier itself here; which of them carries a parcel is its service.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carrier:
    """One carrier: stored `code`, `label` for people, `group`, and other names in the form of `_key`."""

    code: str
    label: str
    group: str
    aliases: tuple[str, ...] = ()


CARRIERS: tuple[Carrier, ...] = (
    Carrier(
        "fedex",
        "FedEx",
        "fedex",
        (
            "federalexpress",
            "fedexexpress",
            "fedexground",
            "fedexhomedelivery",
            "fedexgroundeconomy",
            "fedexsmartpost",
            "fedexfreight",
            "fedexuk",
            "fedexwalleted",
            "fdxe",
            "fdxg",
            "fxsp",
            "fxfr",
            "fdfr",
            "fdxc",
            "fxcc",
        ),
    ),
    Carrier(
        "ups",
        "UPS",
        "ups",
        (
            "unitedparcelservice",
            "upsground",
            "upsgroundsaver",
            "upssurepost",
            "upsmailinnovations",
            "upsmi",
            "upswalleted",
            "upscanada",
        ),
    ),
    Carrier(
        "usps",
        "USPS",
        "usps",
        (
            "unitedstatespostalservice",
            "uspostalservice",
            "uspsprioritymail",
            "uspsgroundadvantage",
            "uspsfirstclass",
            "stampscom",
            "stamps",
            "endicia",
            "expressone",
        ),
    ),
    Carrier("dhl_express", "DHL Express", "dhl", ("dhl", "dhlexpressworldwide", "mydhl", "dhlexpressus")),
    Carrier("dhl_ecommerce", "DHL eCommerce", "dhl_ecommerce", ("dhlecommerceus", "dhlglobalmail", "globalmail")),
    Carrier("dhl_parcel_de", "DHL Paket", "dhl_parcel_de", ("dhlde", "dhlpaket", "dhlgermany", "deutschepostdhl")),
    Carrier("ontrac", "OnTrac", "ontrac", ("lasership", "ontracv3")),
    Carrier(
        "amazon",
        "Amazon Logistics",
        "amazon",
        ("amazonlogistics", "amzl", "amazonshipping", "amazonlogisticsus", "amazonshippingus"),
    ),
    Carrier("canada_post", "Canada Post", "canada_post", ("postescanada", "canadapostcorporation")),
    Carrier("purolator", "Purolator", "purolator", ("purolatorcourier",)),
    Carrier("royal_mail", "Royal Mail", "royal_mail", ("royalmailgroup",)),
    Carrier("australia_post", "Australia Post", "australia_post", ("auspost", "startrack")),
    Carrier("correos", "Correos", "correos", ("correosexpress", "correosespana")),
    Carrier("dpd", "DPD", "dpd", ("dpduk", "dpdgroup", "dpdlocal")),
    Carrier("gls", "GLS", "gls", ("glsus", "generallogisticssystems")),
)

_BY_CODE = {carrier.code: carrier for carrier in CARRIERS}


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_NAME = {
    name: carrier.code for carrier in CARRIERS for name in (_key(carrier.code), _key(carrier.label), *carrier.aliases)
}


def code_for(name: str) -> str:
    """Return the carrier code of a vendor's name for a carrier ("FedEx Ground®", "stamps_com"), "" when not known."""
    return _BY_NAME.get(_key(name), "")


def label_for(code: str) -> str:
    """Return the carrier's label for people; an unknown code comes back as it is."""
    carrier = _BY_CODE.get(code)
    return carrier.label if carrier else code


def group_for(code: str) -> str:
    """Return the group within which a number names one current parcel; an unknown code is its own group."""
    carrier = _BY_CODE.get(code)
    return carrier.group if carrier else code


def choices() -> list[tuple[str, str]]:
    """Return (code, label) of every carrier, for forms."""
    return [(carrier.code, carrier.label) for carrier in CARRIERS]
