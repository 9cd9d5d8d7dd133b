"""IANA time zones of places, as far as country and region decide them.

A state or province that spans several zones gets the zone most of its people live in; an event's clock time can then be
an hour off near such a border, never a day. A country with several zones and no region known has no answer.
"""

from functools import lru_cache

_NEW_YORK, _CHICAGO = "America/New_York", "America/Chicago"
_DENVER, _LOS_ANGELES = "America/Denver", "America/Los_Angeles"

_BY_ZONE: dict[str, dict[str, str]] = {  # country -> zone -> regions
    "US": {
        _NEW_YORK: "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
        _CHICAGO: "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
        _DENVER: "CO ID MT NM UT WY",
        "America/Phoenix": "AZ",
        _LOS_ANGELES: "CA NV OR WA",
        "America/Anchorage": "AK",
        "Pacific/Honolulu": "HI",
        "America/Puerto_Rico": "PR",
        "America/St_Thomas": "VI",
        "Pacific/Guam": "GU MP",
        "Pacific/Pago_Pago": "AS",
    },
    "CA": {
        "America/St_Johns": "NL",
        "America/Halifax": "NB NS PE",
        "America/Toronto": "ON QC",
        "America/Winnipeg": "MB",
        "America/Regina": "SK",
        "America/Edmonton": "AB NT",
        "America/Vancouver": "BC",
        "America/Whitehorse": "YT",
        "America/Iqaluit": "NU",
    },
    "AU": {
        "Australia/Sydney": "NSW ACT",
        "Australia/Melbourne": "VIC",
        "Australia/Brisbane": "QLD",
        "Australia/Adelaide": "SA",
        "Australia/Hobart": "TAS",
        "Australia/Darwin": "NT",
        "Australia/Perth": "WA",
    },
    "MX": {
        "America/Tijuana": "BC BCN",
        "America/Hermosillo": "SO SON",
        "America/Mazatlan": "BS BCS SI SIN NA NAY",
        "America/Cancun": "QR ROO",
        "America/Mexico_City": "CDMX DF CMX MX MEX JA JAL NL NLE PU PUE GT GUA QT QRO VE VER YU YUC",
    },
    "BR": {
        "America/Sao_Paulo": "SP RJ MG ES PR SC RS DF GO",
        "America/Bahia": "BA",
        "America/Fortaleza": "CE RN PB MA PI",
        "America/Recife": "PE",
        "America/Manaus": "AM",
    },
}

_BY_COUNTRY: dict[str, str] = {
    "AE": "Asia/Dubai",
    "AR": "America/Argentina/Buenos_Aires",
    "AT": "Europe/Vienna",
    "BE": "Europe/Brussels",
    "BG": "Europe/Sofia",
    "CH": "Europe/Zurich",
    "CN": "Asia/Shanghai",
    "CO": "America/Bogota",
    "CR": "America/Costa_Rica",
    "CY": "Asia/Nicosia",
    "CZ": "Europe/Prague",
    "DE": "Europe/Berlin",
    "DK": "Europe/Copenhagen",
    "DO": "America/Santo_Domingo",
    "EE": "Europe/Tallinn",
    "FI": "Europe/Helsinki",
    "FR": "Europe/Paris",
    "GB": "Europe/London",
    "GR": "Europe/Athens",
    "GT": "America/Guatemala",
    "GU": "Pacific/Guam",
    "HK": "Asia/Hong_Kong",
    "HR": "Europe/Zagreb",
    "HU": "Europe/Budapest",
    "IE": "Europe/Dublin",
    "IL": "Asia/Jerusalem",
    "IN": "Asia/Kolkata",
    "IS": "Atlantic/Reykjavik",
    "IT": "Europe/Rome",
    "JP": "Asia/Tokyo",
    "KR": "Asia/Seoul",
    "LT": "Europe/Vilnius",
    "LU": "Europe/Luxembourg",
    "LV": "Europe/Riga",
    "MT": "Europe/Malta",
    "MY": "Asia/Kuala_Lumpur",
    "NL": "Europe/Amsterdam",
    "NO": "Europe/Oslo",
    "NZ": "Pacific/Auckland",
    "PA": "America/Panama",
    "PE": "America/Lima",
    "PH": "Asia/Manila",
    "PL": "Europe/Warsaw",
    "PR": "America/Puerto_Rico",
    "RO": "Europe/Bucharest",
    "SA": "Asia/Riyadh",
    "SE": "Europe/Stockholm",
    "SG": "Asia/Singapore",
    "SI": "Europe/Ljubljana",
    "SK": "Europe/Bratislava",
    "TH": "Asia/Bangkok",
    "TR": "Europe/Istanbul",
    "TW": "Asia/Taipei",
    "UA": "Europe/Kyiv",
    "UY": "America/Montevideo",
    "VI": "America/St_Thomas",
    "VN": "Asia/Ho_Chi_Minh",
    "ZA": "Africa/Johannesburg",
}

# Spain and Portugal have islands an hour behind; their regions are named, everything else is the mainland.
_ISLANDS: dict[tuple[str, str], str] = {
    **{("ES", region): "Atlantic/Canary" for region in ("CN", "GC", "TF")},
    ("PT", "20"): "Atlantic/Azores",
    ("PT", "30"): "Atlantic/Madeira",
}
_MAINLAND = {"ES": "Europe/Madrid", "PT": "Europe/Lisbon"}

_BY_REGION: dict[tuple[str, str], str] = _ISLANDS | {
    (country, region): zone
    for country, zones in _BY_ZONE.items()
    for zone, regions in zones.items()
    for region in regions.split()
}


@lru_cache(maxsize=2048)
def zone_of(country: str, region: str = "") -> str:
    """Return the IANA zone of a place, "" when country and region do not decide it.

    `country` is ISO 3166-1 alpha-2, `region` the postal or ISO 3166-2 part ("TX", "ON"); case does not matter.
    """
    country, region = country.strip().upper(), region.strip().upper()
    region = region.removeprefix(f"{country}-")
    known = _BY_REGION.get((country, region))
    return known or _BY_COUNTRY.get(country) or _MAINLAND.get(country, "")
