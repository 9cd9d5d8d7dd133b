"""Which windows, severities and causes apply to one shipment: the most specific row wins."""

from collections.abc import Iterable
from dataclasses import dataclass

from tracking.detectors.contract import Policy, Window
from tracking.detectors.presets import KINDS, WINDOWS, KindPreset, PolicyPreset
from tracking.detectors.rule import raised
from tracking.vocabulary import CareLevel


@dataclass(frozen=True, slots=True)
class Scope:
    """What policies ask of a shipment. Carrier, service and warehouse by the same words as in the rows."""

    care_level: str = CareLevel.STANDARD
    carrier: str = ""
    service: str = ""
    warehouse: str = ""
    is_international: bool = False


def resolve(windows: Iterable[PolicyPreset], kinds: Iterable[KindPreset], scope: Scope) -> Policy:
    """Return the policy for shipments of this scope.

    Of the rows for one window whose conditions all hold, the one with most conditions wins; among equals the one with
    the first of: care level, carrier, service, warehouse, international; among rows alike, the last given. High care
    raises every severity one step.
    """
    chosen = deciding(windows, scope)
    rows = tuple(kinds)
    steps = 1 if scope.care_level == CareLevel.HIGH else 0
    return Policy(
        windows={name: Window(row.days, row.is_clock) for name, row in chosen.items()},
        severities={row.kind: raised(row.severity, steps) for row in rows},
        sources={name: source_of(row) for name, row in chosen.items()},
        causes={row.kind: row.cause for row in rows},
    )


def deciding(windows: Iterable[PolicyPreset], scope: Scope) -> dict[str, PolicyPreset]:
    """Return by window the row that decides for shipments of this scope: the most specific one, see `resolve`."""
    chosen: dict[str, PolicyPreset] = {}
    for row in windows:
        if _holds(row, scope) and (row.window not in chosen or _rank(row) >= _rank(chosen[row.window])):
            chosen[row.window] = row
    return chosen


def preset_policy(scope: Scope) -> Policy:
    """Return the policy of a new installation for this scope."""
    return resolve(WINDOWS, KINDS, scope)


class PolicyBook:
    """All rows of an installation; works each scope out once. Make a new book when the rows change."""

    def __init__(self, windows: Iterable[PolicyPreset], kinds: Iterable[KindPreset]) -> None:
        """Take the window rows and the kind rows; rows given later win over equal earlier ones."""
        self._windows = tuple(windows)
        self._kinds = tuple(kinds)
        self._policies: dict[Scope, Policy] = {}

    def policy_for(self, scope: Scope) -> Policy:
        """Return the policy for shipments of this scope."""
        if scope not in self._policies:
            self._policies[scope] = resolve(self._windows, self._kinds, scope)
        return self._policies[scope]


def _holds(row: PolicyPreset, scope: Scope) -> bool:
    asked = zip(_words(row), (scope.care_level, scope.carrier, scope.service, scope.warehouse), strict=True)
    return all(want in ("", have) for want, have in asked) and row.international in (None, scope.is_international)


def _words(row: PolicyPreset) -> tuple[str, str, str, str]:
    return row.care_level, row.carrier, row.service, row.warehouse


def _rank(row: PolicyPreset) -> tuple[int, tuple[bool, ...]]:
    given = (*(bool(word) for word in _words(row)), row.international is not None)
    return sum(given), given


def source_of(row: PolicyPreset) -> str:
    """Return in words to which shipments the deciding row applies."""
    said = [word for word in (row.carrier, row.service, row.warehouse) if word]
    if row.care_level:
        said.insert(0, f"{row.care_level} care")
    if row.international is not None:
        said.append("international" if row.international else "domestic")
    return ", ".join(said) or "all shipments"
