"""One physical parcel, its names, and the state projected from its events."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThan

from tracking.models.order import Order
from tracking.models.parties import Carrier, Service, Store, Warehouse
from tracking.models.source import Source
from tracking.models.tokens import TOKEN_LENGTH, new_public_token
from tracking.vocabulary import CareLevel, Direction, Evidence, NumberRole, Precision, Reason, ShipmentStatus

# Conditions of partial indexes: only parcels whose data came in disorder are in them, so that lists of those cost
# little at any size. Queries have to use the same expressions.
LABEL_AT = Coalesce("label_told_at", "label_at", "fulfilled_at")
LATE_AFTER = timedelta(hours=1)
NO_NUMBER = Q(number="", fulfilled_at__isnull=False, ended_at=None, merged_into=None)
LATE_NUMBER = Q(GreaterThan(F("number_at") - LABEL_AT, Value(LATE_AFTER)), merged_into=None)
EARLY_SCAN = Q(
    first_scan_at__lt=Coalesce("label_told_at", "label_at"), first_scan_precision=Precision.INSTANT, merged_into=None
)


class Shipment(models.Model):
    """One physical parcel, whatever it is called. Projected columns are written by the projection alone."""

    public_token = models.CharField(max_length=TOKEN_LENGTH, unique=True, default=new_public_token)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, blank=True)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="shipments")
    direction = models.CharField(max_length=10, choices=Direction.choices, default=Direction.OUTBOUND)
    carrier = models.ForeignKey(Carrier, on_delete=models.SET_NULL, null=True, blank=True)
    service = models.ForeignKey(Service, on_delete=models.SET_NULL, null=True, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.SET_NULL, null=True, blank=True)
    number = models.CharField(max_length=64, blank=True, help_text="Current primary number, normalized.")
    parcel_count = models.PositiveSmallIntegerField(default=1, help_text="Parcels of the same order.")
    created_at = models.DateTimeField()
    fulfilled_at = models.DateTimeField(null=True, blank=True)
    number_at = models.DateTimeField(null=True, blank=True)
    label_told_at = models.DateTimeField(null=True, blank=True, help_text="Label time told by a platform or shop.")
    voided_at = models.DateTimeField(null=True, blank=True)
    order_cancelled_at = models.DateTimeField(null=True, blank=True)
    not_received_at = models.DateTimeField(
        null=True, blank=True, help_text="When the customer or an agent said that it did not arrive."
    )
    wrong_address_at = models.DateTimeField(
        null=True, blank=True, help_text="When the customer or an agent said that the address is wrong."
    )
    damage_told_at = models.DateTimeField(null=True, blank=True, help_text="When the customer said that it is damaged.")
    claimed_twice = models.BooleanField(default=False)
    merged_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True)
    ship_to_city = models.CharField(max_length=120, blank=True)
    ship_to_region = models.CharField(max_length=64, blank=True)
    ship_to_postcode = models.CharField(max_length=32, blank=True)
    ship_to_country = models.CharField(max_length=2, blank=True)
    ship_from_country = models.CharField(max_length=2, blank=True)
    is_international = models.BooleanField(default=False)
    care_level = models.CharField(max_length=10, choices=CareLevel.choices, default=CareLevel.STANDARD)
    care_policy = models.CharField(max_length=200, blank=True, help_text="Which policy set the care level.")
    care_reason = models.CharField(max_length=300, blank=True, help_text="In words, what of the order met the policy.")
    care_set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    promise_at = models.DateTimeField(null=True, blank=True)
    promise_is_date = models.BooleanField(default=False)
    promise_origin = models.CharField(max_length=120, blank=True)

    status = models.CharField(max_length=24, choices=ShipmentStatus.choices, default=ShipmentStatus.CREATED)
    status_at = models.DateTimeField(null=True, blank=True)
    status_precision = models.CharField(max_length=8, choices=Precision.choices, default=Precision.INSTANT)
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)
    evidence = models.CharField(max_length=20, choices=Evidence.choices, default=Evidence.NONE)
    label_at = models.DateTimeField(null=True, blank=True)
    first_scan_at = models.DateTimeField(null=True, blank=True)
    first_scan_precision = models.CharField(max_length=8, choices=Precision.choices, default=Precision.INSTANT)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    last_event_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    is_returning = models.BooleanField(default=False)
    estimate_at = models.DateTimeField(null=True, blank=True)
    estimate_precision = models.CharField(max_length=8, blank=True)
    estimate_source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, blank=True)
    original_estimate_at = models.DateTimeField(null=True, blank=True)
    estimate_inside_since = models.DateTimeField(null=True, blank=True)
    return_by = models.DateField(null=True, blank=True)
    moved_after_end_at = models.DateTimeField(null=True, blank=True)
    holds_messages = models.BooleanField(default=False)
    conflict_since = models.DateTimeField(null=True, blank=True)
    not_found_since = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    signed_by = models.CharField(max_length=120, blank=True)
    delivered_to = models.CharField(max_length=120, blank=True)
    delivered_city = models.CharField(max_length=120, blank=True)
    delivered_region = models.CharField(max_length=64, blank=True)
    delivered_postcode = models.CharField(max_length=32, blank=True)
    delivered_country = models.CharField(max_length=2, blank=True)
    proof_url = models.CharField(max_length=500, blank=True)
    unmapped_events = models.PositiveSmallIntegerField(default=0)
    sentence_key = models.CharField(max_length=64, blank=True)
    sentence_parameters = models.JSONField(default=dict, blank=True)
    sentence_version = models.PositiveSmallIntegerField(default=1)
    projected_at = models.DateTimeField(null=True, blank=True)
    mapping_version = models.PositiveIntegerField(default=0)
    next_check_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["number"], name="shipment_number"),
            models.Index(fields=["order"], name="shipment_order"),
            models.Index(fields=["next_check_at"], name="shipment_due", condition=Q(next_check_at__isnull=False)),
            models.Index(fields=["status", "-id"], name="shipment_status"),
            models.Index(fields=["carrier", "-id"], name="shipment_carrier"),
            models.Index(
                fields=["last_event_at"], name="shipment_active", condition=Q(ended_at=None, merged_into=None)
            ),
            models.Index(fields=["fulfilled_at"], name="shipment_no_number", condition=NO_NUMBER),
            models.Index(fields=["number_at"], name="shipment_late_number", condition=LATE_NUMBER),
            models.Index(fields=["first_scan_at"], name="shipment_early_scan", condition=EARLY_SCAN),
        ]

    def __str__(self) -> str:
        return self.number or f"parcel {self.pk}"


class TrackingNumber(models.Model):
    """A name of a parcel, valid for a while. `claim` tells shipments apart that claim one number."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="numbers")
    number = models.CharField(max_length=64)
    carrier_group = models.CharField(max_length=32, blank=True)
    role = models.CharField(max_length=12, choices=NumberRole.choices, default=NumberRole.PRIMARY)
    claim = models.PositiveSmallIntegerField(default=0)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    told_by = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, blank=True)
    contradicts_carrier = models.BooleanField(
        default=False, help_text="Its pattern or check digit is none of the carrier it was told with."
    )

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["number"], name="trackingnumber_number"),
            models.Index(fields=["valid_to"], name="trackingnumber_replaced", condition=Q(role="superseded")),
            models.Index(fields=["valid_from"], name="trackingnumber_doubtful", condition=Q(contradicts_carrier=True)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "carrier_group", "claim"],
                condition=Q(valid_to=None),
                name="trackingnumber_current",
            )
        ]

    def __str__(self) -> str:
        return self.number


class StatusChange(models.Model):
    """A change of any fact the customer can see, with the sentence as it stood then."""

    class Cause(models.TextChoices):
        CREATED = "created", "Parcel announced"
        EVENT = "event", "Tracking event"
        OBSERVATION = "observation", "Carrier's snapshot"
        REMAPPED = "remapped", "Mapping changed"
        CORRECTION = "correction", "Corrected by a person"
        JOINED = "joined", "Parcels joined"
        NUMBER = "number", "Tracking number"

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="status_changes")
    from_status = models.CharField(max_length=24, blank=True)
    to_status = models.CharField(max_length=24, choices=ShipmentStatus.choices)
    reason = models.CharField(max_length=24, blank=True)
    evidence = models.CharField(max_length=20, blank=True)
    occurred_at = models.DateTimeField(null=True, blank=True)
    known_at = models.DateTimeField()
    cause = models.CharField(max_length=12, choices=Cause.choices)
    mapping_version = models.PositiveIntegerField(default=0)
    sentence_key = models.CharField(max_length=64)
    sentence_parameters = models.JSONField(default=dict)
    sentence_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["known_at", "id"]
        indexes = [models.Index(fields=["shipment", "known_at"], name="statuschange_story")]

    def __str__(self) -> str:
        return f"{self.from_status} -> {self.to_status}"
