"""What changed since the last run, list by list.

V1 has no webhook for voids and cancellations, and any webhook can get lost: so a run asks for changed orders, new and
voided labels and fulfilments; with V2 also for its labels and, every few hours, for the tracking of those that move.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import quote, urlencode

from tracking.connectors.contract import Account, PollAnswer, PolledPart, Unreadable
from tracking.connectors.http import CallFailed
from tracking.connectors.parsing import Node, canonical
from tracking.connectors.shipstation import hosts, reading
from tracking.connectors.shipstation.answers import parts_of
from tracking.connectors.shipstation.asking import ask, has_next
from tracking.connectors.shipstation.hosts import V1, V2
from tracking.connectors.shipstation.parcels import LABEL_NUMBER
from tracking.connectors.shipstation.position import LABELS_MOVE, PAGES_A_RUN, Position
from tracking.connectors.shipstation.times import asked_in_pacific

FIRST_DAYS = 30
PAGE_SIZE = 100
AT_ONCE = 4  # tracking calls side by side: together they last as long as the slowest
TRACKING = "tracking"


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
    answer, quota = ask(account, url, stream.version)
    errors: list[Unreadable] = []
    parts = tuple(parts_of(account, answer, stream.version, errors))
    if has_next(answer, position.page):
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
    answer, _ = ask(account, f"{base}/labels?{query}", V2)
    errors: list[Unreadable] = []
    labels = [node for node in Node(answer.value, errors).nodes("labels") if node.text("label_id", 64)][:AT_ONCE]
    with ThreadPoolExecutor(max_workers=AT_ONCE) as pool:
        found = list(pool.map(lambda label: _track(account, base, label), labels))
    errors += [item for item in found if isinstance(item, Unreadable)]
    parts = tuple(item for item in found if isinstance(item, PolledPart))
    following = replace(position, track_page=position.track_page + 1, tracked=position.tracked + 1)
    is_over = not has_next(answer, position.track_page)
    if is_over:
        following = replace(following, track_page=0)
    if is_over or following.tracked >= PAGES_A_RUN:
        following = following.on("")
    return PollAnswer(parts, cursor=following.text(), more=bool(following.stream), errors=tuple(errors))


def _track(account: Account, base: str, label: Node) -> PolledPart | Unreadable:
    """Ask for the tracking of one label; a call that fails must not hide the others' answers."""
    label_id, number = label.text("label_id", 64), label.text("tracking_number", 128)
    try:
        answer, _ = ask(account, f"{base}/labels/{quote(label_id, safe='')}/track", V2)
    except CallFailed as failure:
        if failure.kind in ("auth", "scope", "quota"):
            raise
        return Unreadable(f"labels/{label_id}", failure.message)
    body = canonical({**answer.value, LABEL_NUMBER: number})
    return PolledPart(about=f"tracking {number or label_id}", body=body, topic=reading.TRACKING)
