"""What must hold after the last kill."""

import contextlib
from dataclasses import dataclass, field

from django.db import connection

from bench.soak.sending import Key
from tracking.connectors.contract import RawMessage, UnreadableMessage
from tracking.connectors.registry import get
from tracking.models import InboundMessage, Shipment, TrackingEvent
from tracking.vocabulary import InboundState, Transport

TWICE = {
    "events": """SELECT shipment_id, source_id, code_id, occurred_at, time_text FROM tracking_trackingevent
    WHERE kind = 'source' GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1""",
    "open cases": """SELECT shipment_id FROM tracking_exceptioncase WHERE state <> 'resolved'
    GROUP BY 1 HAVING count(*) > 1""",
    "open signals": """SELECT shipment_id, kind FROM tracking_signal WHERE state = 'open'
    GROUP BY 1, 2 HAVING count(*) > 1""",
    "openings of a case in the ledger": """SELECT case_id FROM tracking_domainevent WHERE kind = 'case.opened'
    GROUP BY 1 HAVING count(*) > 1""",
    "cases of one opening": """SELECT c.id FROM tracking_exceptioncase c LEFT JOIN tracking_domainevent e
    ON e.case_id = c.id AND e.kind = 'case.opened' WHERE e.id IS NULL""",
    "status changes": """SELECT shipment_id, known_at, sentence_key, sentence_parameters::text
    FROM tracking_statuschange GROUP BY 1, 2, 3, 4 HAVING count(*) > 1""",
    "pushed messages": """SELECT source_id, body_hash, delivery_id FROM tracking_inboundmessage
    WHERE transport = 'webhook' GROUP BY 1, 2, 3 HAVING count(*) > 1""",
    "sent messages": """SELECT subject_kind, subject_id, topic, recipient, channel FROM notifications_outboxrow
    WHERE state = 'sent' GROUP BY 1, 2, 3, 4, 5 HAVING count(*) > 1""",
}
"""Each finds what happened twice, or in the ledger not at all."""
SIZES = """SELECT relname, pg_total_relation_size(oid), reltuples::bigint FROM pg_class WHERE relkind = 'r'
AND relname ~ '^(tracking|notifications)_' AND pg_total_relation_size(oid) > 65536 ORDER BY 2 DESC"""


@dataclass(slots=True)
class Proof:
    """What was counted after the last kill."""

    accepted: int = 0
    lost: int = 0
    undone: int = 0
    failed: list[str] = field(default_factory=list)
    messages: int = 0
    told: int = 0
    recorded: int = 0
    twice: dict[str, int] = field(default_factory=dict)
    differing: dict[str, list[str]] = field(default_factory=dict)
    parcels: int = 0
    sizes: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Table -> bytes with its indexes, rows about."""

    def faults(self) -> list[str]:
        """Return what does not hold, in words."""
        found = [f"{self.lost} messages answered as taken are not there"] if self.lost else []
        found += [f"{self.undone} messages were never worked"] if self.undone else []
        found += [f"{count} {name} twice" for name, count in self.twice.items() if count]
        found += [f"{len(rows)} {name} differ from the replay" for name, rows in self.differing.items() if rows]
        return found


def look(accepted: set[Key]) -> Proof:
    """Count in the current database, with nothing at work in it any more."""
    rows = InboundMessage.objects.filter(transport=Transport.WEBHOOK).values_list("source__slug", "body_hash")
    stored = {(slug, bytes(digest)) for slug, digest in rows}
    everything = InboundMessage.objects.all()
    proof = Proof(accepted=len(accepted), lost=len(accepted - stored), messages=everything.count())
    proof.undone = everything.filter(state=InboundState.PENDING).count()
    visible = everything.filter(state__in=[InboundState.FAILED, InboundState.GAVE_UP])
    proof.failed = list(visible.values_list("error", flat=True))
    proof.recorded = TrackingEvent.objects.count()
    proof.told = _told()
    proof.parcels = Shipment.objects.filter(merged_into=None).count()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(SIZES)
        proof.sizes = {name: (size, rows) for name, size, rows in cursor.fetchall()}
        for name, query in TWICE.items():
            cursor.execute(f"SELECT count(*) FROM ({query}) AS found")
            proof.twice[name] = int(cursor.fetchone()[0])
    return proof


def _told() -> int:
    """Return how many events the messages tell, repetitions included."""
    rows = InboundMessage.objects.exclude(state=InboundState.FAILED).values_list(
        "source__kind", "body", "headers", "topic", "transport"
    )
    count = 0
    for kind, body, headers, topic, transport in rows.iterator(500):
        with contextlib.suppress(UnreadableMessage):
            count += len(get(kind).read(RawMessage(bytes(body), headers, topic, transport)).events)
    return count
