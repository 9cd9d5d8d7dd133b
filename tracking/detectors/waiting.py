"""Detectors of silence: a number, a first scan or the next scan that should have come by now."""

from dataclasses import replace
from datetime import datetime, timedelta

from tracking.detectors import words
from tracking.detectors.contract import Policy, ShipmentFacts, Window
from tracking.detectors.gates import ended, lasting, origin_zone, reported, shown
from tracking.detectors.rule import Condition, Rule
from tracking.detectors.windows import Due, due_after, window_of
from tracking.vocabulary import EVIDENCE_RANK, Evidence, ShipmentStatus, SignalKind

FIRST_ANSWER = timedelta(hours=1)  # after a number becomes known its carrier may not have been heard yet


def find_missing_tracking(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The shop says fulfilled, but no source has told a tracking number."""
    if facts.has_number:
        return "It has a tracking number."
    if not facts.is_fulfilled:
        return "It is not fulfilled yet."
    if why := ended(facts):
        return why
    since = facts.fulfilled_at or facts.created_at
    window = window_of(policy, "missing_tracking")
    value = f"fulfilled {words.duration(now - since)} ago"
    return Condition(
        since,
        evidence=lambda: (
            f"No tracking number {words.duration(now - since)} after the shop reported the fulfilment on"
            f" {words.moment(since, origin_zone(facts))}; the window is {words.window(window)}."
        ),
        brief=f"no number, window {words.window(window)}",
        due=due_after(facts, since, window),
        window=f"{words.window(window)} after the fulfilment",
        value=value,
    )


def find_unknown_number(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier says that it does not know the number, and the label is no longer new."""
    unknown_since = facts.state.not_found_since
    if unknown_since is None:
        return "The carrier has not said that it does not know the number."
    if why := ended(facts):
        return why
    zone, label_at = origin_zone(facts), facts.label_at or facts.number_at or facts.created_at
    window = window_of(policy, "unknown_number")
    value = f"{lasting(facts.state, label_at, now, zone)} old"
    return Condition(
        unknown_since,
        evidence=lambda: (
            f"The carrier says that it does not know the number, since {words.moment(unknown_since, zone)}; the"
            f" label is {value}, and the window is {words.window(window)} after the label."
        ),
        brief=f"window {words.window(window)}",
        fingerprint=unknown_since.isoformat(),
        due=due_after(facts, label_at, window),
        window=f"{words.window(window)} after the label",
        value=f"label {value}",
    )


def find_no_first_scan(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """A label exists and a pickup has passed, but nothing shows that the carrier holds the parcel."""
    label_at = facts.label_at or facts.number_at
    if EVIDENCE_RANK[facts.state.evidence] >= EVIDENCE_RANK[Evidence.BATCH_ACCEPTED]:
        return "The carrier has accepted it."
    if label_at is None or not facts.has_number:
        return "It has no label yet."
    if why := ended(facts):
        return why
    zone, start = origin_zone(facts), facts.pickup_cutoff_at or label_at
    window = window_of(policy, "no_first_scan")
    said = f"{words.window(window)} after the {'pickup cut-off' if facts.pickup_cutoff_at else 'label'}"
    value = f"{lasting(facts.state, label_at, now, zone)} since the label"
    return Condition(
        start,
        evidence=lambda: (
            f"No physical scan for {value}; the window for this lane is {said} {shown(facts.state, start, zone)}."
        ),
        brief=f"no scan, window {words.window(window)}",
        due=_heard_of(facts, due_after(facts, start, window)),
        window=said,
        value=value,
    )


def _heard_of(facts: ShipmentFacts, due: Due) -> Due:
    """A number told late is watched only once its carrier can have answered."""
    return replace(due, at=max(due.at, facts.number_at + FIRST_ANSWER)) if facts.number_at else due


def find_batch_accepted_only(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """The carrier took a batch in which the parcel should be, and never scanned the parcel itself."""
    if facts.state.evidence != Evidence.BATCH_ACCEPTED:
        return "The best evidence is not the acceptance of a batch."
    if why := ended(facts):
        return why
    zone = origin_zone(facts)
    since = facts.state.evidence_at or facts.pickup_cutoff_at or facts.label_at or facts.created_at
    window = window_of(policy, "batch_accepted_only")
    value = f"{lasting(facts.state, since, now, zone)} since the batch"
    return Condition(
        since,
        evidence=lambda: (
            f"Accepted in a batch on {shown(facts.state, since, zone)}, but no scan of the parcel itself for"
            f" {lasting(facts.state, since, now, zone)}; the window is {words.window(window)}."
        ),
        brief=f"no scan, window {words.window(window)}",
        due=due_after(facts, since, window),
        window=f"{words.window(window)} after the batch was accepted",
        value=value,
    )


def find_stalled(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """A parcel that was moving has not been scanned for too long; a longer silence is a presumed loss instead."""
    since = silent_since(facts)
    if isinstance(since, str):
        return since
    window, lost = stall_window(facts, policy), _lost_due(facts, policy, since)
    due = due_after(facts, since, window)
    if lost.at <= max(now, due.at):
        return "The silence counts as a presumed loss."
    return _silence(facts, now, since, window, due, clears_at=lost.at)


def find_presumed_lost(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """So long without a scan that the parcel hardly comes any more."""
    since = silent_since(facts)
    if isinstance(since, str):
        return since
    window = window_of(policy, "presumed_lost")
    return _silence(facts, now, since, window, _lost_due(facts, policy, since))


def silent_since(facts: ShipmentFacts) -> datetime | str:
    """Return the last physical scan (aware UTC) of a parcel whose next one is awaited, or why none is awaited."""
    if why := ended(facts):
        return why
    if facts.state.status == ShipmentStatus.AVAILABLE_FOR_PICKUP:
        return "It waits for the customer at the pickup point."
    lost = reported(facts.state, SignalKind.LOST)
    if lost and lost.cleared_by_scan_at is None:
        return "The carrier has reported it lost: no scan is awaited."
    return facts.state.last_scan_at or "It has not been scanned yet."


def stall_window(facts: ShipmentFacts, policy: Policy) -> Window:
    """Return how long a moving parcel may be silent; shorter once it is out for delivery."""
    return window_of(policy, "stalled.out_for_delivery" if facts.state.out_for_delivery_at else "stalled")


def _lost_due(facts: ShipmentFacts, policy: Policy, since: datetime) -> Due:
    return due_after(facts, since, window_of(policy, "presumed_lost"))


def _silence(
    facts: ShipmentFacts, now: datetime, since: datetime, window: Window, due: Due, clears_at: datetime | None = None
) -> Condition:
    lane = "an international parcel" if facts.is_international else "a domestic parcel"
    lane = f"{lane} out for delivery" if facts.state.out_for_delivery_at else lane
    value = f"{lasting(facts.state, since, now, facts.ship_to_zone)} since the last scan"
    return Condition(
        since,
        evidence=lambda: (
            f"No physical scan for {value} on {shown(facts.state, since, facts.ship_to_zone)};"
            f" the window for {lane} is {words.window(window)}."
        ),
        brief=f"no scan, window {words.window(window)}",
        fingerprint=since.isoformat(),
        due=due,
        clears_at=clears_at,
        window=f"{words.window(window)} after the last scan",
        value=value,
    )


MISSING_TRACKING = Rule("missing_tracking", find_missing_tracking)
UNKNOWN_NUMBER = Rule("unknown_number", find_unknown_number)
NO_FIRST_SCAN = Rule("no_first_scan", find_no_first_scan)
BATCH_ACCEPTED_ONLY = Rule("batch_accepted_only", find_batch_accepted_only)
STALLED = Rule("stalled", find_stalled)
PRESUMED_LOST = Rule("presumed_lost", find_presumed_lost)
