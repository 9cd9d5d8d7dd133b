"""Every scenario file is sound, and the connectors understand every byte it makes the vendors say."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tracking.sandbox.helpers import ALL_OF_IT, MONDAY, only
from tracking import sandbox
from tracking.connectors import registry
from tracking.connectors.contract import KEPT_TOKEN, ObservedEvent, RawMessage, Reading
from tracking.sandbox.accounts import SOURCES
from tracking.sandbox.engine import World
from tracking.sandbox.places import TOWNS
from tracking.sandbox.signing import key_set
from tracking.sandbox.story import STORIES, StoryError, parse, stories
from tracking.sandbox.truth import TRUTHS, truth
from tracking.sandbox.wire import Delivery
from tracking.status.contract import Meaning
from tracking.status.mapping import Mapping
from tracking.status.presets import load
from tracking.vocabulary import Evidence, SignalKind

NAMES = sorted(stories())
MAPPINGS = {kind: Mapping(load(kind)) for kind in sorted({source.kind for source in SOURCES.values()})}
CARRIERS = ("fedex", "usps", "ups")
# First scans which in some stories only polls or platforms tell: FedEx, UPS, Mail Innovations, Canada Post.
NEVER_PUSHED = {"PU", "I/OR", "I/ZS", "0300"}


def _read(delivery: Delivery) -> tuple[str, Reading]:
    kind = SOURCES[delivery.source_slug].kind
    headers = {name.lower(): value for name, value in delivery.headers.items()}
    message = RawMessage(delivery.body, headers, headers.get("x-shopify-topic", ""))
    connector = registry.get(kind)
    settings = {**SOURCES[delivery.source_slug].settings, KEPT_TOKEN: json.dumps(key_set())}
    verification = connector.verify(message, settings, delivery.path)
    assert verification.ok, verification.why_not
    return kind, connector.read(message)


def _readings(name: str) -> list[tuple[str, Reading]]:
    world = World.single(name, MONDAY)
    return [_read(delivery) for delivery in world.deliveries(MONDAY, MONDAY + ALL_OF_IT)]


def _meaning(kind: str, event: ObservedEvent) -> Meaning:
    return MAPPINGS[kind].resolve(kind, event.carrier, event.keys, event.description)


def test_every_story_has_a_truth_and_the_reverse() -> None:
    assert {path.stem for path in STORIES.glob("*.toml")} == {path.stem for path in TRUTHS.glob("*.toml")}
    assert len(NAMES) >= 25


@pytest.mark.parametrize("name", NAMES)
def test_truths_name_real_signals_and_moments_inside_the_story(name: str) -> None:
    facts, order = truth(name), only(World.single(name, MONDAY))
    assert {known.signal for known in facts.should_know} <= set(SignalKind.values)
    assert set(facts.never) <= set(SignalKind.values)
    for known in facts.should_know:
        assert order.placed_at < known.moment(order) < order.placed_at + ALL_OF_IT
        assert known.end(order) is None or known.end(order) > known.moment(order)  # type: ignore[operator]


@pytest.mark.parametrize("name", NAMES)
def test_connectors_accept_and_understand_every_webhook(name: str) -> None:
    readings = _readings(name)
    assert readings
    for _, reading in readings:
        assert not reading.errors
        assert reading.fetch_back or not reading.is_empty


@pytest.mark.parametrize("name", NAMES)
def test_only_known_codes_are_used_where_the_story_names_no_other(name: str) -> None:
    events = [(kind, event) for kind, reading in _readings(name) for event in reading.events]
    unmapped = {event.raw_code for kind, event in events if _meaning(kind, event).milestone == "unmapped"}
    assert unmapped == set(truth(name).unmapped)


@pytest.mark.parametrize("name", NAMES)
def test_the_first_scan_of_the_truth_is_the_first_physical_step_of_the_story(name: str) -> None:
    order, facts = only(World.single(name, MONDAY)), truth(name)
    events = [(kind, event) for kind, reading in _readings(name) for event in reading.events]
    physical = {
        _code_of_step(kind, event)
        for kind, event in events
        if kind in CARRIERS and _meaning(kind, event).evidence == Evidence.ITEM_SCANNED
    }
    told = [scan for key, scans in order.scans.items() if not order.plan(key).same_as for scan in scans]
    scans = sorted(scan.at for scan in told if scan.step.code in physical | NEVER_PUSHED)
    expected = [order.moment(facts.moving_since, order.house.zone)] if facts.moving_since else []
    assert scans[:1] == expected


def _code_of_step(kind: str, event: ObservedEvent) -> str:
    return f"{event.raw_subcode}/{event.raw_code}" if kind == "ups" else event.raw_code.zfill(2)


def test_no_town_is_twice_in_the_list() -> None:
    places = [(town.city, town.region, town.country) for town in TOWNS]
    assert len(places) == len(set(places))


@pytest.mark.parametrize(
    "text",
    [
        'title = "x"\norder = { at = "noon" }',
        'title = "x"\norder = { at = "day 0 10:00" }\nshop = [{ att = "day 0 10:00", does = "fulfil" }]',
        'title = "x"\norder = { at = "day 0 10:00" }\nparcels = 3',
        'order = { at = "day 0 10:00" }',
        "title =",
    ],
)
def test_a_bad_scenario_names_itself(text: str) -> None:
    with pytest.raises(StoryError, match="Story broken"):
        parse("broken", text)


def test_the_sandbox_imports_no_other_room() -> None:
    folder = Path(sandbox.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            assert all(map(_is_allowed, _imported(node))), path.name


def _imported(node: Any) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) else []


def _is_allowed(module: str) -> bool:
    return module.startswith("tracking.sandbox") or module.split(".")[0] in sys.stdlib_module_names
