"""One run: write lives, tell them, play them, judge what was raised."""

import random
from datetime import UTC, timedelta

from bench.detection import judging, playing
from bench.detection.judging import Verdict
from bench.detection.lives import HORIZON, ORDER_DAYS, write_lives
from bench.detection.playing import Say, silently
from bench.detection.telling import Told, tell
from bench.detection.truth import Truth, as_told, truths_of


def measure(parcels: int, seed: int, slot: timedelta, order_days: int = ORDER_DAYS, say: Say = silently) -> Verdict:
    """Play so many parcels in the current database, which holds a new installation, and judge the alarms.

    `slot`: how finely arrivals of messages are spread in time; `say` is told how far it has come.
    """
    dice = random.Random(seed + 1)
    lives = write_lives(parcels, seed, order_days)
    messages: list[Told] = []
    truths: list[Truth] = []
    seemed: list[Truth] = []
    for life in lives:
        telling = tell(life, dice, slot)
        messages += telling.messages
        truths += truths_of(life, telling.heard)
        seemed += as_told(life, telling.heard)
    playing.lay(lives[0].ordered_at.astimezone(UTC))
    horizon = HORIZON.astimezone(UTC)
    playing.play([each for each in messages if each.at < horizon], horizon, say)
    return judging.judge(truths, seemed, {life.key: life.fate for life in lives})
