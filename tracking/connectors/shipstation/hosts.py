"""Where ShipStation answers, and which of our credentials an address may see.

A webhook of V1 (and most of V2) only names an address to fetch. It is fetched from ShipStation's own hosts alone, so
that nobody who learns the webhook's secret can send our credentials elsewhere or have us call into our own network.
"""

import base64
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

from tracking.connectors.http import CallFailed

V1, V2 = "v1", "v2"
BASES = {V1: "https://ssapi.shipstation.com", V2: "https://api.shipstation.com/v2"}
SETTINGS = {V1: "api_base", V2: "api_base_v2"}
LONGEST = 500  # characters of an address; V1 promises 200
# Numbered hosts such as ssapi6 are usual in V1.
_HOSTS = {
    V1: re.compile(r"ssapi[0-9]{0,3}\.shipstation\.com"),
    V2: re.compile(r"api\.(?:shipstation|shipengine)\.com"),
}
NOT_THEIRS = "The address in the message is not one of ShipStation's, so it was not fetched."


def base_of(settings: Mapping[str, str], version: str) -> str:
    """Return the address of one of the two APIs, without a closing slash."""
    return (settings.get(SETTINGS[version]) or BASES[version]).strip().rstrip("/")


def has_keys(settings: Mapping[str, str], version: str) -> bool:
    """Tell whether the credentials of one of the two APIs are set."""
    keys = ("api_key", "api_secret") if version == V1 else ("api_key_v2",)
    return all(settings.get(key, "").strip() for key in keys)


def version_of(settings: Mapping[str, str], url: str) -> str:
    """Return which API an address belongs to; "" when it is none of ShipStation's.

    The addresses set on the source count too; where one lies inside the other, the longer one decides.
    """
    if len(url) > LONGEST or not url.isprintable() or "\\" in url:
        return ""
    try:
        parts = urlsplit(url)
        is_plain = parts.username is None and parts.password is None and parts.port in (None, 443)
    except ValueError:
        return ""
    own = [(len(base), version) for version in (V1, V2) if _is_below(url, base := base_of(settings, version))]
    if own:
        return max(own)[1]
    if parts.scheme != "https" or not is_plain:
        return ""
    return next((version for version, host in _HOSTS.items() if host.fullmatch(parts.hostname or "")), "")


def _is_below(url: str, base: str) -> bool:
    """Tell whether an address lies under a base: same scheme, host and port, and a path that cannot climb out."""
    ours, theirs = urlsplit(base), urlsplit(url)
    same_place = (ours.scheme, ours.netloc.lower()) == (theirs.scheme, theirs.netloc.lower())
    path = unquote(theirs.path)
    return same_place and ".." not in path.split("/") and f"{path}/".startswith(f"{ours.path.rstrip('/')}/")


def headers_for(settings: Mapping[str, str], version: str) -> dict[str, str]:
    """Return the headers that sign us in: V1 HTTP Basic, V2 `API-Key`. Raises CallFailed (refused) without keys."""
    if not has_keys(settings, version):
        what = "API key and secret of V1 are" if version == V1 else "API key of V2 is"
        raise CallFailed("refused", f"The ShipStation {what} not set.")
    if version == V2:
        return {"API-Key": settings["api_key_v2"].strip(), "Accept": "application/json"}
    pair = f"{settings['api_key'].strip()}:{settings['api_secret'].strip()}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}", "Accept": "application/json"}
