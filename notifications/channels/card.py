"""A case as other services show it: finished words and moments, nothing that names a customer. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class CaseCard:
    """One case at one moment. Datetimes aware UTC; texts in English, the agents' language."""

    case_id: int
    version: int
    kind: str
    kind_words: str
    severity: str
    severity_words: str
    state: str
    state_words: str
    is_high_care: bool
    order_number: str
    sentence: str  # what the customer reads
    why: str
    parcel: str
    owner: str  # "" for nobody
    team: str
    team_place: str  # the team's own room, "#carrier-desk", or ""
    next_action: str
    next_action_due_at: datetime
    first_response_due_at: datetime | None  # None: somebody has responded
    told: str
    outcome: str
    url: str
    happened: str  # what this message reports
    happened_at: datetime
    is_new: bool  # it reports that the case was opened

    @property
    def number(self) -> str:
        """How people call the case."""
        return f"C-{self.case_id}"

    @property
    def title(self) -> str:
        """What is wrong, and with which order."""
        return f"{self.kind_words} · order {self.order_number}" if self.order_number else self.kind_words

    @property
    def is_open(self) -> bool:
        """Whether there is still something to do."""
        return self.state != "resolved"

    def plain(self) -> dict[str, Any]:
        """The card as JSON: moments as ISO 8601."""
        told = {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }
        return told | {"number": self.number, "title": self.title}


@dataclass(frozen=True, slots=True)
class DigestCard:
    """Cases without an owner whose time is running out, the least time left first; `count` of all of them."""

    count: int
    first_due_at: datetime | None
    lines: tuple[Mapping[str, Any], ...] = field(default_factory=tuple)  # number, title, due_at, url
    url: str = ""
