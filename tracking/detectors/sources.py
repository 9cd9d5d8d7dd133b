"""Detector of sources that contradict each other."""

from datetime import datetime

from tracking.detectors import words
from tracking.detectors.contract import Policy, ShipmentFacts
from tracking.detectors.rule import Condition, Rule
from tracking.detectors.windows import Due, window_of
from tracking.vocabulary import ShipmentStatus


def find_source_conflict(facts: ShipmentFacts, policy: Policy, now: datetime) -> Condition | str:
    """What the sources say last differs in kind, for longer than one of them may lag. A clock window."""
    since, zone = facts.state.conflict_since, facts.ship_to_zone
    if since is None:
        return "The sources agree."
    window = window_of(policy, "source_conflict")
    said = sorted({ShipmentStatus(word.status).label.lower() for word in facts.state.source_words})
    return Condition(
        since,
        evidence=lambda: (
            f"The sources have disagreed for {words.duration(now - since)}, since {words.moment(since, zone)}:"
            f" {' against '.join(said)}. The window is {words.duration(window.clock())}."
        ),
        brief=" against ".join(said[:2]),
        fingerprint=since.isoformat(),
        due=Due(since + window.clock()),
        window=f"{words.duration(window.clock())} of disagreement",
        value=f"disagree for {words.duration(now - since)}",
    )


SOURCE_CONFLICT = Rule("source_conflict", find_source_conflict)
