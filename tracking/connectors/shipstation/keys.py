"""The public keys with which V2 signs its webhooks, fetched now and then and kept like a token."""

from datetime import timedelta
from typing import Any

from tracking.connectors.contract import Account, Token
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import canonical
from tracking.connectors.shipstation.hosts import V2, has_keys

KEY_SET = "https://api.shipengine.com/jwks"
LIFETIME = timedelta(hours=12)
MOST_KEYS = 20
_PARTS = ("kid", "kty", "n", "e")


def get_key_set(account: Account) -> Token | None:
    """Fetch the key set (JWKS) without credentials; None without an API key of V2.

    None also when it cannot be had: the keys kept from earlier go on serving, and nothing else waits for them.
    """
    if not has_keys(account.settings, V2):
        return None
    url = account.settings.get("jwks_url", "").strip() or KEY_SET
    try:
        found = _keys(account.http.request("GET", url, headers={"Accept": "application/json"}).json())
    except CallFailed:
        return None
    return Token(canonical({"keys": found}).decode(), account.now + LIFETIME) if found else None


def _keys(answer: Any) -> list[dict[str, str]]:
    """Return the usable keys of an answer, no more of each than is needed."""
    told = answer.get("keys") if isinstance(answer, dict) else None
    keys = [key for key in told if isinstance(key, dict)] if isinstance(told, list) else []
    whole = [key for key in keys if all(isinstance(key.get(part), str) and key[part] for part in _PARTS)]
    return [{part: key[part] for part in _PARTS} for key in whole[:MOST_KEYS]]
