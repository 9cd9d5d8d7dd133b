"""Drafts and versions of a kind that this test brings along: the room itself knows none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User

from tracking.configuration import operations, queries
from tracking.configuration.kinds import Applied, Effect, Kind, Undone, UnknownKind, kind_called, register
from tracking.configuration.operations import DraftConflict, InvalidConfiguration, NotAllowed
from tracking.models import ConfigurationVersion, DomainEvent

NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)
FORCE: dict[str, Any] = {"word": "old"}
ROWS: dict[int, str] = {}


def enact(content: Any, number: int) -> Any:
    FORCE["word"] = content
    return f"{content}, kept as {number}"


def apply(ids: Sequence[int], number: int, actor: User, now: datetime) -> Applied:
    changed = [row for row in ids if row in ROWS]
    record = [[row, ROWS[row]] for row in changed]
    ROWS.update(dict.fromkeys(changed, FORCE["word"]))
    return Applied(changed, record)


def undo(record: Sequence[Any], actor: User, now: datetime) -> Undone:
    kept = [row for row, _ in record if ROWS[row] != FORCE["word"]]
    ROWS.update({row: before for row, before in record if row not in kept})
    return Undone([row for row, _ in record if row not in kept], kept)


WORDS = Kind(
    name="words",
    label="Words",
    in_force=lambda: FORCE["word"],
    validate=lambda content: [] if content.islower() else ["Lower case, please."],
    enact=enact,
    preview=lambda content, now: [Effect(row, str(row), was, content) for row, was in ROWS.items() if was != content],
    apply=apply,
    undo=undo,
)
register(WORDS)


@pytest.fixture(autouse=True)
def fresh() -> None:
    FORCE["word"] = "old"
    ROWS.clear()
    ROWS.update({1: "old", 2: "old"})


@pytest.fixture
def eve(db: None) -> User:
    return person("eve", "edit_policies", "publish_configuration")


def person(name: str, *codenames: str) -> User:
    user = User.objects.create(username=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def drafted(actor: User, word: str) -> int:
    """Draft a word; return the draft's revision."""
    row = operations.begin_draft(kind="words", actor=actor, now=NOW)
    return operations.save_draft(kind="words", content=word, actor=actor, now=NOW, revision=row.revision).revision


def published(actor: User, word: str) -> ConfigurationVersion:
    revision = drafted(actor, word)
    return operations.publish_draft(kind="words", actor=actor, now=NOW, revision=revision, note=f" {word} it is ")


def test_two_kinds_of_one_name_are_refused() -> None:
    register(WORDS)
    with pytest.raises(ValueError, match="two kinds"):
        register(Kind(**{name: getattr(WORDS, name) for name in Kind.__slots__} | {"label": "Other"}))
    with pytest.raises(UnknownKind):
        kind_called("nothing")


def test_a_draft_begins_from_what_is_in_force_and_there_is_one(eve: User) -> None:
    first = operations.begin_draft(kind="words", actor=eve, now=NOW)
    assert (first.content, first.based_on) == ("old", 0)
    drafted(eve, "new")
    again = operations.begin_draft(kind="words", actor=eve, now=NOW)
    assert (again.pk, again.content) == (first.pk, "new")
    assert FORCE["word"] == "old"


def test_publishing_numbers_keeps_and_tells(eve: User) -> None:
    version = published(eve, "new")
    assert (version.number, version.content, version.note) == (1, "new, kept as 1", "new it is")
    assert (FORCE["word"], queries.draft_of("words")) == ("new", None)
    told = DomainEvent.objects.get(kind="configuration.published").payload
    assert told == {"kind": "words", "version": 1, "note": "new it is", "actor": eve.pk}
    assert published(eve, "newer").number == 2
    assert [row.number for row in queries.versions_of("words")] == [2, 1]


def test_what_is_not_valid_stays_a_draft(eve: User) -> None:
    revision = drafted(eve, "LOUD")
    assert queries.problems("words", "LOUD") == ["Lower case, please."]
    with pytest.raises(InvalidConfiguration, match="Lower case"):
        operations.publish_draft(kind="words", actor=eve, now=NOW, revision=revision)
    assert (FORCE["word"], ConfigurationVersion.objects.count()) == ("old", 0)


def test_two_editors_notice_each_other(eve: User) -> None:
    revision = drafted(eve, "mine")
    operations.save_draft(kind="words", content="theirs", actor=eve, now=NOW, revision=revision)
    with pytest.raises(DraftConflict, match="eve changed the draft"):
        operations.save_draft(kind="words", content="mine", actor=eve, now=NOW, revision=revision)
    with pytest.raises(DraftConflict, match="after you looked"):
        operations.publish_draft(kind="words", actor=eve, now=NOW, revision=revision)
    operations.discard_draft(kind="words", actor=eve)
    with pytest.raises(DraftConflict, match="discarded"):
        operations.publish_draft(kind="words", actor=eve, now=NOW, revision=revision)


def test_a_draft_of_an_older_version_is_published_only_on_purpose(eve: User) -> None:
    revision = drafted(eve, "mine")
    operations.publish_content(kind="words", content="theirs", now=NOW, note="")
    with pytest.raises(DraftConflict, match="Version 1 was published"):
        operations.publish_draft(kind="words", actor=eve, now=NOW, revision=revision)
    operations.keep_draft(kind="words", actor=eve)
    assert operations.publish_draft(kind="words", actor=eve, now=NOW, revision=revision).number == 2


def test_rolling_back_publishes_the_old_content_again(eve: User) -> None:
    operations.publish_content(kind="words", content="one", now=NOW, note="")
    ConfigurationVersion.objects.update(content="one")
    published(eve, "two")
    version = operations.roll_back(kind="words", number=1, actor=eve, now=NOW)
    assert (version.number, version.note, FORCE["word"]) == (3, "Back to version 1", "one")


def test_applying_changes_what_was_chosen_and_undo_takes_it_back_as_one(eve: User) -> None:
    version = published(eve, "new")
    assert [effect.id for effect in queries.effects("words", "new", NOW)] == [1, 2]
    applied = operations.apply_version(version_id=version.pk, ids=[1, 2, 9], actor=eve, now=NOW)
    assert (applied.changed_ids, ROWS) == ([1, 2], {1: "new", 2: "new"})
    ROWS[2] = "by hand"
    undone = operations.undo_application(application_id=applied.pk, actor=eve, now=NOW)
    assert (undone.kept_ids, undone.undone_by, ROWS) == ([2], eve, {1: "old", 2: "by hand"})
    with pytest.raises(DraftConflict, match="before"):
        operations.undo_application(application_id=applied.pk, actor=eve, now=NOW)


def test_only_the_version_in_force_is_applied(eve: User) -> None:
    old = published(eve, "new")
    published(eve, "newer")
    with pytest.raises(DraftConflict, match="no longer in force"):
        operations.apply_version(version_id=old.pk, ids=[1], actor=eve, now=NOW)


def test_editing_and_publishing_are_two_permissions(eve: User) -> None:
    editor, nobody = person("ed", "edit_policies"), person("nan")
    revision = drafted(editor, "new")
    with pytest.raises(NotAllowed, match="publish configuration"):
        operations.publish_draft(kind="words", actor=editor, now=NOW, revision=revision)
    with pytest.raises(NotAllowed):
        operations.roll_back(kind="words", number=1, actor=editor, now=NOW)
    with pytest.raises(NotAllowed, match="edit policies"):
        operations.begin_draft(kind="words", actor=nobody, now=NOW)
    with pytest.raises(NotAllowed):
        operations.discard_draft(kind="words", actor=nobody)
