"""The words of messages: stored codes with their labels, and named sets of them."""

from django.db.models import TextChoices


class Verdict(TextChoices):
    SEND = "send", "Send"
    WITHHOLD = "withhold", "Withhold"


class Withheld(TextChoices):
    """Why nothing is said; the list is closed."""

    LABEL_ONLY = "label_only", "Only a label exists; the carrier does not have the parcel"
    EVIDENCE_TOO_LOW = "evidence_too_low", "The carrier has not scanned the parcel itself"
    ALREADY_SENT = "already_sent", "Said already, or about to be said"
    SUPERSEDED = "superseded", "Something newer or more exact is true"
    TOO_OLD = "too_old", "It happened too long ago"
    OPTED_OUT = "opted_out", "The customer does not want such messages"
    SUPPRESSED_ADDRESS = "suppressed_address", "Messages to this address came back"
    NO_ADDRESS = "no_address", "No address to write to"
    CASE_OPEN_NEEDS_HUMAN = "case_open_needs_human", "A person has to look at the open case first"
    SOURCE_CONFLICT = "source_conflict", "The sources contradict each other"
    POST_TERMINAL_CONFLICT = "post_terminal_conflict", "The parcel was reported again after its end"
    DELIVERED_BEFORE_IMPORT = "delivered_before_import", "It was over before this parcel was known here"
    IMPORTED = "imported", "It came with an import"
    REREAD = "reread", "Old reports were read again"
    TEST_ORDER = "test_order", "It is a test order"
    FREQUENCY_CAP = "frequency_cap", "Enough messages about this parcel for now"
    CHANNEL_PAUSED = "channel_paused", "The channel is paused"
    KILL_SWITCH = "kill_switch", "All customer messages are switched off"
    RULE_DISABLED = "rule_disabled", "The rule is switched off"
    NO_RULE = "no_rule", "No rule speaks of this"
    PREVIEW_ONLY = "preview_only", "The rule only shows what it would say"


class Why(TextChoices):
    """What decided when a message leaves."""

    NOW = "now", "At once"
    DELAY = "delay", "After a wait"
    QUIET_HOURS = "quiet_hours", "After the quiet hours"
    DIGEST = "digest", "Together with the order's other parcels"
    APPROVAL = "approval", "After approval"


class OutboxState(TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    AWAITING_APPROVAL = "awaiting_approval", "Waits for approval"
    SENDING = "sending", "Being sent"
    SENT = "sent", "Sent"
    SUPERSEDED = "superseded", "Superseded"
    CANCELLED = "cancelled", "Cancelled"
    FAILED = "failed", "Failed"
    UNKNOWN = "unknown", "Perhaps sent"


WAITING = (OutboxState.SCHEDULED, OutboxState.AWAITING_APPROVAL)
"""May still be withdrawn, by a person or by newer truth."""
GIVEN_UP = (OutboxState.SUPERSEDED, OutboxState.CANCELLED, OutboxState.FAILED)
"""No longer stand in the way of another message on the same topic."""


class SubjectKind(TextChoices):
    SHIPMENT = "shipment", "Parcel"
    ORDER = "order", "Order"
    CASE = "case", "Case"


class Audience(TextChoices):
    CUSTOMER = "customer", "Customer"
    OWNER = "owner", "Owner of the case"
    TEAM = "team", "Team of the case"
    NAMED = "named", "Named addresses"
    SYSTEM = "system", "A connected service"


class Purpose(TextChoices):
    """What a message is for; customers may refuse each on its own."""

    PROGRESS = "progress", "Progress of a delivery"
    PROBLEM = "problem", "Delays and problems of a delivery"


class Mode(TextChoices):
    ON = "on", "On"
    OFF = "off", "Off"
    PREVIEW = "preview", "Shows only what it would say"


class Approval(TextChoices):
    AUTO = "auto", "Sent without approval"
    APPROVE = "approve", "Waits for approval"
    APPROVE_OR_SEND = "approve_or_send", "Waits for approval, but not for ever"


class AttemptResult(TextChoices):
    STARTED = "started", "Started"
    SENT = "sent", "Sent"
    TEMPORARY = "temporary", "Failed, will be tried again"
    PERMANENT = "permanent", "Failed for good"
    UNKNOWN = "unknown", "Perhaps sent"
    NOT_NEEDED = "not_needed", "Not needed"


class OutboxAct(TextChoices):
    """What a person did with a message."""

    CANCELLED = "cancelled", "Cancelled"
    SENT_NOW = "sent_now", "Sent at once"
    APPROVED = "approved", "Approved"
    RETRIED = "retried", "Tried again"
    WAS_SENT = "was_sent", "Confirmed that it was sent"
    SENT_AGAIN = "sent_again", "Sent again"


class MailNews(TextChoices):
    """What a provider reports of a message after it was sent."""

    DELIVERED = "delivered", "Delivered"
    DEFERRED = "deferred", "Delayed at the other side"
    BOUNCED = "bounced", "Came back"
    COMPLAINED = "complained", "Called unwanted"
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed"


SUPPRESSING = frozenset({MailNews.BOUNCED, MailNews.COMPLAINED})


class PressState(TextChoices):
    """What became of a button pressed in Slack."""

    WAITING = "waiting", "Waiting"
    DONE = "done", "Done"
    REFUSED = "refused", "Refused"
    FAILED = "failed", "Failed"
