"""Calls to ShipStation: what changed since the last run, list by list, and what a webhook only named.

V1 has no webhook for voids and cancellations, and any webhook can get lost: so a run asks for changed orders, new and
voided labels and fulfilments; with V2 also for its labels and, every few hours, for the tracking of those that move.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from tracking.connectors.contract import Account, PollAnswer, PolledPart, Quota, Unreadable
from tracking.connectors.http import CallFailed, HttpResponse
from tracking.connectors.parsing import Node, canonical
from tracking.connectors.shipstation import hosts, reading
from tracking.connectors.shipstation.hosts import V1, V2
from tracking.connectors.shipstation.parcels import LABEL_NUMBER
from tracking.connectors.shipstation.position import LABELS_MOVE, PAGES_A_RUN, Position
from tracking.connectors.shipstation.times import asked_in_pacific

FIRST_DAYS = 30
PAGE_SIZE = 100
AT_ONCE = 4  # tracking calls side by side: together they last as long as the slowest
TRACKING = "tracking"
LONGEST_WAIT = 3600  # seconds


@dataclass(frozen=True, slots=True)
class Stream:
    """One list: which API, its path, and the filters; `{since}` stands for the moment from which changes are asked."""

    version: str
    path: str
    filters: tuple[tuple[str, str], ...]


STREAMS = {
    "orders": Stream(V1, "orders", (("modifyDateStart", "{since}"), ("sortBy", "ModifyDate"), ("sortDir", "ASC"))),
    "shipments": Stream(
        V1,
        "shipments",
        (
            ("createDateStart", "{since}"),
            ("includeShipmentItems", "true"),
            ("sortBy", "CreateDate"),
            ("sortDir", "ASC"),
        ),
    ),
    "voids": Stream(V1, "shipments", (("voidDateStart", "{since}"), ("includeShipmentItems", "true"))),
    "fulfillments": Stream(V1, "fulfillments", (("createDateStart", "{since}"),)),
    "v2-orders": Stream(V2, "shipments", (("modified_at_start", "{since}"), ("sort_dir", "asc"))),
    "v2-labels": Stream(V2, "labels", (("created_at_start", "{since}"), ("sort_dir", "asc"))),
    "v2-voids": Stream(V2, "labels", (("created_at_start", "{oldest}"), ("label_status", "voided"))),
}


def fetch(account: Account, cursor: str) -> PollAnswer:
    """Fetch one page of what changed since `cursor` ("" = `first_days` back), one part for each object.

    Raises CallFailed, also (refused) when no keys are set.
    """
    first = account.now - timedelta(days=_first_days(account))
    position = Position.read(cursor, first, account.now)
    streams = _streams(account, position)
    if not streams:
        raise CallFailed("refused", "Neither the keys of ShipStation's V1 nor the key of V2 are set.")
    if position.stream not in streams:
        position = position.on(streams[0])
    if position.stream == TRACKING:
        return _tracking(account, position)
    return _page(account, position, streams)


def _first_days(account: Account) -> int:
    days = Node(account.settings, []).integer("first_days")
    return min(max(days or FIRST_DAYS, 1), 365)


def _streams(account: Account, position: Position) -> list[str]:
    """Return the lists of this run, in order. Orders come from V1 where it is connected: V2 has other ids for them."""
    has_v1, has_v2 = (hosts.has_keys(account.settings, version) for version in (V1, V2))
    names = ["orders", "shipments", "voids", "fulfillments"] if has_v1 else []
    if has_v2:
        names += ["v2-labels", "v2-voids"] if has_v1 else ["v2-orders", "v2-labels", "v2-voids"]
    return [*names, TRACKING] if has_v2 and position.track_page else names


def _page(account: Account, position: Position, streams: list[str]) -> PollAnswer:
    stream = STREAMS[position.stream]
    spell = asked_in_pacific if stream.version == V1 else (lambda moment: f"{moment:%Y-%m-%dT%H:%M:%SZ}")
    words = {"since": spell(position.since), "oldest": spell(position.started - LABELS_MOVE)}
    told = [(key, value.format(**words)) for key, value in stream.filters]
    size = "pageSize" if stream.version == V1 else "page_size"
    query = urlencode([*told, ("page", str(position.page)), (size, str(PAGE_SIZE))])
    url = f"{hosts.base_of(account.settings, stream.version)}/{stream.path}?{query}"
    answer, quota = _ask(account, url, stream.version)
    errors: list[Unreadable] = []
    parts = tuple(_parts(account, answer, stream.version, errors))
    if _has_next(answer, position.page):
        following = replace(position, page=position.page + 1)
    else:
        following = position.on(next(iter(streams[streams.index(position.stream) + 1 :]), ""))
    return PollAnswer(parts, quota, following.text(), more=bool(following.stream), errors=tuple(errors))


def _tracking(account: Account, position: Position) -> PollAnswer:
    """Ask for a few labels that may move, and for the tracking of each."""
    told = [
        ("created_at_start", f"{position.track_since:%Y-%m-%dT%H:%M:%SZ}"),
        ("label_status", "completed"),
        ("sort_by", "created_at"),
        ("sort_dir", "asc"),
    ]
    query = urlencode([*told, ("page", str(position.track_page)), ("page_size", str(AT_ONCE))])
    base = hosts.base_of(account.settings, V2)
    answer, _ = _ask(account, f"{base}/labels?{query}", V2)
    errors: list[Unreadable] = []
    labels = [node for node in Node(answer.value, errors).nodes("labels") if node.text("label_id", 64)][:AT_ONCE]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = list(pool.map(lambda label: _track(account, base, label), labels))
    errors += [item for item in found if isinstance(item, Unreadable)]
    parts = tuple(item for item in found if isinstance(item, PolledPart))
    following = replace(position, track_page=position.track_page + 1, tracked=position.tracked + 1)
    is_over = not _has_next(answer, position.track_page)
    if is_over:
        following = replace(following, track_page=0)
    if is_over or following.tracked >= PAGES_A_RUN:
        following = following.on("")
    return PollAnswer(parts, cursor=following.text(), more=bool(following.stream), errors=tuple(errors))


def _track(account: Account, base: str, label: Node) -> PolledPart | Unreadable:
    """Ask for the tracking of one label; a call that fails must not hide the others' answers."""
    label_id, number = label.text("label_id", 64), label.text("tracking_number", 128)
    try:
        answer, _ = _ask(account, f"{base}/labels/{quote(label_id, safe='')}/track", V2)
    except CallFailed as failure:
        if failure.kind in ("auth", "scope", "quota"):
            raise
        return Unreadable(f"labels/{label_id}", failure.message)
    body = canonical({**answer.value, LABEL_NUMBER: number})
    return PolledPart(about=f"tracking {number or label_id}", body=body, topic=reading.TRACKING)


def refuses(settings: Any, url: str) -> str:
    """Return why an address named by a webhook is not fetched; "" when it may be."""
    return "" if hosts.version_of(settings, url) else hosts.NOT_THEIRS


def fetch_back(account: Account, url: str) -> PollAnswer:
    """Fetch what a webhook named, one page; `cursor` is the address of the next page, with `more`.

    No parts: the list is empty, which may change within seconds. Raises CallFailed (refused) for foreign addresses.
    """
    version = hosts.version_of(account.settings, url)
    if not version:
        raise CallFailed("refused", hosts.NOT_THEIRS)
    answer, quota = _ask(account, url, version)
    errors: list[Unreadable] = []
    parts = tuple(_parts(account, answer, version, errors))
    page = Node(answer.value, []).integer("page") or 1
    following = _with_page(url, page + 1) if parts and _has_next(answer, page) else ""
    return PollAnswer(parts, quota, following, more=bool(following), errors=tuple(errors))


def test_connection(account: Account) -> str:
    """Ask each API whose keys are set for one entry of a list. Raises CallFailed with a sentence."""
    asked = [version for version in (V1, V2) if hosts.has_keys(account.settings, version)]
    if not asked:
        raise CallFailed("refused", "Neither the keys of ShipStation's V1 nor the key of V2 are set.")
    for version in asked:
        path = "orders?pageSize=1" if version == V1 else "labels?page_size=1"
        _ask(account, f"{hosts.base_of(account.settings, version)}/{path}", version)
    return f"ShipStation accepted the keys of {' and '.join(version.upper() for version in asked)}."


def _ask(account: Account, url: str, version: str) -> tuple[Node, Quota]:
    """Make one call. A used-up allowance names in `X-Rate-Limit-Reset` the seconds to wait (V1)."""
    headers = hosts.headers_for(account.settings, version)
    try:
        response = account.http.request("GET", url, headers=headers)
    except CallFailed as failure:
        wait = _reset(failure.response) if failure.kind == "quota" and failure.response else None
        if wait is None or failure.retry_after is not None:
            raise
        raise CallFailed("quota", failure.message, wait, failure.status, failure.response) from None
    value = response.json()
    if not isinstance(value, dict):
        raise CallFailed("temporary", "ShipStation answered something that is not an object.", status=response.status)
    return Node(value, []), _quota(account, response)


def _reset(response: HttpResponse) -> float | None:
    seconds = Node(response.headers, []).integer("x-rate-limit-reset")
    return float(min(max(seconds, 1), LONGEST_WAIT)) if seconds is not None else None


def _quota(account: Account, response: HttpResponse) -> Quota:
    told = Node(response.headers, [])
    wait = _reset(response)
    if wait is None:
        return Quota()
    limit, remaining = told.integer("x-rate-limit-limit"), told.integer("x-rate-limit-remaining")
    return Quota(limit=limit, remaining=remaining, resets_at=account.now + timedelta(seconds=wait))


def _has_next(answer: Node, page: int) -> bool:
    return (Node(answer.value, []).integer("pages") or 1) > page


def _with_page(url: str, page: int) -> str:
    parts = urlsplit(url)
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key != "page"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("page", str(page))])))


# --- Answers into parts -----------------------------------------------------------------------------------------


_SORTS = {
    (V1, "orders"): (reading.V1_ORDER, "order", "orderId"),
    (V1, "shipments"): (reading.V1_SHIPMENT, "shipment", "shipmentId"),
    (V1, "fulfillments"): (reading.V1_FULFILMENT, "fulfillment", "fulfillmentId"),
    (V2, "shipments"): (reading.V2_ORDER, "v2 shipment", "shipment_id"),
    (V2, "labels"): (reading.V2_LABEL, "label", "label_id"),
    (V2, "fulfillments"): (reading.V2_FULFILMENT, "v2 fulfillment", "fulfillment_id"),
}
_SINGLE = {
    reading.V1_ORDER: "orders",
    reading.V1_SHIPMENT: "shipments",
    reading.V1_FULFILMENT: "fulfillments",
    reading.V2_ORDER: "shipments",
    reading.V2_LABEL: "labels",
    reading.V2_FULFILMENT: "fulfillments",
}


def _parts(account: Account, answer: Node, version: str, errors: list[Unreadable]) -> Iterator[PolledPart]:
    """Yield one part for each object of an answer: of its list, or the answer itself."""
    listed = next((key for key in reading.LISTS if isinstance(answer.value.get(key), list)), "")
    if listed:
        for node in Node(answer.value, errors).nodes(listed):
            yield from _part(account, node, version, listed, errors)
        return
    sort = reading.sort_of(answer)
    if sort == reading.TRACKING:
        number = answer.text("tracking_number", 128)
        yield PolledPart(about=f"tracking {number}", body=canonical(answer.value), topic=sort)
    elif sort:
        yield from _part(account, answer, version, _SINGLE[sort], errors)
    else:
        raise CallFailed("temporary", "ShipStation answered without any list we know.")


def _part(account: Account, node: Node, version: str, listed: str, errors: list[Unreadable]) -> Iterator[PolledPart]:
    found = _SORTS.get((version, listed))
    own_id = node.text(found[2], 64) if found else ""
    if found is None or not own_id:
        errors.append(Unreadable(node.where, "This object has no id of the sort that was asked for."))
        return
    sort, word, _ = found
    if version == V2 and hosts.has_keys(account.settings, V1):
        if sort == reading.V2_ORDER:
            return  # the same order comes from V1 under another id
    elif sort == reading.V2_LABEL:
        sort = reading.V2_LABEL_ALONE
    yield PolledPart(about=f"{word} {own_id}", body=canonical(node.value), topic=sort)
