"""Rules and templates in force, and the publishing of new versions. Versions are never edited."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from notifications.models import RuleSetVersion, TemplateVersion
from notifications.rendering import Problem, validate
from notifications.rules.contract import Rule, RuleSet
from notifications.rules.presets import preset
from notifications.rules.reading import InvalidRules, read_rules, write_rules
from tracking.transactions import lock_number, whole

PRESETS = Path(__file__).parent / "presets"
FALLBACK = "en"
PUBLISH = "tracking.publish_configuration"


class InvalidTemplate(Exception):
    """A template that cannot be published; `problems` name part and line."""

    def __init__(self, problems: list[Problem]) -> None:
        first = problems[0]
        super().__init__(f"{first.part.capitalize()}, line {first.line}: {first.sentence}")
        self.problems = problems


class PublishRefused(Exception):
    """The person may not publish; the text is a sentence for them."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The footer of one language."""

    why: str
    unsubscribe: str


def rules_in_force() -> RuleSet:
    """Return the newest published rules; an empty set, version 0, before anything was published. One or two queries."""
    number = RuleSetVersion.objects.order_by("-number").values_list("number", flat=True).first()
    return rules_of(number or 0)


def rules_of(number: int) -> RuleSet:
    """Return the rules of a version; an empty set for number 0. No query for a version this process has read."""
    return _read(number) if number else RuleSet(version=0, rules=())


@lru_cache(maxsize=8)
def _read(number: int) -> RuleSet:
    """Versions are immutable, so each is read once per process."""
    return read_rules(number, RuleSetVersion.objects.get(number=number).content)


def forget() -> None:
    """Drop what was read (tests begin anew with the same numbers)."""
    _read.cache_clear()


@whole
def publish_rules(*, content: dict[str, Any], actor: User | None, now: datetime, note: str = "") -> RuleSetVersion:
    """Put a rule set in force as the next version. Raises InvalidRules, PublishRefused."""
    _may_publish(actor)
    number = _next(RuleSetVersion.objects.all(), "rules")
    rules = read_rules(number, content)
    keys = set(TemplateVersion.objects.values_list("key", flat=True))
    missing = [rule for rule in rules.rules if rule.template and rule.template not in keys]
    if missing:
        raise InvalidRules(f'{missing[0].name}: there is no template "{missing[0].template}".')
    return RuleSetVersion.objects.create(
        number=number, content=write_rules(rules), published_at=now, published_by=actor, note=note[:300]
    )


@whole
def publish_template(
    *, key: str, language: str, subject: str, body: str, actor: User | None, now: datetime, note: str = ""
) -> TemplateVersion:
    """Put a wording in force as the next version of its key and language. Raises InvalidTemplate, PublishRefused."""
    _may_publish(actor)
    problems = problems_of(key=key, subject=subject, body=body)
    if problems:
        raise InvalidTemplate(problems)
    number = _next(TemplateVersion.objects.filter(key=key, language=language), f"template:{key}:{language}")
    return TemplateVersion.objects.create(
        key=key,
        language=language,
        number=number,
        subject=subject.strip(),
        body=body.strip(),
        published_at=now,
        published_by=actor,
        note=note[:300],
    )


def problems_of(*, key: str, subject: str, body: str) -> list[Problem]:
    """Return what keeps a wording of a template from being published, [] when nothing does."""
    return validate(subject=subject, body=body, says_it_moves=_may_say_it_moves(key))


def _may_say_it_moves(key: str, rules: Iterable[Rule] | None = None) -> bool:
    """Return whether every customer rule that uses a template waits for the first scan."""
    used = rules if rules is not None else (*rules_in_force().rules, *preset().rules)
    return all(rule.needs_scan or rule.audience != "customer" for rule in used if rule.template == key)


def _may_publish(actor: User | None) -> None:
    if actor is not None and not actor.has_perm(PUBLISH):
        raise PublishRefused("You may not publish messages. An administrator can.")


def _next(rows: Any, name: str) -> int:
    """Number the next version; two who publish at once get two numbers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [lock_number(f"publish:{name}")])
    return (rows.order_by("-number").values_list("number", flat=True).first() or 0) + 1


@whole
def load_presets(*, now: datetime) -> int:
    """Publish the preset wordings and rules that are missing altogether; return how many. May be called again."""
    known = set(TemplateVersion.objects.values_list("key", "language").distinct())
    count = 0
    for language in languages():
        for key, words in _file(language).items():
            if isinstance(words, dict) and (key, language) not in known:
                publish_template(
                    key=key, language=language, subject=words["subject"], body=words["body"], actor=None, now=now
                )
                count += 1
    if not RuleSetVersion.objects.exists():
        publish_rules(content=write_rules(preset()), actor=None, now=now, note="Preset")
        count += 1
    return count


def languages() -> tuple[str, ...]:
    """Return the languages that presets are written in."""
    return tuple(sorted(path.stem for path in PRESETS.glob("*.toml")))


@lru_cache(maxsize=8)
def _file(language: str) -> dict[str, Any]:
    return tomllib.loads((PRESETS / f"{language}.toml").read_text(encoding="utf-8"))


def wording(language: str) -> Wording:
    """Return the footer in a language, in English when there is none."""
    words = _file(language if language in languages() else FALLBACK)
    return Wording(words["footer"], words["unsubscribe"])


class Templates:
    """The newest version of every template, read in one query."""

    def __init__(self) -> None:
        rows = TemplateVersion.objects.order_by("key", "language", "-number").distinct("key", "language")
        self._rows = {(row.key, row.language): row for row in rows}

    def names(self) -> list[str]:
        """Return the keys of all templates, sorted."""
        return sorted({key for key, _ in self._rows})

    def languages_of(self, key: str) -> list[str]:
        """Return the languages a template is written in, sorted."""
        return sorted(language for name, language in self._rows if name == key)

    def get(self, key: str, language: str) -> TemplateVersion | None:
        """Return the wording in force of exactly this language."""
        return self._rows.get((key, language))

    def choose(self, key: str, wanted: Iterable[str]) -> TemplateVersion | None:
        """Return the wording in the first of the wanted languages ("es-MX" also means "es"), else English, else any."""
        for tag in (*wanted, FALLBACK):
            for language in (tag, tag.replace("_", "-").partition("-")[0].lower()):
                if found := self._rows.get((key, language)):
                    return found
        return next((row for (name, _), row in sorted(self._rows.items()) if name == key), None)
