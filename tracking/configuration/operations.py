"""Drafting, publishing and applying configuration. Versions are immutable; rolling back publishes an old one again."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.db import connection

from tracking.configuration.kinds import Content, Kind, kind_called
from tracking.configuration.queries import latest_number
from tracking.domain_events import News, publish
from tracking.models import ConfigurationApplication, ConfigurationDraft, ConfigurationVersion
from tracking.transactions import lock_number, whole

EDIT, PUBLISH = "tracking.edit_policies", "tracking.publish_configuration"


class NotAllowed(Exception):
    """The person may not do this; the text is a sentence for them."""


class InvalidConfiguration(Exception):
    """The content breaks the rules of its kind; `messages` are sentences for the editor."""

    def __init__(self, messages: Iterable[str]) -> None:
        self.messages = list(messages)
        super().__init__(" ".join(self.messages))


class DraftConflict(Exception):
    """Somebody edited or published meanwhile; the text says what."""


@whole
def begin_draft(*, kind: str, actor: User, now: datetime) -> ConfigurationDraft:
    """Begin a draft from what is in force, or return the one that exists. Raises NotAllowed, UnknownKind."""
    _need(actor, EDIT)
    found = kind_called(kind)
    _one_editor_at_a_time(kind)
    row = ConfigurationDraft.objects.filter(kind=kind).first()
    return row or ConfigurationDraft.objects.create(
        kind=kind, content=found.in_force(), based_on=latest_number(kind), edited_by=actor, edited_at=now
    )


@whole
def save_draft(*, kind: str, content: Content, actor: User, now: datetime, revision: int) -> ConfigurationDraft:
    """Keep a draft's content, valid or not; `revision` is the one that was edited.

    Raises NotAllowed, and DraftConflict when somebody saved, published or discarded it meanwhile.
    """
    _need(actor, EDIT)
    _one_editor_at_a_time(kind)
    row = ConfigurationDraft.objects.select_related("edited_by").filter(kind=kind).first()
    if row is None:
        raise DraftConflict("The draft was published or discarded meanwhile.")
    if row.revision != revision:
        raise DraftConflict(f"{row.edited_by or 'Somebody'} changed the draft meanwhile. Look at it and try again.")
    row.content, row.edited_by, row.edited_at, row.revision = content, actor, now, revision + 1
    row.save()
    return row


@whole
def discard_draft(*, kind: str, actor: User) -> None:
    """Throw the draft away. Raises NotAllowed."""
    _need(actor, EDIT)
    ConfigurationDraft.objects.filter(kind=kind).delete()


@whole
def keep_draft(*, kind: str, actor: User) -> None:
    """Let a draft stand although another version was published since it was begun. Raises NotAllowed."""
    _need(actor, EDIT)
    ConfigurationDraft.objects.filter(kind=kind).update(based_on=latest_number(kind))


@whole
def publish_draft(*, kind: str, actor: User, now: datetime, revision: int, note: str = "") -> ConfigurationVersion:
    """Put the draft in force as the next version; `revision` is the one whose preview was seen.

    Raises NotAllowed, InvalidConfiguration, DraftConflict.
    """
    _need(actor, PUBLISH)
    _one_editor_at_a_time(kind)
    draft = ConfigurationDraft.objects.filter(kind=kind).first()
    if draft is None:
        raise DraftConflict("The draft was published or discarded meanwhile.")
    if draft.revision != revision:
        raise DraftConflict("Somebody changed the draft after you looked at it. Look at the preview again.")
    if draft.based_on != latest_number(kind):
        raise DraftConflict(
            f"Version {latest_number(kind)} was published after this draft was begun. Compare, then keep or discard it."
        )
    version = _publish(kind_called(kind), draft.content, actor=actor, now=now, note=note)
    draft.delete()
    return version


@whole
def publish_content(*, kind: str, content: Content, now: datetime, note: str) -> ConfigurationVersion:
    """Publish what the product itself brings along (presets, the demo). Raises InvalidConfiguration, UnknownKind."""
    _one_editor_at_a_time(kind)
    return _publish(kind_called(kind), content, actor=None, now=now, note=note)


@whole
def roll_back(*, kind: str, number: int, actor: User, now: datetime, note: str = "") -> ConfigurationVersion:
    """Publish the content of an old version as a new one.

    Raises NotAllowed, ConfigurationVersion.DoesNotExist, and InvalidConfiguration when it names what is gone by now.
    """
    _need(actor, PUBLISH)
    _one_editor_at_a_time(kind)
    old = ConfigurationVersion.objects.get(kind=kind, number=number)
    note = note.strip() or f"Back to version {number}"
    return _publish(kind_called(kind), old.content, actor=actor, now=now, note=note)


@whole
def apply_version(*, version_id: int, ids: Sequence[int], actor: User, now: datetime) -> ConfigurationApplication:
    """Apply the version in force to rows that exist already; those it would not change any more are left alone.

    Raises NotAllowed, ConfigurationVersion.DoesNotExist, and DraftConflict when it is no longer in force.
    """
    _need(actor, PUBLISH)
    version = ConfigurationVersion.objects.get(pk=version_id)
    _one_editor_at_a_time(version.kind)
    if version.number != latest_number(version.kind):
        raise DraftConflict(f"Version {version.number} is no longer in force.")
    done = kind_called(version.kind).apply(ids, version.number, actor, now)
    return ConfigurationApplication.objects.create(
        version=version, applied_by=actor, applied_at=now, changed_ids=list(done.ids), record=list(done.record)
    )


@whole
def undo_application(*, application_id: int, actor: User, now: datetime) -> ConfigurationApplication:
    """Take an application back as one; rows that somebody changed since stay as they are and are listed.

    Raises NotAllowed, ConfigurationApplication.DoesNotExist, and DraftConflict when it was undone before.
    """
    _need(actor, PUBLISH)
    row = ConfigurationApplication.objects.select_for_update(of=("self",)).select_related("version")
    application = row.get(pk=application_id)
    if application.undone_at:
        raise DraftConflict("This was undone before.")
    undone = kind_called(application.version.kind).undo(application.record, actor, now)
    application.undone_by, application.undone_at = actor, now
    application.kept_ids = list(undone.kept)
    application.save()
    return application


def _publish(kind: Kind, content: Content, *, actor: User | None, now: datetime, note: str) -> ConfigurationVersion:
    problems = kind.validate(content)
    if problems:
        raise InvalidConfiguration(problems)
    number = latest_number(kind.name) + 1
    version = ConfigurationVersion.objects.create(
        kind=kind.name,
        number=number,
        content=kind.enact(content, number),
        published_by=actor,
        published_at=now,
        note=note.strip()[:300],
    )
    facts = {"kind": kind.name, "version": number, "note": version.note, "actor": actor.pk if actor else None}
    publish([News("configuration.published", now, payload=facts)])
    return version


def _need(actor: User, permission: str) -> None:
    if not actor.has_perm(permission):
        words = "publish configuration" if permission == PUBLISH else "edit policies"
        raise NotAllowed(f"This needs the permission to {words}.")


def _one_editor_at_a_time(kind: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(f"configuration:{kind}")])
