"""How we sign in to a shop: a fixed token, or one minted for 24 hours by client credentials."""

from datetime import timedelta

from tracking.connectors.contract import Account, Token
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import Node

DEFAULT_LIFETIME = 86_399  # seconds, as documented for the client credentials grant
SAFETY = timedelta(minutes=5)
NO_SCOPE = 'The app may not read orders: give it the scopes "read_orders" and "read_fulfillments" and install it again.'


def base_address(account: Account) -> str:
    """Return the address of the shop's API without a closing slash. Raises CallFailed (refused) when none is set."""
    told = account.settings.get("api_base", "").strip().rstrip("/")
    if told:
        return told
    shop = account.settings.get("shop", "").strip().removeprefix("https://").rstrip("/").lower()
    if not shop:
        raise CallFailed("refused", "The shop domain is not set.")
    return f"https://{shop}" if "." in shop else f"https://{shop}.myshopify.com"


def get_token(account: Account) -> Token | None:
    """Mint a token (`/admin/oauth/access_token`); None when a fixed access token is set. Raises CallFailed."""
    if account.settings.get("access_token"):
        return None
    client_id, secret = (account.settings.get(key, "") for key in ("client_id", "client_secret"))
    if not client_id or not secret:
        raise CallFailed("refused", "Neither an access token nor a client id and secret are set.")
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
    url = f"{base_address(account)}/admin/oauth/access_token"
    response = account.http.request("POST", url, data=form, accept=frozenset({400}))
    if response.status == 400:
        raise CallFailed(
            "auth",
            "Shopify refused the client id and secret; the app must be installed in the shop.",
            status=400,
        )
    return _token(response.json(), account)


def secret_for(account: Account) -> str:
    """Return the access token to send. Raises CallFailed (auth) when there is none yet."""
    value = account.settings.get("access_token") or (account.token.value if account.token else "")
    if not value:
        raise CallFailed("auth", "There is no Shopify access token yet.")
    return value


def _token(answer: object, account: Account) -> Token:
    node = Node(answer if isinstance(answer, dict) else {}, [])
    value, scope = node.text("access_token"), node.text("scope")
    if not value:
        raise CallFailed("temporary", "Shopify answered without a token.")
    if scope and not {"read_orders", "write_orders"} & set(scope.replace(",", " ").split()):
        raise CallFailed("scope", NO_SCOPE)
    lifetime = timedelta(seconds=min(node.integer("expires_in") or DEFAULT_LIFETIME, DEFAULT_LIFETIME))
    return Token(value, account.now + max(lifetime - SAFETY, timedelta(minutes=1)), scope)
