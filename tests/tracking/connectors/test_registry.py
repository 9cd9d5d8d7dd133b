"""The list of connectors keeps what it promises to the rooms above."""

import contextlib
import copy

import pytest

from tracking.connectors import carriers, registry
from tracking.connectors.contract import Connector, RawMessage, UnreadableMessage
from tracking.vocabulary import Origin

ALL = list(registry.CONNECTORS.values())


def test_an_unknown_kind_is_told_with_the_known_ones() -> None:
    with pytest.raises(registry.UnknownKind, match="fedex"):
        registry.get("pigeon")


def test_choices_come_from_the_list() -> None:
    assert ("fedex", "FedEx") in registry.choices()
    assert registry.get("fedex").kind == "fedex"


def test_no_problems_as_it_stands_and_duplicates_are_refused() -> None:
    assert registry.problems() == []
    twin, nameless = copy.copy(ALL[0]), copy.copy(ALL[0])
    nameless.kind = nameless.label = ""
    assert registry.problems([ALL[0], twin]) == [
        f'2 connectors have the kind "{twin.kind}".',
        f'2 connectors have the label "{twin.label}".',
    ]
    assert registry.problems([nameless]) == ["A connector has no kind.", "A connector has no label."]


@pytest.mark.parametrize("connector", ALL, ids=lambda c: c.kind)
def test_every_connector_states_usable_facts(connector: Connector) -> None:
    assert connector.origin in Origin.values
    assert connector.carrier in ("", *(code for code, _ in carriers.choices()))
    keys = [setting.key for setting in connector.setting_fields]
    assert len(keys) == len(set(keys))
    assert all(setting.is_secret for setting in connector.setting_fields if "secret" in setting.key)
    assert all(setting.needed_for in ("", "webhook", "poll") for setting in connector.setting_fields)
    assert connector.poll.style in ("none", "numbers", "cursor")


@pytest.mark.parametrize("connector", ALL, ids=lambda c: c.kind)
@pytest.mark.parametrize("body", [b"", b"\x00\xff", b"null", b"17", b'"text"', b"[" * 100_000])
def test_no_connector_falls_over_junk(connector: Connector, body: bytes) -> None:
    with contextlib.suppress(UnreadableMessage):
        assert connector.read(RawMessage(body=body)).is_empty


@pytest.mark.parametrize("connector", ALL, ids=lambda c: c.kind)
def test_no_connector_trusts_a_source_without_secret(connector: Connector) -> None:
    verification = connector.verify(RawMessage(body=b"{}"), {}, "/hooks/x/")
    assert not verification.ok
    assert verification.why_not
