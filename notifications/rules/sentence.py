"""Reads a rule back as one sentence, so that whoever edits it sees what it will do. Pure."""

from collections.abc import Iterable

from notifications.rules.contract import Conditions, Rule
from notifications.vocabulary import Approval, Audience, Mode
from tracking.vocabulary import CareLevel, Severity, ShipmentStatus, SignalKind

NEWS: dict[str, str] = {
    "shipment.sentence_changed": "what the customer reads changes",
    "shipment.status_changed": "the status of a parcel changes",
    "case.opened": "a case is opened",
    "case.reopened": "a case is reopened",
    "case.changed": "a case gathers another problem",
    "case.severity_raised": "a case becomes more severe",
    "case.routed": "a case is routed",
    "case.escalated": "a case is escalated",
    "case.went_quiet": "a case went quiet",
    "case.promise_broken": "a promise to a customer is broken",
    "case.resolved": "a case is resolved",
    "case.taken": "somebody takes a case",
    "case.assigned": "a case is given to somebody",
    "case.released": "a case is given back to its team",
    "case.handed_over": "a case is handed over",
    "case.acknowledged": "a case is acknowledged",
    "case.waiting": "a case is set to wait",
    "case.woken": "a case comes back from waiting",
    "case.next_action": "the next action of a case is set",
    "case.note": "a note is written in a case",
    "case.promised": "a customer is promised something",
    "case.promise_kept": "a promise to a customer is kept",
    "case.promise_withdrawn": "a promise to a customer is withdrawn",
    "case.care_set": "the care level of a case is set",
    "case.macro": "a macro is applied to a case",
    "case.undone": "something in a case is undone",
    "dispute.opened": "a customer disputes a parcel",
    "queue.unowned": "cases without an owner are due",
    "shipment.joined": "two parcels turn out to be one",
    "order.cancelled": "an order is cancelled",
}
"""The kinds of news a rule may listen to, as they read after "when"."""
CHANGES = "shipment.sentence_changed"
OF_CASES = ("case.", "dispute.")
MANY = 12
"""More kinds of news than this are counted, not listed: a sentence of all of them is read by nobody."""
WHOM = {
    Audience.CUSTOMER.value: "the customer",
    Audience.OWNER.value: "the owner of the case",
    Audience.TEAM.value: "the team of the case",
}


def one_sentence(rule: Rule, *, channel: str = "") -> str:
    """Return what a rule does as one sentence in English; `channel` is the channel's label."""
    when = f"When {_when(rule)}{_conditions(rule.conditions)}"
    whom = WHOM.get(rule.audience) or ", ".join(rule.addresses) or "nobody yet"
    words = f" with the words “{template_words(rule.template)}”" if rule.template else ""
    way = channel or rule.channel
    tell = f"tell {way}{words}" if rule.audience == Audience.SYSTEM else f"tell {whom} by {way.lower()}{words}"
    parts = [f"{when}, {tell}", *_timing(rule), *_limits(rule)]
    sentence = ", ".join(parts) + "."
    if rule.mode == Mode.ON:
        return sentence
    return f"Switched off: {sentence}" if rule.mode == Mode.OFF else f"Only shows what it would say: {sentence}"


def sentence_words(pattern: str) -> str:
    """Return a key of the public sentence in words: "exception_customs_hold" -> "exception: customs hold"."""
    words = pattern.rstrip("*").rstrip("_").replace("_", " ").replace("exception ", "exception: ", 1)
    return f"{words} (any wording)" if pattern.endswith("*") else words


def template_words(key: str) -> str:
    """Return a template's key as a title: "address_issue" -> "Address issue"."""
    return key.replace("_", " ").capitalize()


def _when(rule: Rule) -> str:
    asked = rule.conditions
    if rule.news == (CHANGES,) and asked.sentences:
        return f"the customer's page begins to say {_any(f'“{sentence_words(each)}”' for each in asked.sentences)}"
    if len(rule.news) > MANY and all(each.startswith(OF_CASES) for each in rule.news):
        return f"anything happens with a case ({len(rule.news)} kinds of news)"
    return _any(NEWS.get(each, each) for each in rule.news)


def _conditions(asked: Conditions) -> str:
    found = [
        ("the status is {}", (ShipmentStatus(each).label.lower() for each in asked.statuses)),
        ("the reason is {}", (each.replace("_", " ") for each in asked.reasons)),
        ("the carrier is {}", asked.carriers),
        ("the service is {}", asked.services),
        ("it goes to {}", asked.countries),
        ("the store is {}", asked.stores),
        ("the case is about {}", (f"“{SignalKind(each).label.lower()}”" for each in asked.case_kinds)),
        ("the case is {}", (Severity(each).label.lower() for each in asked.severities)),
    ]
    parts = [words.format(listed) for words, several in found if (listed := _any(several))]
    if asked.care_level:
        parts.append(f"the parcel gets {CareLevel(asked.care_level).label.lower()} care")
    if asked.minimum_minor is not None:
        parts.append(f"the order is worth at least {asked.minimum_minor / 100:,.2f}")
    if asked.maximum_minor is not None:
        parts.append(f"the order is worth at most {asked.maximum_minor / 100:,.2f}")
    return "".join(f" and {part}" for part in parts)


def _timing(rule: Rule) -> list[str]:
    parts = [f"{minutes_words(rule.delay_minutes)} later" if rule.delay_minutes else "at once"]
    if rule.quiet_from and rule.quiet_until and rule.quiet_from != rule.quiet_until:
        parts.append(f"but not between {rule.quiet_from:%H:%M} and {rule.quiet_until:%H:%M} of the reader's time")
    if rule.digest_minutes:
        parts.append(f"in one message with the order's other parcels of {minutes_words(rule.digest_minutes)}")
    return parts


def _limits(rule: Rule) -> list[str]:
    parts = []
    if rule.audience == Audience.CUSTOMER:
        parts.append("never before the first scan of the parcel" if rule.needs_scan else "also before the first scan")
    if rule.held_by:
        kinds = _any(f"“{SignalKind(each).label.lower()}”" for each in rule.held_by)
        parts.append(f"not while a case is open about {kinds}")
    if rule.approval == rule.high_care_approval:
        return parts + _approval(rule.approval, rule.approval_minutes, "")
    everybody = _approval(rule.approval, rule.approval_minutes, "")
    return parts + everybody + _approval(rule.high_care_approval, rule.approval_minutes, "for high care ")


def _approval(mode: str, minutes: int, whom: str) -> list[str]:
    if mode == Approval.APPROVE:
        return [f"{whom}once a person approves"]
    if mode == Approval.APPROVE_OR_SEND:
        return [f"{whom}once a person approves or {minutes_words(minutes)} of working time pass"]
    return [f"{whom}without approval"] if whom else []


def minutes_words(minutes: int) -> str:
    """Return a span in words: 10 minutes, 1 hour, 2 hours 30."""
    hours, left = divmod(minutes, 60)
    if not hours:
        return f"{minutes} minute{'s' if minutes != 1 else ''}"
    return f"{hours} hour{'s' if hours != 1 else ''}{f' {left}' if left else ''}"


def _any(several: Iterable[str]) -> str:
    listed = list(several)
    return " or ".join([", ".join(listed[:-1]), listed[-1]]) if len(listed) > 1 else "".join(listed)
