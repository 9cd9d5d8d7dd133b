"""Which rules speak of a piece of news, and how exact each is. Pure."""

from collections.abc import Iterable

from notifications.rules.contract import CaseFacts, Conditions, Happening, ParcelFacts, Rule

SENTENCE_NEWS = "shipment.sentence_changed"


def fits(sentence: str, patterns: Iterable[str]) -> bool:
    """Return whether a sentence's key is one of the patterns; a trailing "*" stands for any ending."""
    return any(
        sentence.startswith(pattern[:-1]) if pattern.endswith("*") else sentence == pattern for pattern in patterns
    )


def matches(rule: Rule, happening: Happening, parcel: ParcelFacts | None, case: CaseFacts | None) -> bool:
    """Return whether a rule speaks of this news, whatever may hold it back later."""
    if happening.kind not in rule.news:
        return False
    asked = rule.conditions
    return (
        _fits_story(asked, happening, parcel)
        and (parcel is not None and _fits_parcel(asked, parcel) if _asks_parcel(asked) else True)
        and (not asked.case_kinds or (case is not None and case.kind in asked.case_kinds))
        and (not asked.severities or (case is not None and case.severity in asked.severities))
    )


def exactness(rule: Rule) -> int:
    """Return how much a rule asks for; of two that speak to the same person the more exact one is heard."""
    asked = rule.conditions
    weights = (
        (asked.sentences, 2), (asked.statuses, 1), (asked.reasons, 2), (asked.carriers, 2), (asked.services, 3),
        (asked.countries, 2), (asked.stores, 2), (asked.care_level, 4), (asked.minimum_minor is not None, 2),
        (asked.maximum_minor is not None, 2), (asked.case_kinds, 2), (asked.severities, 1),
    )  # fmt: skip
    return sum(weight for condition, weight in weights if condition)


def _fits_story(asked: Conditions, happening: Happening, parcel: ParcelFacts | None) -> bool:
    """News of a parcel is judged by what it told then, news of a case by how the parcel is now."""
    told: Happening | ParcelFacts | None = happening if happening.kind.startswith("shipment.") else parcel
    if told is None:
        return not (asked.sentences or asked.statuses or asked.reasons)
    return (
        (not asked.sentences or fits(told.sentence, asked.sentences))
        and (not asked.statuses or told.status in asked.statuses)
        and (not asked.reasons or told.reason in asked.reasons)
    )


def _asks_parcel(asked: Conditions) -> bool:
    limits = asked.minimum_minor is not None or asked.maximum_minor is not None
    lists = asked.carriers or asked.services or asked.countries or asked.stores or asked.care_level
    return limits or bool(lists)


def _fits_parcel(asked: Conditions, parcel: ParcelFacts) -> bool:
    total = parcel.total_minor
    named = (
        (asked.carriers, parcel.carrier),
        (asked.services, parcel.service),
        (asked.countries, parcel.country),
        (asked.stores, parcel.store),
    )
    return (
        all(not wanted or value in wanted for wanted, value in named)
        and asked.care_level in ("", parcel.care_level)
        and (asked.minimum_minor is None or (total is not None and total >= asked.minimum_minor))
        and (asked.maximum_minor is None or (total is not None and total <= asked.maximum_minor))
    )
