"""The layout holds: imports go down only, pure rooms stay pure, only the clock reads the time.

Everything is read from the syntax tree of the files, so that nothing here depends on what a test happened to import.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
APPS = ("tracking", "notifications", "shiptrack_site")

# From low to high. A room may import what stands in a lower line, never a neighbour of its own line.
# Deviations from "one folder, one line" are said in docs/decisions/0003-rooms.md.
LINES: tuple[frozenset[str], ...] = tuple(
    frozenset(line.split())
    for line in (
        "vocabulary clock bulk timestamps brand_colours",
        "calendars connectors routing.matching sandbox",
        "status",
        "detectors connectors.explain",
        "models",
        "domain_events transactions",
        "configuration",
        "orders events customer_knowledge",
        "shipments",
        "routing",
        "exception_queue",
        "mapping tickets customer_page",
        "analytics",
        "ingest",
        "privacy jobs",
        "presets",
    )
)
ROOM_DOORS = frozenset({"ingest.views"})  # a door that lives in the room it belongs to
DOORS = ROOM_DOORS | {
    "admin", "api", "apps", "checks", "demo", "management", "migrations", "pages", "startup", "tasks", "templatetags",
    "urls",
}  # fmt: skip
PURE = ("calendars", "connectors", "detectors", "routing.matching", "status")
WALL_CLOCK = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns", "timezone.now",
    "timezone.localtime", "timezone.localdate",
}  # fmt: skip


@cache
def files(folder: str) -> tuple[Path, ...]:
    """Every Python file of our own below a folder of the repository."""
    return tuple(sorted((ROOT / folder).rglob("*.py")))


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def module_of(path: Path) -> str:
    """The dotted name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> frozenset[str]:
    """All modules and packages of our own."""
    return frozenset(module_of(path) for app in APPS for path in files(app))


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, at any depth of the code; of ours the most exact name."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                yield full if full in modules() else str(node.module)


def room_of(module: str) -> str:
    """The room of a module of tracking: its own line's name where it has one, else the folder."""
    name = module.removeprefix("tracking").removeprefix(".")
    named = {room for line in LINES for room in line} | DOORS
    return name if name in named else name.split(".")[0]


def line_of(room: str) -> int:
    """The height of a room; doors stand above all rooms."""
    if room in DOORS:
        return len(LINES)
    return next(number for number, line in enumerate(LINES) if room in line)


def pure_files() -> list[Path]:
    """The files of all pure rooms."""
    return [path for path in files("tracking") if room_of(module_of(path)).startswith(PURE)]


def place(path: Path, node: ast.AST) -> str:
    """Where something stands, for a failure's text."""
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def test_every_room_has_its_place_in_the_order() -> None:
    rooms = {room_of(module_of(path)) for path in files("tracking")} - {""}
    assert sorted(room for room in rooms if room not in DOORS and not any(room in line for line in LINES)) == []


def test_imports_go_down_only() -> None:
    faults = []
    for path in files("tracking"):
        here = room_of(module_of(path))
        for name in imported(path):
            if not name.startswith("tracking."):
                continue
            there = room_of(name)
            if here and here != there and here not in DOORS and line_of(there) >= line_of(here):
                faults.append(f"{path.relative_to(ROOT)} ({here}) imports {name} ({there})")
    assert faults == []


def test_a_door_inside_a_room_is_used_by_other_doors_only() -> None:
    users = [path for path in files("tracking") if ROOM_DOORS & {room_of(name) for name in imported(path)}]
    assert [module_of(path) for path in users if room_of(module_of(path)) not in DOORS] == []


def test_no_two_modules_import_each_other_even_by_a_detour() -> None:
    graph = {
        module_of(path): {name for name in imported(path) if name in modules() and name != module_of(path)}
        for app in APPS
        for path in files(app)
    }
    assert cycle(graph) == []


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """Return one ring of modules that import each other, [] if there is none."""
    done: set[str] = set()

    def visit(module: str, way: list[str]) -> list[str]:
        if module in way:
            return [*way[way.index(module) :], module]
        if module not in done:
            for other in sorted(graph[module]):
                if ring := visit(other, [*way, module]):
                    return ring
            done.add(module)
        return []

    return next((ring for module in sorted(graph) if (ring := visit(module, []))), [])


def test_a_ring_of_imports_is_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []


@pytest.mark.parametrize("path", pure_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_pure_rooms_know_neither_django_nor_the_clock(path: Path) -> None:
    assert [name for name in imported(path) if name.split(".")[0] == "django" or name == "tracking.clock"] == []


def test_tracking_knows_neither_notifications_nor_the_installation() -> None:
    above = ("notifications", "shiptrack_site")
    assert [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files("tracking")
        for name in imported(path)
        if name.split(".")[0] in above
    ] == []


def test_notifications_knows_tracking_only() -> None:
    assert [
        name for path in files("notifications") for name in imported(path) if name.startswith("shiptrack_site")
    ] == []


@pytest.mark.parametrize(("one", "other"), [("sandbox", "connectors"), ("connectors", "sandbox")])
def test_sandbox_and_connectors_share_nothing(one: str, other: str) -> None:
    assert [name for path in files(f"tracking/{one}") for name in imported(path) if room_of(name) == other] == []


def test_no_import_inside_a_function() -> None:
    assert [
        place(path, inner)
        for app in APPS
        for path in files(app)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
        if isinstance(inner, ast.Import | ast.ImportFrom)
    ] == []


def test_only_the_clock_reads_the_time() -> None:
    readers = {
        place(path, node)
        for app in APPS
        for path in files(app)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and ".".join(ast.unparse(node).split(".")[-2:]) in WALL_CLOCK
    }
    assert {reader.split(":")[0] for reader in readers} == {"tracking/clock.py"}


@pytest.mark.parametrize("word", ["auto_now", "auto_now_add", "icontains", "bulk_update"])
def test_words_that_cost_us_dearly_do_not_occur(word: str) -> None:
    """As a name, an argument, or the end of a look-up (`name__icontains`); comments and texts may speak of them."""
    assert [
        place(path, node) for app in APPS for path in files(app) for node in ast.walk(tree(path)) if uses(node, word)
    ] == []


def uses(node: ast.AST, word: str) -> bool:
    """Whether a node of the syntax tree names something so."""
    names: list[str | None] = [getattr(node, name, None) for name in ("attr", "id", "arg")]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "__" in node.value:
        names.append(node.value)
    return any(isinstance(name, str) and name.split("__")[-1] == word for name in names)


@pytest.mark.parametrize(
    "code",
    [
        "f(created=DateTimeField(icontains=True))",
        "f(name__icontains='a')",
        "x.icontains()",
        "f(**{'name__icontains': 1})",
    ],
)
def test_such_a_word_is_found(code: str) -> None:
    assert any(uses(node, "icontains") for node in ast.walk(ast.parse(code)))


def test_nothing_is_left_for_later() -> None:
    left = tuple(word + word_end for word, word_end in (("TO", "DO"), ("FIX", "ME"), ("X", "XX")))
    found = [path for folder in (*APPS, "tests", "templates", "static", "docs") for path in texts(folder)]
    assert [
        str(path.relative_to(ROOT)) for path in found if any(word in path.read_text("utf-8") for word in left)
    ] == []


def texts(folder: str) -> Iterator[Path]:
    """The hand-written text files below a folder."""
    kinds = {".py", ".html", ".css", ".js", ".md", ".toml", ".csv", ".txt"}
    return (path for path in (ROOT / folder).rglob("*") if path.suffix in kinds and path.is_file())
