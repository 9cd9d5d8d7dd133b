"""Decides what is said: for each piece of news, rule and recipient one draft, sent or withheld. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from string import Formatter

from notifications.rules.contract import (
    NOBODY,
    CaseFacts,
    Desk,
    Draft,
    Facts,
    Happening,
    ParcelFacts,
    Recipient,
    Rule,
    RuleSet,
    Said,
)
from notifications.rules.matching import SENTENCE_NEWS, exactness, fits, matches
from notifications.rules.standing import Standing
from notifications.rules.timing import timing
from notifications.vocabulary import Audience, Mode, SubjectKind, Withheld
from tracking.calendars.days import local_day
from tracking.vocabulary import EVIDENCE_RANK, MOVING_MILESTONES, Direction, Evidence, SignalKind

SILENT_CAUSES = {"remapped": Withheld.REREAD, "reread": Withheld.REREAD, "imported": Withheld.IMPORTED}
BY_HAND = "correction"
"""Cause of a change that a person told us of: the news has no actor of its own, and may be put right at once."""
KNOWN_LATE = timedelta(days=1)
"""A parcel that had ended this long before we first heard of it was not ours to tell of."""
CONFLICT_SENTENCE = "sources_disagree"


def decide(
    happenings: Sequence[Happening], facts: Facts, rules: RuleSet, standing: Standing, *, now: datetime
) -> list[Draft]:
    """Decide on the news of one parcel at one moment; of several messages to one person the most exact one is sent.

    Nothing is read or written but `standing`, which takes in what is to be sent. Every change of the public sentence
    gets at least one draft for the customer.
    """
    drafts = [draft for one in happenings for draft in _drafts(one, facts, rules, standing, now)]
    return [_enter(draft, standing, facts, rules, now) if not draft.reason else draft for draft in _most_exact(drafts)]


def untrue(
    lasting: Iterable[str], needs_scan: bool, held_by: Iterable[str], parcel: ParcelFacts, *, is_customer: bool = True
) -> str:
    """Return why a message about a parcel must not leave as the facts are now, "" when it still may."""
    if not is_customer:
        return ""
    if parcel.holds_messages:
        return Withheld.POST_TERMINAL_CONFLICT
    if parcel.sentence == CONFLICT_SENTENCE or SignalKind.SOURCE_CONFLICT in parcel.open_signals:
        return Withheld.SOURCE_CONFLICT
    patterns = tuple(lasting)
    if patterns and not fits(parcel.sentence, patterns):
        return Withheld.SUPERSEDED
    if (needs_scan or parcel.status in MOVING_MILESTONES) and not parcel.has_first_scan:
        has_label_only = parcel.evidence_rank <= EVIDENCE_RANK[Evidence.CARRIER_HAS_DATA]
        return Withheld.LABEL_ONLY if has_label_only else Withheld.EVIDENCE_TOO_LOW
    return Withheld.CASE_OPEN_NEEDS_HUMAN if parcel.open_signals & set(held_by) else ""


def unreachable(recipient: Recipient | None, purpose: str) -> str:
    """Return why this person cannot or will not be written to, "" when they can."""
    if recipient is None or not recipient.has_address:
        return Withheld.NO_ADDRESS
    if recipient.is_suppressed:
        return Withheld.SUPPRESSED_ADDRESS
    return Withheld.OPTED_OUT if purpose in recipient.refuses else ""


def topic_of(rule: Rule, happening: Happening, parcel: ParcelFacts | None, case: CaseFacts | None) -> str:
    """Return what the message is about; an empty part takes its colon with it."""
    known = {
        "attempts": str(parcel.attempts) if parcel and parcel.attempts else "",
        "estimate": parcel.estimate if parcel else "",
        "day": local_day(parcel.zone, happening.occurred_at or happening.at).isoformat() if parcel else "",
        "kind": case.kind if case else "",
        "step": happening.step,
        "case": str(happening.case_id or ""),
        "news": str(happening.id),
    }
    filled = rule.topic.format_map({name: known.get(name, "") for name in _fields(rule.topic)})
    return ":".join(part for part in filled.split(":") if part)[:70]


def _fields(topic: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(topic) if name}


# -- one piece of news -----------------------------------------------------------------------------------------------


def _drafts(happening: Happening, facts: Facts, rules: RuleSet, standing: Standing, now: datetime) -> list[Draft]:
    parcel = facts.parcels.get(happening.shipment_id or 0)
    case = facts.cases.get(happening.case_id or 0)
    heard = [
        rule for rule in rules.rules if rule.channel not in facts.desk.absent and matches(rule, happening, parcel, case)
    ]
    found = [
        _judge(rule, who, happening, parcel, case, facts, rules, standing, now)
        for rule in heard
        for who in _recipients(rule, parcel, case, facts.desk)
    ]
    is_told = any(draft.audience == Audience.CUSTOMER for draft in found)
    if happening.kind == SENTENCE_NEWS and not is_told:
        found.append(_without_rule(happening, parcel, rules, now))
    return found


def _recipients(rule: Rule, parcel: ParcelFacts | None, case: CaseFacts | None, desk: Desk) -> list[Recipient | None]:
    if rule.audience == Audience.CUSTOMER:
        return [parcel.customer if parcel else None]
    if rule.audience == Audience.OWNER:
        return [case.owner if case else None]
    if rule.audience == Audience.TEAM:
        return [case.team if case else None]
    if rule.audience == Audience.SYSTEM:
        named = {f"channel:{rule.channel}:{name}" for name in rule.addresses}
        keys = desk.accounts.get(rule.channel, ())
        return [Recipient(key, has_address=True) for key in keys if not named or key in named]
    return [Recipient(f"named:{address}"[:80], has_address=True) for address in rule.addresses]


def _without_rule(happening: Happening, parcel: ParcelFacts | None, rules: RuleSet, now: datetime) -> Draft:
    """The customer hears nothing, because no rule speaks of it; a graver reason goes first."""
    reason = _old_story(happening, parcel, rules, now)
    if parcel and parcel.direction == Direction.OUTBOUND:
        reason = reason or _conflict(parcel)
    customer = parcel.customer if parcel else None
    return Draft(
        happening=happening,
        rule=None,
        rule_version=rules.version,
        recipient=customer.key if customer else NOBODY,
        audience=Audience.CUSTOMER,
        topic=happening.sentence[:70] or happening.status,
        reason=reason or Withheld.NO_RULE,
        facts=_noted(happening, parcel, None),
    )


def _conflict(parcel: ParcelFacts) -> str:
    reason = untrue((), False, (), parcel)
    return reason if reason in (Withheld.POST_TERMINAL_CONFLICT, Withheld.SOURCE_CONFLICT) else ""


def _judge(
    rule: Rule,
    who: Recipient | None,
    happening: Happening,
    parcel: ParcelFacts | None,
    case: CaseFacts | None,
    facts: Facts,
    rules: RuleSet,
    standing: Standing,
    now: datetime,
) -> Draft:
    topic = topic_of(rule, happening, parcel, case)
    draft = Draft(
        happening=happening,
        rule=rule,
        rule_version=rules.version,
        recipient=who.key if who else NOBODY,
        audience=rule.audience,
        topic=topic,
        facts=_noted(happening, parcel, case),
    )
    reason = _before_said(rule, who, happening, parcel, rules, now)
    if reason or who is None:
        return replace(draft, reason=reason)
    said, joins, reason = _place(rule, who, draft, parcel, standing, now)
    if not reason and rule.audience == Audience.CUSTOMER and parcel is not None:
        reason = _after_said(rule, who, parcel, facts, rules, standing, now)
    if not reason and rule.channel in facts.desk.paused:
        reason = Withheld.CHANNEL_PAUSED
    return replace(draft, reason=reason, said=said, joins=joins, topic=said.topic)


def _before_said(
    rule: Rule,
    who: Recipient | None,
    happening: Happening,
    parcel: ParcelFacts | None,
    rules: RuleSet,
    now: datetime,
) -> str:
    """Why nothing is said whatever was said before."""
    is_customer = rule.audience == Audience.CUSTOMER
    reason = _old_story(happening, parcel, rules, now) if is_customer else ""
    if not reason and rule.mode != Mode.ON:
        reason = Withheld.RULE_DISABLED if rule.mode == Mode.OFF else Withheld.PREVIEW_ONLY
    if not reason and is_customer:
        if parcel is None or parcel.direction != Direction.OUTBOUND:
            reason = Withheld.NO_RULE
        else:
            reason = untrue(rule.lasting, rule.needs_scan, rule.held_by, parcel)
    return reason or unreachable(who, rule.purpose if is_customer else "")


def _old_story(happening: Happening, parcel: ParcelFacts | None, rules: RuleSet, now: datetime) -> str:
    """Why this news is no news to a customer."""
    if happening.cause in SILENT_CAUSES:
        return SILENT_CAUSES[happening.cause]
    if parcel is None:
        return ""
    if parcel.is_test:
        return Withheld.TEST_ORDER
    if parcel.ended_at and parcel.known_since - parcel.ended_at > KNOWN_LATE:
        return Withheld.DELIVERED_BEFORE_IMPORT
    told = happening.occurred_at or happening.at
    return Withheld.TOO_OLD if now - told > timedelta(days=rules.too_old_days) else ""


def _place(
    rule: Rule, who: Recipient, draft: Draft, parcel: ParcelFacts | None, standing: Standing, now: datetime
) -> tuple[Said, Said | None, str]:
    """Return the message as it would stand in the outbox, the waiting one it would join, and why it is not new."""
    covers = {parcel.shipment_id} if parcel else set()
    subject, topic, joins = _subject(draft.happening, parcel), draft.topic, None
    reason = ""
    if rule.digest_minutes and parcel and parcel.order_id and parcel.parcels_of_order > 1:
        subject = (SubjectKind.ORDER.value, parcel.order_id)
        earlier = standing.digest(parcel.order_id, topic, who.key, rule.channel)
        joins = next((each for each in earlier if each.is_waiting), None)
        is_covered = any(parcel.shipment_id in each.covers for each in earlier)
        reason = Withheld.ALREADY_SENT if joins or is_covered else ""
        joins = None if is_covered else joins
        topic = joins.topic if joins else f"{topic}:{len(earlier) + 1}"
    said = Said(subject, topic, who.key, rule.channel, True, covers, now, true_while=rule.lasting)
    return said, joins, reason or (Withheld.ALREADY_SENT if standing.has(said) else "")


def _subject(happening: Happening, parcel: ParcelFacts | None) -> tuple[str, int]:
    if parcel:
        return (SubjectKind.SHIPMENT.value, parcel.shipment_id)
    if happening.order_id:
        return (SubjectKind.ORDER.value, happening.order_id)
    return (SubjectKind.CASE.value, happening.case_id or 0)


def _after_said(
    rule: Rule,
    who: Recipient,
    parcel: ParcelFacts,
    facts: Facts,
    rules: RuleSet,
    standing: Standing,
    now: datetime,
) -> str:
    """Limits for customers that count what was said before."""
    if not rule.ignores_cap and rules.cap_count:
        count = standing.count_since(parcel.shipment_id, who.key, now - rules.cap_span)
        if count >= rules.cap_count:
            return Withheld.FREQUENCY_CAP
    return Withheld.KILL_SWITCH if facts.desk.is_killed else ""


# -- among each other ------------------------------------------------------------------------------------------------


def _most_exact(drafts: list[Draft]) -> list[Draft]:
    """Keep one message per person and subject: the most exact rule's, of equals the later news."""
    best: dict[tuple[object, ...], int] = {}
    for place, draft in enumerate(drafts):
        if draft.reason or draft.said is None or draft.rule is None or draft.audience != Audience.CUSTOMER:
            continue
        key = (draft.recipient, draft.rule.channel, draft.happening.shipment_id)
        other = best.get(key)
        if other is None or exactness(draft.rule) >= exactness(_rule(drafts[other])):
            best[key] = place
    kept = set(best.values())
    return [
        draft
        if draft.reason or draft.audience != Audience.CUSTOMER or place in kept
        else replace(draft, reason=Withheld.SUPERSEDED)
        for place, draft in enumerate(drafts)
    ]


def _rule(draft: Draft) -> Rule:
    assert draft.rule is not None
    return draft.rule


def _enter(draft: Draft, standing: Standing, facts: Facts, rules: RuleSet, now: datetime) -> Draft:
    """Give a message its time and let it take its place."""
    rule, said, happening = _rule(draft), draft.said, draft.happening
    assert said is not None
    if standing.has(said):
        return replace(draft, reason=Withheld.ALREADY_SENT)
    parcel = facts.parcels.get(happening.shipment_id or 0)
    is_customer = rule.audience == Audience.CUSTOMER
    by_person = bool(happening.actor_id) or happening.cause == BY_HAND
    when = timing(
        rule,
        now=now,
        zone=parcel.zone if parcel and is_customer else "UTC",
        care_level=parcel.care_level if parcel and is_customer else "",
        # A service shows what is so now, and shows an undoing just as fast.
        undo_seconds=rules.undo_seconds if by_person and rule.audience != Audience.SYSTEM else 0,
        is_digest=said.subject[0] == SubjectKind.ORDER and bool(rule.digest_minutes),
        desk=facts.desk,
    )
    replaced = standing.add(said) if is_customer else standing.keep(said)
    return replace(draft, why=when.why, send_at=when.send_at, approval=when.approval, replaces=tuple(replaced))


def _noted(happening: Happening, parcel: ParcelFacts | None, case: CaseFacts | None) -> dict[str, object]:
    """The facts a decision keeps: nothing that names a person."""
    noted: dict[str, object] = {
        "news": happening.kind,
        "occurred_at": happening.occurred_at.isoformat() if happening.occurred_at else None,
        "told": happening.sentence,
        "cause": happening.cause,
    }
    if parcel:
        noted |= {
            "sentence": parcel.sentence,
            "status": parcel.status,
            "reason": parcel.reason,
            "evidence": parcel.evidence,
            "first_scan": parcel.has_first_scan,
            "care_level": parcel.care_level,
            "estimate": parcel.estimate,
            "attempts": parcel.attempts,
            "open_signals": sorted(parcel.open_signals),
        }
    if case:
        noted |= {"case_kind": case.kind, "severity": case.severity}
    return noted
