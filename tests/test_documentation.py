"""The documents tell the truth: links lead somewhere, settings and commands named exist, and none is missing."""

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from shiptrack_site import environment
from tracking.connectors.registry import CONNECTORS
from tracking.connectors.ups.codes import FAMILY_OF
from tracking.presets.table import code_table
from tracking.status import presets

ROOT = Path(__file__).parent.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md")))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text("utf-8"))
    assert [link for link in targets if "://" not in link and not (path.parent / link).exists()] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_named_exist(path: Path) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", path.read_text("utf-8"))) - {"help"}
    assert named - set(get_commands()) == set()


def test_every_command_of_ours_is_explained() -> None:
    ours = {name for name, app in get_commands().items() if app == "tracking"}
    told = set(re.findall(r"`([a-z_]+)[^`]*`", (ROOT / "docs/operations.md").read_text("utf-8")))
    assert ours - told == set()


def test_the_table_of_settings_is_complete() -> None:
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE))
    assert table == {*read_from_the_environment(), *environment.IDENTITY}


def read_from_the_environment() -> set[str]:
    """The names that the settings ask of the environment."""
    code = ast.parse((ROOT / "shiptrack_site/settings.py").read_text("utf-8"))
    calls = (node for node in ast.walk(code) if isinstance(node, ast.Call) and node.args)
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and ast.unparse(call.func.value) == "environment"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_sources_of_the_examples_can_be_added() -> None:
    """Kinds and settings of the README's `add_source` examples are those of the connectors."""
    text = (ROOT / "README.md").read_text("utf-8").replace("\\\n", " ")
    examples = re.findall(r"add_source ([a-z]+) [a-z-]+ (.*)", text)
    assert examples
    for kind, rest in examples:
        known = {field.key for field in CONNECTORS[kind].setting_fields}
        assert set(re.findall(r"--set ([a-z_]+)=", rest)) - known == set(), kind


def test_the_table_of_codes_is_what_is_generated() -> None:
    """`manage.py load_presets --table > docs/code-presets.md` brings it up to date."""
    assert (ROOT / "docs/code-presets.md").read_text("utf-8") == code_table()


def test_the_table_of_codes_holds_every_row_and_every_code_of_ups() -> None:
    text = code_table()
    rows = sum(len(presets.load(kind)) for kind in CONNECTORS)
    assert sum(line.startswith("| ") for line in text.splitlines()) - text.count("| Code | Means |") == rows
    ups = text.split("## UPS\n")[1]
    assert [code for codes in FAMILY_OF.values() for code in codes if f"`{code}`" not in ups] == []
