"""The page's words in one language: texts, days and moments. Pure: the same in, the same out."""

from datetime import datetime
from types import ModuleType
from zoneinfo import ZoneInfo

from tracking.customer_page import en, es
from tracking.status.wording import en as english
from tracking.status.wording import es as spanish

_DEFAULT = "en"
_LANGUAGES: dict[str, tuple[ModuleType, ModuleType]] = {"en": (en, english), "es": (es, spanish)}
NAMES = {"en": "English", "es": "Español"}
_SHORT = 3  # letters of a weekday or month in a short date


def page_language(tag: str) -> str:
    """Return the language the page is written in for a tag such as "es-MX"; English for one it does not speak."""
    base = tag.replace("_", "-").partition("-")[0].lower()
    return base if base in _LANGUAGES else _DEFAULT


class Words:
    """One language of the page. `carrier` fills `{carrier}`; other values are given by name."""

    def __init__(self, language: str) -> None:
        self.language = page_language(language)
        self._own, self._days = _LANGUAGES[self.language]

    def text(self, key: str, carrier: str = "", **values: object) -> str:
        """Return a text. Raises KeyError for one that is not there."""
        return self._fill(self._own.TEXTS[key], carrier, values)

    def next_step(self, key: str, carrier: str) -> tuple[str, str]:
        """Return who acts ("us", "you", "carrier", "customs", "nobody"; in words, "" for nobody) and what happens."""
        actor, text = self._own.NEXT[key]
        return self._fill(self._own.ACTORS[actor], carrier, {}), self._fill(text, carrier, {})

    def step(self, key: str, carrier: str) -> str:
        """Return the name of one step of the way."""
        return self._fill(self._own.STEPS[key], carrier, {})

    def step_state(self, state: str) -> str:
        """Return how a step stands, for those who do not see the line."""
        return str(self._own.STEP_STATE[state])

    def status(self, status: str) -> str:
        """Return the word of a shipment status."""
        return str(self._own.STATUS.get(status, status))

    def happened(self, milestone: str, reason: str) -> str:
        """Return the words of one thing that happened: of its reason where there are some, else of its milestone."""
        return str(self._own.HISTORY.get(reason) or self._own.HISTORY.get(milestone, ""))

    def left_at(self, place: str) -> str:
        """Return where a parcel was left, "" unless it is one of the known places: a free text may name a person."""
        told = place.casefold()
        return next((words for known, words in self._own.LEFT_AT.items() if known in told), "")

    def kind(self, kind: str) -> str:
        """Return what a customer says when reporting a problem of this kind."""
        return str(self._own.KINDS[kind])

    def count(self, what: str, number: int) -> str:
        """Return a count in words: "1 item", "3 items"."""
        one, many = self._own.COUNTS[what]
        return str(one if number == 1 else many.format(n=number))

    def moment(self, at: datetime, zone: str) -> str:
        """Return a moment (aware) in a zone: "Wed, Nov 18, 4:40 AM"."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{self.short_day(local)}, {local.strftime(self._own.TIME).removeprefix('0')}"

    def short_day(self, local: datetime) -> str:
        """Return the day of a local moment: "Wed, Nov 18"."""
        weekday, month = self._days.WEEKDAYS[local.weekday()], self._days.MONTHS[local.month - 1]
        return str(self._own.SHORT_DAY.format(weekday=weekday[:_SHORT], month=month[:_SHORT], day=local.day))

    def _fill(self, text: str, carrier: str, values: dict[str, object]) -> str:
        name = carrier or self._own.CARRIER
        filled = text.format(carrier=name, Carrier=name[:1].upper() + name[1:], **values)
        for apart, together in self._own.CONTRACTIONS:
            filled = filled.replace(apart, together)
        return filled
