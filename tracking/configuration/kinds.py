"""The kinds of configuration that are drafted and published. Each registers itself; this room knows none by name."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # kinds register while the apps are loading, before there are models
    from django.contrib.auth.models import User

Content = Any
"""What a version says, JSON-ready; its shape is the kind's own matter."""


class UnknownKind(Exception):
    """Nobody registered a kind of this name."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One existing row that a content would change: its id, how people call it, and what it is and would be."""

    id: int
    label: str
    before: str
    after: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class Applied:
    """Rows that were changed, and what the kind needs to take it back (JSON-ready)."""

    ids: Sequence[int] = ()
    record: Sequence[Any] = ()


@dataclass(frozen=True, slots=True)
class Undone:
    """Rows that are again as before, and those that somebody changed meanwhile and that were left alone."""

    ids: Sequence[int] = ()
    kept: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """What the frame asks of a kind of configuration. All moments are aware UTC.

    `in_force()` -> the content that applies now. `validate(content)` -> sentences for the editor, none if it may be
    published. `enact(content, number)` puts a content in force inside the transaction that publishes it and returns it
    as it is kept. `preview(content, now)` -> rows it would change. `apply(ids, number, actor, now)` changes those of
    these rows that the version in force would change. `undo(record, actor, now)` takes that back.
    """

    name: str
    label: str
    in_force: Callable[[], Content]
    validate: Callable[[Content], list[str]]
    enact: Callable[[Content, int], Content]
    preview: Callable[[Content, datetime], list[Effect]]
    apply: Callable[[Sequence[int], int, "User", datetime], Applied]
    undo: Callable[[Sequence[Any], "User", datetime], Undone]


@dataclass(slots=True)
class _Registry:
    kinds: dict[str, Kind] = field(default_factory=dict)


_registry = _Registry()


def register(kind: Kind) -> None:
    """Make a kind known, once, when the app starts. Raises ValueError for a second kind of the same name."""
    known = _registry.kinds.setdefault(kind.name, kind)
    if known is not kind:
        raise ValueError(f"There are two kinds of configuration called {kind.name}.")


def kind_called(name: str) -> Kind:
    """Return a registered kind. Raises UnknownKind."""
    try:
        return _registry.kinds[name]
    except KeyError:
        raise UnknownKind(f"There is no configuration called {name}.") from None
