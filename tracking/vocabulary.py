"""The words of the product: stored codes with their labels, colours, icons and named sets.

Colours are names of tints in `static/shiptrack/tokens.css`; icons are Material Symbols names.
"""

from django.db.models import TextChoices


class Milestone(TextChoices):
    """What one tracking event means. `info` changes nothing; `unmapped` is not known and never guessed."""

    LABEL_CREATED = "label_created", "Label created"
    FIRST_SCAN = "first_scan", "First scan"
    IN_TRANSIT = "in_transit", "In transit"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup", "Ready for pickup"
    DELIVERED = "delivered", "Delivered"
    DELAYED = "delayed", "Delayed"
    EXCEPTION = "exception", "Exception"
    RETURNING = "returning", "Returning"
    RETURNED = "returned", "Returned"
    CANCELLED = "cancelled", "Cancelled"
    INFO = "info", "Information only"
    UNMAPPED = "unmapped", "Unmapped"


class ShipmentStatus(TextChoices):
    """Where a parcel stands: a pure function of all its events; `created` = expected, nothing known yet."""

    CREATED = "created", "Expected"
    LABEL_CREATED = "label_created", "Label created"
    FIRST_SCAN = "first_scan", "First scan"
    IN_TRANSIT = "in_transit", "In transit"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    AVAILABLE_FOR_PICKUP = "available_for_pickup", "Ready for pickup"
    DELIVERED = "delivered", "Delivered"
    DELAYED = "delayed", "Delayed"
    EXCEPTION = "exception", "Exception"
    RETURNING = "returning", "Returning"
    RETURNED = "returned", "Returned"
    CANCELLED = "cancelled", "Cancelled"


SILENT_MILESTONES = frozenset({Milestone.INFO, Milestone.UNMAPPED})
MOVING_MILESTONES = frozenset(
    {
        Milestone.FIRST_SCAN,
        Milestone.IN_TRANSIT,
        Milestone.OUT_FOR_DELIVERY,
        Milestone.AVAILABLE_FOR_PICKUP,
        Milestone.DELIVERED,
        Milestone.RETURNING,
        Milestone.RETURNED,
    }
)
TERMINAL_STATUSES = frozenset({ShipmentStatus.DELIVERED, ShipmentStatus.RETURNED, ShipmentStatus.CANCELLED})
BEFORE_SCAN_STATUSES = frozenset({ShipmentStatus.CREATED, ShipmentStatus.LABEL_CREATED})

# Ties at one moment are decided by this order, low to high.
MILESTONE_RANK: dict[str, int] = {
    code: rank
    for rank, code in enumerate(
        (
            Milestone.LABEL_CREATED,
            Milestone.FIRST_SCAN,
            Milestone.IN_TRANSIT,
            Milestone.DELAYED,
            Milestone.EXCEPTION,
            Milestone.OUT_FOR_DELIVERY,
            Milestone.AVAILABLE_FOR_PICKUP,
            Milestone.RETURNING,
            Milestone.DELIVERED,
            Milestone.RETURNED,
            Milestone.CANCELLED,
        )
    )
}

STATUS_LOOK: dict[str, tuple[str, str]] = {  # code -> (tint, icon)
    "created": ("dashed", "label"),
    "label_created": ("dashed", "label"),
    "first_scan": ("move", "barcode_scanner"),
    "in_transit": ("move", "local_shipping"),
    "out_for_delivery": ("move", "delivery_truck_speed"),
    "available_for_pickup": ("pick", "storefront"),
    "delivered": ("ok", "check_circle"),
    "delayed": ("med", "schedule"),
    "exception": ("crit", "error"),
    "returning": ("ret", "undo"),
    "returned": ("ret", "assignment_return"),
    "cancelled": ("low", "block"),
    "info": ("low", "info"),
    "unmapped": ("unm", "help"),
}


class Reason(TextChoices):
    """The carrier's why."""

    ADDRESS_ISSUE = "address_issue", "Address problem"
    FAILED_ATTEMPT = "failed_attempt", "Delivery attempt failed"
    CUSTOMS_HOLD = "customs_hold", "Held by customs"
    DAMAGED = "damaged", "Damaged"
    LOST = "lost", "Lost"
    REFUSED = "refused", "Refused by the recipient"
    WEATHER_DELAY = "weather_delay", "Weather delay"
    CARRIER_DELAY = "carrier_delay", "Carrier delay"
    MISSED_WINDOW = "missed_window", "Missed delivery window"
    HELD_AT_LOCATION = "held_at_location", "Held at a location"
    RETURN_TO_SENDER = "return_to_sender", "Return to sender"
    PAYMENT_DUE = "payment_due", "Payment due"
    OTHER = "other", "Other reason"


class CauseFamily(TextChoices):
    """Who is responsible."""

    CARRIER = "carrier", "Carrier"
    WAREHOUSE = "warehouse", "Warehouse"
    CUSTOMER = "customer", "Customer"
    CUSTOMS = "customs", "Customs"
    WEATHER = "weather", "Weather"
    FEED = "feed", "Data feed"
    US = "us", "Us"


class Evidence(TextChoices):
    """What proves that the carrier holds the parcel, weakest first; `not_physical` says nothing about it."""

    NONE = "none", "No evidence"
    CARRIER_HAS_DATA = "carrier_has_data", "Carrier has the data"
    PICKUP_REGISTERED = "pickup_registered", "Pickup registered"
    BATCH_ACCEPTED = "batch_accepted", "Accepted in a batch"
    ITEM_SCANNED = "item_scanned", "Parcel scanned"
    NOT_PHYSICAL = "not_physical", "Not physical"


EVIDENCE_RANK: dict[str, int] = {
    Evidence.NOT_PHYSICAL: 0,
    Evidence.NONE: 0,
    Evidence.CARRIER_HAS_DATA: 1,
    Evidence.PICKUP_REGISTERED: 2,
    Evidence.BATCH_ACCEPTED: 3,
    Evidence.ITEM_SCANNED: 4,
}


class Precision(TextChoices):
    """How exactly a carrier's time is known."""

    INSTANT = "instant", "Exact moment"
    LOCAL = "local", "Local time without zone"
    DATE = "date", "Day only"


class Turn(TextChoices):
    """What an event does to the direction of travel, beyond its milestone."""

    NONE = "", "No turn"
    RETURN_CANCELLED = "return_cancelled", "Return cancelled"


class Direction(TextChoices):
    OUTBOUND = "outbound", "To the customer"
    RETURN = "return", "Back to us"


class Origin(TextChoices):
    """What kind of teller a source is, highest precedence first."""

    CARRIER = "carrier", "Carrier"
    AGGREGATOR = "aggregator", "Aggregator"
    PLATFORM = "platform", "Shipping platform"
    SHOP = "shop", "Shop"
    OWN = "own", "Own feed"


ORIGIN_PRECEDENCE: dict[str, int] = {code: rank for rank, code in enumerate(Origin.values)}


class NumberRole(TextChoices):
    PRIMARY = "primary", "Primary"
    PARTNER = "partner", "Partner carrier"
    MASTER = "master", "Master of several parcels"
    RETURN = "return", "Return label"
    SUPERSEDED = "superseded", "Superseded"


class SignalKind(TextChoices):
    """One detected problem on one shipment; also the kind of the case it opens."""

    MISSING_TRACKING = "missing_tracking", "No tracking number"
    UNKNOWN_NUMBER = "unknown_number", "Carrier does not know the number"
    NO_FIRST_SCAN = "no_first_scan", "No first scan"
    BATCH_ACCEPTED_ONLY = "batch_accepted_only", "Batch accepted, parcel not scanned"
    STALLED = "stalled", "Stalled"
    PRESUMED_LOST = "presumed_lost", "Presumed lost"
    CARRIER_DELAY = "carrier_delay", "Carrier delay"
    WEATHER_DELAY = "weather_delay", "Weather delay"
    WILL_MISS_PROMISE = "will_miss_promise", "Will miss the promise"
    MISSED_PROMISE = "missed_promise", "Promise missed"
    ADDRESS_ISSUE = "address_issue", "Address problem"
    PAYMENT_DUE = "payment_due", "Payment due"
    FAILED_ATTEMPT = "failed_attempt", "Delivery attempt failed"
    HELD_AT_LOCATION = "held_at_location", "Waiting at pickup point"
    PICKUP_EXPIRING = "pickup_expiring", "Pickup about to expire"
    CUSTOMS_HOLD = "customs_hold", "Held by customs"
    DAMAGED = "damaged", "Damaged"
    LOST = "lost", "Lost"
    REFUSED = "refused", "Refused"
    RETURN_TO_SENDER = "return_to_sender", "Returning to sender"
    MISDELIVERY_SUSPECTED = "misdelivery_suspected", "Delivered in the wrong place?"
    DELIVERED_NOT_RECEIVED = "delivered_not_received", "Delivered, not received"
    MOVEMENT_AFTER_DELIVERY = "movement_after_delivery", "Movement after the end"
    SOURCE_CONFLICT = "source_conflict", "Sources disagree"
    OTHER = "other", "Other exception"


KIND_ICON: dict[str, str] = {
    "missing_tracking": "numbers",
    "unknown_number": "search_off",
    "no_first_scan": "barcode_scanner",
    "batch_accepted_only": "inventory",
    "stalled": "hourglass_empty",
    "presumed_lost": "question_mark",
    "carrier_delay": "schedule",
    "weather_delay": "thunderstorm",
    "will_miss_promise": "event_upcoming",
    "missed_promise": "event_busy",
    "address_issue": "wrong_location",
    "payment_due": "payments",
    "failed_attempt": "door_front",
    "held_at_location": "storefront",
    "pickup_expiring": "storefront",
    "customs_hold": "gavel",
    "damaged": "broken_image",
    "lost": "report",
    "refused": "do_not_touch",
    "return_to_sender": "keyboard_return",
    "misdelivery_suspected": "wrong_location",
    "delivered_not_received": "person_alert",
    "movement_after_delivery": "sync_problem",
    "source_conflict": "compare_arrows",
    "other": "more_horiz",
}


class Severity(TextChoices):
    CRITICAL = "critical", "Critical"
    HIGH = "high", "High"
    MEDIUM = "medium", "Medium"
    LOW = "low", "Low"


SEVERITY_RANK: dict[str, int] = {
    Severity.LOW: 1,
    Severity.MEDIUM: 2,
    Severity.HIGH: 3,
    Severity.CRITICAL: 4,
}
SEVERITY_LOOK: dict[str, tuple[str, str]] = {
    "critical": ("crit-solid", "keyboard_double_arrow_up"),
    "high": ("high", "keyboard_arrow_up"),
    "medium": ("med", "drag_handle"),
    "low": ("low", "keyboard_arrow_down"),
}


class SignalState(TextChoices):
    OPEN = "open", "Open"
    CLEARED = "cleared", "Cleared"
    SETTLED = "settled", "Settled by a person"


class CaseState(TextChoices):
    NEW = "new", "New"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    WAITING = "waiting", "Waiting"
    RESOLVED = "resolved", "Resolved"


OPEN_CASE_STATES = (CaseState.NEW, CaseState.ACKNOWLEDGED, CaseState.WAITING)


class Outcome(TextChoices):
    """How a case ended; the list is closed."""

    ARRIVED = "arrived", "Arrived"
    RETURNED_TO_STOCK = "returned_to_stock", "Returned to stock"
    REFUNDED = "refunded", "Refunded"
    REPLACED = "replaced", "Replaced"
    RESHIPPED = "reshipped", "Reshipped"
    ADDRESS_CORRECTED = "address_corrected", "Address corrected"
    PICKED_UP = "picked_up", "Picked up"
    CLAIM_PAID = "claim_paid", "Claim paid"
    CLAIM_DENIED = "claim_denied", "Claim denied"
    WRITTEN_OFF = "written_off", "Written off"
    CLEARED_ITSELF = "cleared_itself", "Cleared itself"
    NOT_AN_EXCEPTION = "not_an_exception", "Not an exception"
    DUPLICATE = "duplicate", "Duplicate"


class NotExceptionReason(TextChoices):
    """Why a case was none: what a detector, a window or a mapping can learn from."""

    LATE_SCAN = "late_scan", "The scan had happened; we heard of it late"
    USUAL_FOR_LANE = "usual_for_lane", "Usual for this lane: the window is too short"
    AGREED = "agreed", "Agreed with the customer or the warehouse"
    WRONG_MAPPING = "wrong_mapping", "The carrier's code means something else"
    WRONG_DATA = "wrong_data", "Wrong or mixed-up data"
    TEST_ORDER = "test_order", "A test order"
    OTHER = "other", "Another reason"


class WaitingParty(TextChoices):
    """On whom a case waits; empty: on nobody in particular."""

    CUSTOMER = "customer", "Customer"
    CARRIER = "carrier", "Carrier"
    WAREHOUSE = "warehouse", "Warehouse"
    COLLEAGUE = "colleague", "A colleague"


class PromiseSubject(TextChoices):
    """What a person promised a customer."""

    ARRIVAL = "arrival", "The parcel arrives by then"
    OTHER = "other", "Something else is done by then"


class PromiseState(TextChoices):
    """How it stands with what a person promised a customer."""

    OPEN = "open", "Open"
    KEPT = "kept", "Kept"
    BROKEN = "broken", "Broken"
    WITHDRAWN = "withdrawn", "Withdrawn"


MONEY_OUTCOMES = frozenset({Outcome.REFUNDED, Outcome.REPLACED, Outcome.RESHIPPED, Outcome.WRITTEN_OFF})


class CareLevel(TextChoices):
    STANDARD = "standard", "Standard"
    HIGH = "high", "High"


class InboundState(TextChoices):
    """What became of an inbound message."""

    PENDING = "pending", "Waiting"
    PROCESSED = "processed", "Processed"
    NOTHING = "nothing", "Read, nothing to do"
    FAILED = "failed", "Failed, will retry"
    GAVE_UP = "gave_up", "Failed, needs a person"


class Transport(TextChoices):
    WEBHOOK = "webhook", "Pushed"
    POLL = "poll", "Polled"
    PERSON = "person", "Entered by a person"


class ActivityKind(TextChoices):
    """What happened to a case, by the system or a person."""

    OPENED = "opened", "Case opened"
    SIGNAL_ADDED = "signal_added", "Signal added"
    SIGNAL_CLEARED = "signal_cleared", "Signal cleared"
    SEVERITY_RAISED = "severity_raised", "More severe"
    ROUTED = "routed", "Routed"
    TAKEN = "taken", "Taken"
    ASSIGNED = "assigned", "Assigned"
    RELEASED = "released", "Released"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    WAITING = "waiting", "Set to wait"
    WOKEN = "woken", "Came back"
    NOTE = "note", "Note"
    NEXT_ACTION = "next_action", "Next action set"
    RESOLVED = "resolved", "Resolved"
    REOPENED = "reopened", "Reopened"
    MERGED = "merged", "Merged"
    PROMISED = "promised", "Customer promised"
    PROMISE_KEPT = "promise_kept", "Promise kept"
    PROMISE_BROKEN = "promise_broken", "Promise broken"
    PROMISE_WITHDRAWN = "promise_withdrawn", "Promise withdrawn"
    CARE_SET = "care_set", "Care level set"
    MACRO = "macro", "Macro applied"
    UNDONE = "undone", "Undone"
    ESCALATED = "escalated", "Escalated"
    HANDED_OVER = "handed_over", "Handed over"
    DISPUTED = "disputed", "Disputed by the customer"
    REPORTED = "reported", "Reported by the customer"


class DisputeKind(TextChoices):
    """What a customer says against the carrier's story."""

    DELIVERED_NOT_RECEIVED = "delivered_not_received", "Delivered, not received"
    WRONG_ADDRESS = "wrong_address", "Wrong address"


class DisputeSource(TextChoices):
    """By which way a dispute reached us."""

    AGENT = "agent", "Told to an agent"
    TICKET = "ticket", "Ticket"
    CUSTOMER_PAGE = "customer_page", "Customer's page"


class ReportKind(TextChoices):
    """What a customer can report on their page."""

    NOT_RECEIVED = "not_received", "Not received"
    DAMAGED = "damaged", "Damaged"
    WRONG_ADDRESS = "wrong_address", "Delivered to a wrong address"
    CORRECT_ADDRESS = "correct_address", "The address has to be corrected"


class EscalationAction(TextChoices):
    """What a step of the ladder does."""

    NOTIFY_OWNER = "notify_owner", "Tell the owner"
    NOTIFY_LEAD = "notify_lead", "Tell the lead"
    RAISE_SEVERITY = "raise_severity", "Raise the severity"
    REASSIGN = "reassign", "Give it to somebody else"


class FeedState(TextChoices):
    """Health of a source."""

    SETUP = "setup", "Set-up not finished"
    OK = "ok", "Healthy"
    SLOW = "slow", "Slow"
    FAILING = "failing", "Failing"
    SILENT = "silent", "Silent"
    LOSING = "losing", "Webhooks are being lost"
    PAUSED = "paused", "Paused"


class KnowledgeState(TextChoices):
    """Where a topic stands with the customer."""

    TOLD = "told", "Told"
    SCHEDULED = "scheduled", "Will be told"
    TO_APPROVE = "to_approve", "Waits for approval"
    WITHHELD = "withheld", "Not told"
    FAILED = "failed", "Could not be told"
    UNKNOWN = "unknown", "Perhaps told"


class TicketState(TextChoices):
    """Where a ticket stands at its desk."""

    OPEN = "open", "Open"
    PENDING = "pending", "Waits for the customer"
    SOLVED = "solved", "Solved"
    CLOSED = "closed", "Closed"
    DELETED = "deleted", "Deleted at the desk"


class TicketKind(TextChoices):
    """What a customer's ticket is about."""

    WISMO = "wismo", "Where is my order?"
    NOT_RECEIVED = "not_received", "Delivered, not received"
    DAMAGED = "damaged", "Damaged"
    WRONG_ADDRESS = "wrong_address", "Wrong address"
    OTHER = "other", "Something else"


class TicketOrigin(TextChoices):
    """Who began a ticket."""

    CUSTOMER = "customer", "Customer"
    CASE = "case", "Opened for a case"


class TicketMatch(TextChoices):
    """By what a ticket found its order or parcel, the surest first."""

    TRACKING_NUMBER = "tracking_number", "Tracking number"
    ORDER_NUMBER = "order_number", "Order number"
    EMAIL = "email", "E-mail address"
