"""Just enough GraphQL to answer as strictly as the real one: only asked fields, and an error for a field not there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\$?\w+|-?\d+|\.\.\.|[{}()\[\]:!=]')
_CLOSING = {"(": ")", "[": "]"}


class QueryError(Exception):
    """The query cannot be answered; the text is what the vendor would say."""


@dataclass(frozen=True, slots=True)
class Field:
    """One asked field; `fields` empty for a leaf."""

    name: str
    alias: str
    arguments: Mapping[str, Any]
    fields: tuple["Field", ...]


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, Any]) -> None:
        self.tokens = _TOKEN.findall(re.sub(r"#[^\n]*", "", text))
        self.place = 0
        self.variables = variables

    def peek(self) -> str:
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, expected: str = "") -> str:
        token = self.peek()
        if not token or (expected and token != expected):
            raise QueryError(f'Parse error on "{token or "end of query"}"')
        self.place += 1
        return token

    def skip_header(self) -> None:
        while self.peek() not in {"{", ""}:
            self.take()

    def selection(self) -> tuple[Field, ...]:
        self.take("{")
        fields = []
        while self.peek() != "}":
            fields.append(self.field())
        self.take("}")
        return tuple(fields)

    def field(self) -> Field:
        alias = name = self.take()
        if self.peek() == ":":
            self.take()
            name = self.take()
        arguments = self.arguments() if self.peek() == "(" else {}
        return Field(name, alias, arguments, self.selection() if self.peek() == "{" else ())

    def arguments(self) -> dict[str, Any]:
        self.take("(")
        found = {}
        while self.peek() != ")":
            name = self.take()
            self.take(":")
            found[name] = self.value()
        self.take(")")
        return found

    def value(self) -> Any:
        token = self.take()
        if token.startswith("$"):
            return self.variables.get(token[1:])
        if token.startswith('"'):
            return token[1:-1].replace('\\"', '"')
        if token.lstrip("-").isdigit():
            return int(token)
        return {"true": True, "false": False, "null": None}.get(token, token)


def parse(query: str, variables: Mapping[str, Any]) -> tuple[Field, ...]:
    """Read a query's top fields with variables filled in. Raises QueryError."""
    reader = _Reader(query, variables)
    reader.skip_header()
    return reader.selection()


def pick(content: Any, asked: tuple[Field, ...], type_name: str) -> Any:
    """Cut `content` (nested dicts and lists) down to what was asked. Raises QueryError for a field it lacks."""
    if isinstance(content, list):
        return [pick(entry, asked, type_name) for entry in content]
    if content is None or not asked:
        return content
    return {field.alias: _picked(content, field, type_name) for field in asked}


def _picked(content: Mapping[str, Any], field: Field, type_name: str) -> Any:
    if field.name == "__typename":
        return type_name
    if field.name not in content:
        raise QueryError(f"Field '{field.name}' doesn't exist on type '{type_name}'")
    found = content[field.name]
    if bool(field.fields) != isinstance(found, dict | list) and found is not None and not _is_plain_list(found):
        raise QueryError(f"Field '{field.name}' must {'not ' if field.fields else ''}have a selection of subfields")
    return pick(_cut(found, field.arguments), field.fields, field.name[:1].upper() + field.name[1:])


def _is_plain_list(found: Any) -> bool:
    return isinstance(found, list) and not any(isinstance(entry, dict) for entry in found)


def _cut(found: Any, arguments: Mapping[str, Any]) -> Any:
    """Apply `reverse` and `first` to a list or an inner connection; a page of the root is cut where it is made."""
    nodes = found["nodes"] if isinstance(found, dict) and "nodes" in found else found
    if not isinstance(nodes, list) or not arguments or (isinstance(found, dict) and found.get("isPage")):
        return found
    cut = (nodes[::-1] if arguments.get("reverse") else nodes)[: arguments.get("first")]
    return cut if found is nodes else connection(cut, has_next=len(cut) < len(nodes))


def connection(nodes: list[Any], *, has_next: bool = False, cursor: str = "") -> dict[str, Any]:
    """A GraphQL connection in both its forms, nodes and edges."""
    edges = [{"cursor": f"c{place}", "node": node} for place, node in enumerate(nodes)]
    page = {"hasNextPage": has_next, "hasPreviousPage": False, "startCursor": "", "endCursor": cursor or None}
    return {"nodes": nodes, "edges": edges, "pageInfo": page}
