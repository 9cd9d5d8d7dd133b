"""One run: prepare, load and kill, let it come to rest, prove, tell."""

import itertools
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection

from bench import databases
from bench.soak import load, proving, replaying
from bench.soak.killing import AWAY, Blow, Killer, Wound
from bench.soak.proving import Proof
from bench.soak.sending import Sender
from bench.soak.site import Site
from shiptrack_site.startup import prepare
from tracking import clock
from tracking.demo.stage import set_up
from tracking.ingest.drain import drain
from tracking.models import InboundMessage
from tracking.sandbox.server import Sandbox
from tracking.vocabulary import InboundState

FRESH = "soak_fresh"
AHEAD = timedelta(minutes=10)  # both sides are compared as of a moment when everything they know is past
RESTS_WITHIN = 300.0  # seconds; a message whose worker died rests for a minute, and a schedule rings every minute
LEASES_OVER = timedelta(minutes=2)


@dataclass(slots=True)
class Soak:
    """What a run found."""

    seconds: float = 0
    rest_seconds: float = 0
    starts: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    calls: dict[str, int] = field(default_factory=dict)
    wounds: list[Wound] = field(default_factory=list)
    not_reached: int = 0
    proof: Proof = field(default_factory=Proof)

    def faults(self) -> list[str]:
        """Return what does not hold, in words; none = all is proven."""
        unhealed = sum(wound.healed_after is None for wound in self.wounds)
        found = [f"{unhealed} kills did not heal"] if unhealed else []
        found += [f"{self.not_reached} kills found nobody"] if self.not_reached else []
        return found + self.proof.faults()


def soak(
    site: Site, *, events: int, blows: Sequence[Blow], seed: int, rest: tuple[float, float], waits: bool = True
) -> Soak:
    """Run once against a site that is not started yet; `rest` is how many seconds lie between two kills.

    `waits`: until the site has worked off by itself what killed workers had claimed; else that is done here, as of two
    minutes later.
    """
    now = clock.now()
    sandbox = Sandbox(settings.SANDBOX_PORT, clock.now)
    world = load.world_for(events, seed, now, sandbox.origin)
    prepare()
    set_up(origin=sandbox.origin, now=world.start)
    databases.copy(databases.INSTALLED, FRESH)
    databases.use(databases.INSTALLED)
    sandbox.world = world
    sandbox.start()
    sender = Sender(settings.PORT)
    found = Soak()
    try:
        site.start()
        _until_ready(site, sender, world_load := load.deliveries(world, seed, now))
        began = time.monotonic()
        killer = Killer(site, sender, Random(seed), rest)
        found.wounds = killer.strike_all(blows, world_load, load.count(world))
        found.not_reached = len(blows) - len(found.wounds)
        found.seconds = time.monotonic() - began
        found.rest_seconds = _come_to_rest(site, sender, world_load, RESTS_WITHIN if waits else 0)
    finally:
        site.stop()
        sandbox.stop()
    found.starts, found.answers, found.calls = site.starts, dict(sender.statuses), dict(world.calls)
    sender.close()
    if not waits:
        drain(clock=lambda: clock.now() + LEASES_OVER)
    found.proof = _prove(sender)
    return found


def _until_ready(site: Site, sender: Sender, messages: Any) -> None:
    """The first message is repeated until the web server takes it."""
    sender.feed(itertools.islice(messages, 1))
    while not sender.accepted:
        site.look_after()
        time.sleep(0.1)


def _come_to_rest(site: Site, sender: Sender, messages: Any, within: float) -> float:
    """Post what is left, then wait until nothing waits any more; return how long that took."""
    sender.feed(messages)
    while sender.left:
        site.look_after()
        time.sleep(0.2)
    sender.finish()
    began = time.monotonic()
    while time.monotonic() < began + within and _is_waiting():
        site.look_after()
        time.sleep(0.5)
    return time.monotonic() - began


def _is_waiting() -> bool:
    try:
        return InboundMessage.objects.filter(state=InboundState.PENDING).exists()
    except AWAY:
        connection.close()
        return True


def _prove(sender: Sender) -> Proof:
    proof = proving.look(sender.accepted)
    moment = clock.now() + AHEAD
    replaying.settle(moment)
    here = replaying.facts()
    replaying.replay(databases.INSTALLED, FRESH, moment)
    proof.differing = replaying.differences(here, replaying.facts())
    databases.use(databases.INSTALLED)
    return proof


def table(found: Soak) -> str:
    """Return the run as lines for people."""
    proof, lines = found.proof, []
    for name in sorted({wound.name for wound in found.wounds}):
        times = [wound.healed_after for wound in found.wounds if wound.name == name]
        healed = sorted(each for each in times if each is not None)
        middle, worst = (median(healed), healed[-1]) if healed else (0, 0)
        healing = f"healed after {middle:6.1f} s (median), {worst:6.1f} s (worst)"
        lines.append(f"{name:<34} {len(times):>3} kills   {healing}")
    each = proof.told / max(proof.messages, 1)
    lines += [
        f"{len(found.wounds)} kills in {found.seconds:.0f} s, {found.starts} starts, answers {found.answers}",
        f"at rest {found.rest_seconds:.0f} s after the last message; {sum(found.calls.values())} calls to vendors",
        f"{proof.accepted:,} webhooks taken: {proof.lost} lost, {proof.undone} not worked, {len(proof.failed)} failed",
        f"{proof.messages:,} messages told {proof.told:,} events ({each:.1f} each), {proof.recorded:,} were recorded",
        f"{proof.parcels:,} parcels; bytes a parcel: "
        + ", ".join(f"{name} {size / max(proof.parcels, 1):.0f}" for name, (size, _) in proof.sizes.items()),
        "twice: " + ", ".join(f"{name} {count}" for name, count in proof.twice.items()),
        "unlike the replay: " + ", ".join(f"{name} {len(rows)}" for name, rows in proof.differing.items()),
    ]
    return "\n".join([*lines, *(f"FAULT: {fault}" for fault in found.faults())])


def write(found: Soak, path: Path) -> None:
    """Write the run for programs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {**asdict(found), "faults": found.faults()}
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False, default=str) + "\n")
