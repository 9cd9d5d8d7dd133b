"""Writes a stored sentence in a language. No clock: the same stored sentence reads the same for ever."""

from collections.abc import Mapping
from datetime import date
from string import Formatter
from types import ModuleType

from tracking.status.contract import Sentence
from tracking.status.wording import en, es

VERSION = 1
_DEFAULT = "en"
# Wordings by version; a version that stored sentences refer to is never edited, the next one is added beside it.
_WORDINGS: dict[int, dict[str, ModuleType]] = {1: {"en": en, "es": es}}
_DATES = frozenset({"date", "estimate", "estimate_until", "return_by"})


class UnknownSentence(LookupError):
    """A stored sentence whose key or parameters its wording version does not have."""


def languages() -> tuple[str, ...]:
    """Return the languages that every sentence is written in."""
    return tuple(_WORDINGS[VERSION])


def keys() -> tuple[str, ...]:
    """Return the keys of all sentences of the newest wording."""
    return tuple(_WORDINGS[VERSION][_DEFAULT].TEXTS)


def render(sentence: Sentence, language: str) -> str:
    """Write a sentence. `language` is a tag such as "es" or "es-MX"; an unknown one reads English.

    Raises UnknownSentence for a key or version that was never published, or when a parameter is missing.
    """
    try:
        wording = _wording(sentence.version, language)
        text: str = wording.TEXTS[sentence.key]
        return text.format_map(_words(sentence.parameters, wording))
    except (KeyError, ValueError) as error:
        raise UnknownSentence(f"Sentence {sentence.key!r}, wording {sentence.version}: {error}") from error


def written_day(iso: str, language: str) -> str:
    """Write a day ("2026-03-04") as the sentences of a language do. Raises ValueError for what is no day."""
    return _date(iso, _wording(VERSION, language))


def parameters_of(key: str) -> frozenset[str]:
    """Return the names of the parameters that a sentence stores. Raises KeyError for an unknown key."""
    names = {name for _, name, _, _ in Formatter().parse(en.TEXTS[key]) if name}
    return frozenset(name.lower() for name in names)


def _wording(version: int, language: str) -> ModuleType:
    by_language = _WORDINGS[version]
    tag = language.replace("_", "-").partition("-")[0].lower()
    return by_language.get(tag, by_language[_DEFAULT])


def _words(parameters: Mapping[str, str], wording: ModuleType) -> dict[str, str]:
    words = {name: _date(value, wording) if name in _DATES else value for name, value in parameters.items()}
    carrier = words.get("carrier") or wording.CARRIER
    return words | {"carrier": carrier, "Carrier": carrier[:1].upper() + carrier[1:]}


def _date(iso: str, wording: ModuleType) -> str:
    day = date.fromisoformat(iso)
    text: str = wording.DATE
    return text.format(weekday=wording.WEEKDAYS[day.weekday()], month=wording.MONTHS[day.month - 1], day=day.day)
