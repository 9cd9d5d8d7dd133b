"""The one table of what may happen to a case in which state, and the state it is in afterwards. Pure.

People and the engine go by the same table; what is not in it cannot happen.
"""

from enum import StrEnum

from tracking.vocabulary import CaseState


class Move(StrEnum):
    """Everything that can happen to a case."""

    OPEN = "open"  # the engine: a first signal
    RECUR = "recur"  # the engine: a signal soon after the end
    ENRICH = "enrich"  # the engine: signals come and go, the problem changes
    WAKE = "wake"  # the engine: what was waited for has come
    END = "end"  # the engine: nothing is wrong any more
    QUIET = "quiet"  # the engine: acknowledged, and then nothing was done
    TAKE = "take"
    ASSIGN = "assign"
    RELEASE = "release"
    ACKNOWLEDGE = "acknowledge"
    WAIT = "wait"
    NOTE = "note"
    PLAN = "plan"  # the next action
    PROMISE = "promise"
    END_PROMISE = "end_promise"
    CARE = "care"
    RESOLVE = "resolve"
    REOPEN = "reopen"


NEW, SEEN, WAITING, RESOLVED = CaseState.NEW, CaseState.ACKNOWLEDGED, CaseState.WAITING, CaseState.RESOLVED
NOT_YET = ""  # before there is a case

_STAYS: dict[str, CaseState] = {NEW: NEW, SEEN: SEEN, WAITING: WAITING}
_TO_SEEN: dict[str, CaseState] = dict.fromkeys((NEW, SEEN, WAITING), SEEN)
_SEEN_UNLESS_WAITING: dict[str, CaseState] = {NEW: SEEN, SEEN: SEEN, WAITING: WAITING}
_TO_END: dict[str, CaseState] = dict.fromkeys((NEW, SEEN, WAITING), RESOLVED)

TABLE: dict[Move, dict[str, CaseState]] = {
    Move.OPEN: {NOT_YET: NEW},
    Move.RECUR: {RESOLVED: NEW},
    Move.ENRICH: {**_STAYS},
    Move.WAKE: {WAITING: SEEN},
    Move.END: {**_TO_END},
    Move.QUIET: {SEEN: NEW},
    Move.TAKE: {**_TO_SEEN},
    Move.ASSIGN: {**_STAYS},
    Move.RELEASE: {**_STAYS},
    Move.ACKNOWLEDGE: {**_TO_SEEN},
    Move.WAIT: dict.fromkeys((NEW, SEEN, WAITING), WAITING),
    Move.NOTE: {**_STAYS, RESOLVED: RESOLVED},
    Move.PLAN: {**_SEEN_UNLESS_WAITING},
    Move.PROMISE: {**_SEEN_UNLESS_WAITING},
    Move.END_PROMISE: {**_SEEN_UNLESS_WAITING},
    Move.CARE: {**_STAYS, RESOLVED: RESOLVED},
    Move.RESOLVE: {**_TO_END},
    Move.REOPEN: {RESOLVED: SEEN},
}


class NotPossible(Exception):
    """This cannot happen to a case in this state."""


def is_possible(state: str, move: Move) -> bool:
    """True when this may happen to a case in this state."""
    return state in TABLE[move]


def after(state: str, move: Move) -> CaseState:
    """Return the state after a move. Raises NotPossible."""
    if state not in TABLE[move]:
        raise NotPossible(f"{move} is not possible on a case that is {state or 'not open yet'}")
    return TABLE[move][state]
