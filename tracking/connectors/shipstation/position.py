"""Where a run through ShipStation's lists is, as the text that is kept between two calls."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tracking.connectors.parsing import read_instant

OVERLAP = timedelta(minutes=10)  # clocks differ and lists lag: what changed shortly before a run is asked for again
LABELS_MOVE = timedelta(days=45)  # a label older than that moves no more
TRACK_EVERY = timedelta(hours=4)
PAGES_A_RUN = 100  # of tracking, so that a long round leaves room for orders and voids


@dataclass(frozen=True, slots=True)
class Position:
    """A run asks list after list (`stream`), page by page, for what changed since `since` (aware UTC).

    `started` is when the run began. A round of tracking goes through the labels made since `track_since`, from
    `track_page` (0: the round is over) on, `tracked` pages of it in this run.
    """

    since: datetime
    started: datetime
    stream: str = ""
    page: int = 1
    track_since: datetime | None = None
    track_page: int = 0
    tracked: int = 0

    @classmethod
    def read(cls, cursor: str, first: datetime, now: datetime) -> "Position":
        """Read a kept cursor; one that is empty or not ours begins at `first`. Between two runs a new one begins."""
        try:
            since, started, stream, page, track_since, track_page, tracked = cursor.split(" ")
            round_began = read_instant(track_since) if track_since != "-" else None
            kept = cls(
                read_instant(since),
                read_instant(started),
                stream.strip("-"),
                max(int(page), 1),
                round_began,
                max(int(track_page), 0),
                max(int(tracked), 0),
            )
        except ValueError:
            return cls(first, now)._with_round(now)
        return kept if kept.stream else replace(kept, started=now, page=1, tracked=0)._with_round(now)

    def text(self) -> str:
        """Return the cursor to keep; no longer than 120 characters."""
        round_began = _spelt(self.track_since) if self.track_since else "-"
        parts = (_spelt(self.since), _spelt(self.started), self.stream or "-", self.page, round_began)
        return " ".join(str(part) for part in (*parts, self.track_page, self.tracked))

    def _with_round(self, now: datetime) -> "Position":
        """Begin a round of tracking when the last one is over and began some hours ago."""
        is_due = self.track_since is None or now - LABELS_MOVE - self.track_since >= TRACK_EVERY
        if self.track_page or not is_due:
            return self
        return replace(self, track_since=now - LABELS_MOVE, track_page=1)

    def on(self, stream: str) -> "Position":
        """Return the beginning of another list; "" ends the run: the next one starts shortly before this one did."""
        if stream:
            return replace(self, stream=stream, page=1)
        return replace(self, since=max(self.since, self.started - OVERLAP), stream="", page=1)


def _spelt(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
