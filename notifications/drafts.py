"""Drafting and publishing rules and templates. A draft is kept valid or not; only what works is published."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from notifications.configuration import publish_rules, publish_template, rules_in_force
from notifications.models import MessageDraft, RuleSetVersion, TemplateVersion
from notifications.rules.reading import write_rules
from tracking.transactions import lock_number, whole

EDIT = "tracking.edit_policies"
RULES = "rules"


class DraftRefused(Exception):
    """The person may not do this, or somebody was quicker; the text is a sentence for them."""


def template_key(key: str, language: str) -> str:
    """Return the name of a template's draft."""
    return f"template:{key}:{language}"


def draft_called(key: str) -> MessageDraft | None:
    """Return a draft with who edited it last, or None."""
    return MessageDraft.objects.select_related("edited_by").filter(key=key).first()


@whole
def begin_rules(*, actor: User, now: datetime) -> MessageDraft:
    """Begin a draft from the rules in force, or return the one that exists. Raises DraftRefused."""
    _may_edit(actor)
    _one_at_a_time(RULES)
    rules = rules_in_force()
    return draft_called(RULES) or MessageDraft.objects.create(
        key=RULES, content=write_rules(rules), based_on=rules.version, edited_by=actor, edited_at=now
    )


@whole
def save(*, key: str, content: Any, actor: User, now: datetime, revision: int, based_on: int = 0) -> MessageDraft:
    """Keep a draft; `revision` is the one that was edited, 0 for one that is to begin now.

    Raises DraftRefused, also when somebody saved, published or discarded it meanwhile.
    """
    _may_edit(actor)
    _one_at_a_time(key)
    row = draft_called(key)
    if (row.revision if row else 0) != revision:
        who = row.edited_by if row and row.edited_by else "Somebody"
        raise DraftRefused(f"{who} changed the draft meanwhile. Look at it and try again.")
    if row is None:
        return MessageDraft.objects.create(key=key, content=content, based_on=based_on, edited_by=actor, edited_at=now)
    row.content, row.edited_by, row.edited_at, row.revision = content, actor, now, revision + 1
    row.save()
    return row


@whole
def discard(*, key: str, actor: User) -> None:
    """Throw a draft away. Raises DraftRefused."""
    _may_edit(actor)
    MessageDraft.objects.filter(key=key).delete()


@whole
def publish_rule_draft(*, actor: User, now: datetime, revision: int, note: str = "") -> RuleSetVersion:
    """Put the drafted rules in force; `revision` is the one that was looked at.

    Raises DraftRefused, PublishRefused, InvalidRules.
    """
    draft = _looked_at(RULES, revision)
    latest = rules_in_force().version
    if draft.based_on != latest:
        raise DraftRefused(f"Version {latest} was published after this draft was begun. Discard it and begin anew.")
    version = publish_rules(content=draft.content, actor=actor, now=now, note=note)
    draft.delete()
    return version


@whole
def publish_template_draft(
    *, key: str, language: str, actor: User, now: datetime, revision: int, note: str = ""
) -> TemplateVersion:
    """Put a drafted wording in force. Raises DraftRefused, PublishRefused, InvalidTemplate."""
    draft = _looked_at(template_key(key, language), revision)
    version = publish_template(
        key=key,
        language=language,
        subject=draft.content["subject"],
        body=draft.content["body"],
        actor=actor,
        now=now,
        note=note,
    )
    draft.delete()
    return version


@whole
def roll_back_rules(*, number: int, actor: User, now: datetime) -> RuleSetVersion:
    """Publish the rules of an old version again. Raises PublishRefused, InvalidRules, RuleSetVersion.DoesNotExist."""
    old = RuleSetVersion.objects.get(number=number)
    return publish_rules(content=old.content, actor=actor, now=now, note=f"Back to version {number}")


@whole
def roll_back_template(*, key: str, language: str, number: int, actor: User, now: datetime) -> TemplateVersion:
    """Publish an old wording again. Raises PublishRefused, InvalidTemplate, TemplateVersion.DoesNotExist."""
    old = TemplateVersion.objects.get(key=key, language=language, number=number)
    note = f"Back to version {number}"
    return publish_template(
        key=key, language=language, subject=old.subject, body=old.body, actor=actor, now=now, note=note
    )


def _looked_at(key: str, revision: int) -> MessageDraft:
    _one_at_a_time(key)
    draft = draft_called(key)
    if draft is None:
        raise DraftRefused("The draft was published or discarded meanwhile.")
    if draft.revision != revision:
        raise DraftRefused("Somebody changed the draft after you looked at it. Look at it again.")
    return draft


def _may_edit(actor: User) -> None:
    if not actor.has_perm(EDIT):
        raise DraftRefused("You may not edit rules and templates.")


def _one_at_a_time(key: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(f"draft:{key}")])
