"""What the desk starts with: claim windows, who deserves care, macros, and clocks that may stand still."""

from tracking.models import CarePolicy, Carrier, ClaimPolicy, KindPolicy, Macro
from tracking.vocabulary import CaseState, SignalKind, WaitingParty

CHECK = "A common term, not your contract: check with your carrier."
# Clock days from the day of shipping; a general term of each carrier for domestic parcels, the shortest of its
# international ones. Contracts differ, so every row is marked as not confirmed.
CLAIM_DAYS: dict[str, tuple[int, int]] = {"ups": (60, 60), "fedex": (60, 21), "usps": (60, 60), "dhl_express": (30, 30)}
CUSTOMERS_TURN = (SignalKind.ADDRESS_ISSUE, SignalKind.PAYMENT_DUE, SignalKind.FAILED_ATTEMPT, SignalKind.REFUSED)
MACROS: tuple[Macro, ...] = (
    Macro(
        name="Asked the customer for the address",
        position=10,
        kinds=[SignalKind.ADDRESS_ISSUE, SignalKind.FAILED_ATTEMPT],
        note="Asked the customer for the full address and a phone number.",
        next_action="Give the corrected address to the carrier.",
        due_hours=16,
        state=CaseState.WAITING,
        waiting_party=WaitingParty.CUSTOMER,
    ),
    Macro(
        name="Opened a trace with the carrier",
        position=20,
        kinds=[SignalKind.STALLED, SignalKind.PRESUMED_LOST, SignalKind.MISSED_PROMISE, SignalKind.BATCH_ACCEPTED_ONLY],
        note="Opened a trace with the carrier.",
        next_action="Read the carrier's answer to the trace and tell the customer.",
        due_hours=16,
        state=CaseState.WAITING,
        waiting_party=WaitingParty.CARRIER,
        waits_for_scan=True,
    ),
    Macro(
        name="Asked the warehouse whether it left",
        position=30,
        kinds=[SignalKind.NO_FIRST_SCAN, SignalKind.MISSING_TRACKING, SignalKind.UNKNOWN_NUMBER],
        note="Asked the warehouse whether the parcel left and for proof of handover.",
        next_action="Read the warehouse's answer; ship again if it did not leave.",
        due_hours=4,
        state=CaseState.WAITING,
        waiting_party=WaitingParty.WAREHOUSE,
        waits_for_scan=True,
    ),
    Macro(
        name="Claim filed",
        position=40,
        kinds=[kind.value for kind in ClaimPolicy.KINDS],
        note="Filed the claim with the carrier.",
        next_action="Ask the carrier how the claim stands.",
        due_hours=40,
        state=CaseState.ACKNOWLEDGED,
    ),
)


def load(*, is_first: bool) -> None:
    """Create what is missing; what administrators changed or deleted stays so.

    `is_first`: the kinds' own rows have just been made, so their clocks may be set too.
    """
    if not ClaimPolicy.objects.exists():
        _claims()
    if not CarePolicy.objects.exists():
        _care()
    if not Macro.objects.exists():
        Macro.objects.bulk_create(_copy(row) for row in MACROS)
    if is_first:
        KindPolicy.objects.filter(kind__in=CUSTOMERS_TURN).update(pauses_while_waiting_on_customer=True)


def _claims() -> None:
    carriers = {row.code: row for row in Carrier.objects.filter(code__in=CLAIM_DAYS)}
    ClaimPolicy.objects.bulk_create(
        ClaimPolicy(carrier=carriers[code], kind=kind, international=international, days=days, note=CHECK)
        for code, both in CLAIM_DAYS.items()
        if code in carriers
        for kind in ClaimPolicy.KINDS
        for international, days in zip((False, True), both, strict=True)
    )


def _care() -> None:
    CarePolicy.objects.bulk_create(
        (
            CarePolicy(name="Order of 250 or more", position=10, minimum_total_minor=25_000),
            CarePolicy(name="Tagged VIP", position=20, tag="VIP"),
            CarePolicy(name="Two cases within half a year", position=30, troubles=2, troubles_within_days=180),
        )
    )


def _copy(row: Macro) -> Macro:
    """A row of its own, so that loading twice in one process does not meet the ids of the first time."""
    return Macro(
        **{each.attname: getattr(row, each.attname) for each in Macro._meta.concrete_fields if each.name != "id"}
    )
