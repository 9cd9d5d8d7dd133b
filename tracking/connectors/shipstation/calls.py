"""What a webhook only named, fetched; and the test of the connection."""

from collections.abc import Mapping

from tracking.connectors.contract import Account, PollAnswer, Unreadable
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import Node
from tracking.connectors.shipstation import hosts
from tracking.connectors.shipstation.answers import parts_of
from tracking.connectors.shipstation.asking import ask, has_next, with_page
from tracking.connectors.shipstation.hosts import V1, V2


def refuses(settings: Mapping[str, str], url: str) -> str:
    """Return why an address named by a webhook is not fetched; "" when it may be."""
    return "" if hosts.version_of(settings, url) else hosts.NOT_THEIRS


def fetch_back(account: Account, url: str) -> PollAnswer:
    """Fetch what a webhook named, one page; `cursor` is the address of the next page, with `more`.

    No parts: the list is empty, which may change within seconds. Raises CallFailed (refused) for foreign addresses.
    """
    version = hosts.version_of(account.settings, url)
    if not version:
        raise CallFailed("refused", hosts.NOT_THEIRS)
    answer, quota = ask(account, url, version)
    errors: list[Unreadable] = []
    parts = tuple(parts_of(account, answer, version, errors))
    page = Node(answer.value, []).integer("page") or 1
    following = with_page(url, page + 1) if parts and has_next(answer, page) else ""
    return PollAnswer(parts, quota, following, more=bool(following), errors=tuple(errors))


def test_connection(account: Account) -> str:
    """Ask each API whose keys are set for one entry of a list. Raises CallFailed with a sentence."""
    asked = [version for version in (V1, V2) if hosts.has_keys(account.settings, version)]
    if not asked:
        raise CallFailed("refused", "Neither the keys of ShipStation's V1 nor the key of V2 are set.")
    for version in asked:
        path = "orders?pageSize=1" if version == V1 else "labels?page_size=1"
        ask(account, f"{hosts.base_of(account.settings, version)}/{path}", version)
    return f"ShipStation accepted the keys of {' and '.join(version.upper() for version in asked)}."
