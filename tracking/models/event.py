"""Tracking codes, tracking events and observations: what was said about parcels, never rewritten."""

from django.db import models

from tracking.models.shipment import Shipment
from tracking.models.source import Source
from tracking.vocabulary import Evidence, Milestone, Precision, Reason, Turn


class TrackingCode(models.Model):
    """One distinct thing sources say: (source kind, carrier, keys, text shape), with its published meaning."""

    source_kind = models.CharField(max_length=32)
    carrier = models.CharField(max_length=32, blank=True)
    identity = models.BigIntegerField(unique=True)
    keys = models.JSONField(default=list, help_text="Look-up keys, most decisive first: [field, code, subcode].")
    raw_code = models.CharField(max_length=120, blank=True)
    raw_subcode = models.CharField(max_length=120, blank=True)
    text_shape = models.CharField(max_length=160, blank=True)
    sample_text = models.CharField(max_length=300, blank=True)
    first_seen_at = models.DateTimeField()
    milestone = models.CharField(max_length=24, choices=Milestone.choices, default=Milestone.UNMAPPED)
    reason = models.CharField(max_length=24, choices=Reason.choices, blank=True)
    evidence = models.CharField(max_length=20, choices=Evidence.choices, default=Evidence.NONE)
    turn = models.CharField(max_length=20, choices=Turn.choices, blank=True)
    hint = models.BooleanField(default=False)
    decided_by = models.CharField(max_length=200, blank=True, help_text="The mapping row that decided.")
    mapping_version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["source_kind", "raw_code", "id"]
        indexes = [
            models.Index(fields=["-first_seen_at"], name="code_unmapped", condition=models.Q(milestone="unmapped")),
            models.Index(fields=["source_kind", "raw_code", "raw_subcode"], name="code_raw"),
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.raw_code, self.raw_subcode) if part) or self.text_shape

    @property
    def words(self) -> str:
        """What events of this code say that keep no words of their own; "" where texts of any shape share it."""
        return self.sample_text if self.text_shape else ""


class TrackingEvent(models.Model):
    """One thing that happened to one parcel, normalized. Identity: shipment + hash(source, time as received, code)."""

    class Kind(models.TextChoices):
        SOURCE = "source", "Told by a source"
        CORRECTION = "correction", "Corrected by a person"
        SETTLED = "settled", "Settled by a person"
        VOID = "void", "Label voided"
        NOT_RECEIVED = "not_received", "Said not to have arrived"
        WRONG_ADDRESS = "wrong_address", "Address said to be wrong"
        DAMAGED = "damaged", "Said to be damaged"

    # The order of the columns: eight bytes, four, then texts, so that no row pays for gaps between them.
    # Its own index would repeat the beginning of the unique one below; the same for code.
    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="events", db_index=False)
    identity = models.BigIntegerField()
    # No index: nobody asks for a source's events, and sources are not deleted.
    source = models.ForeignKey(Source, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    code = models.ForeignKey(TrackingCode, on_delete=models.PROTECT, null=True, blank=True, db_index=False)
    message_id = models.BigIntegerField(null=True, blank=True, help_text="The inbound message that told it first.")
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(help_text="First receipt.")
    heard_again_at = models.DateTimeField(null=True, blank=True)
    not_repeated_at = models.DateTimeField(null=True, blank=True)
    local_date = models.DateField(null=True, blank=True)
    kind = models.CharField(max_length=16, choices=Kind.choices, default=Kind.SOURCE)
    precision = models.CharField(max_length=8, choices=Precision.choices, default=Precision.INSTANT)
    time_text = models.CharField(max_length=64, blank=True, help_text="As told, where it was no exact moment.")
    carrier = models.CharField(max_length=32, blank=True)
    own_text = models.CharField(
        max_length=300, blank=True, db_column="text", help_text="As told, where it differs from its code's sample."
    )
    city = models.CharField(max_length=120, blank=True)
    region = models.CharField(max_length=64, blank=True)
    postcode = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)
    signed_by = models.CharField(max_length=120, blank=True)
    corrected_status = models.CharField(max_length=24, blank=True)

    class Meta:
        ordering = ["occurred_at", "id"]
        constraints = [models.UniqueConstraint(fields=["shipment", "identity"], name="event_identity")]
        indexes = [models.Index(fields=["code"], name="event_code")]

    def __str__(self) -> str:
        return self.text or str(self.code)

    @property
    def text(self) -> str:
        """What was said, in the source's words. Most events say what their code's sample says; it is not kept again."""
        return self.own_text or (self.code.words if self.code else "")

    @text.setter
    def text(self, words: str) -> None:
        self.own_text = words


class Observation(models.Model):
    """The latest snapshot facts of one source about one parcel."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="observations")
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    observed_at = models.DateTimeField()
    about_at = models.DateTimeField(null=True, blank=True, help_text="Newest event in the snapshot that told it.")
    not_found = models.BooleanField(null=True, blank=True)
    not_found_since = models.DateTimeField(null=True, blank=True)
    estimate_at = models.DateTimeField(null=True, blank=True)
    estimate_until = models.DateTimeField(null=True, blank=True)
    estimate_precision = models.CharField(max_length=8, blank=True)
    estimate_told_at = models.DateTimeField(null=True, blank=True, help_text="Last receipt that named the estimate.")
    original_estimate_at = models.DateTimeField(null=True, blank=True)
    original_told_at = models.DateTimeField(null=True, blank=True, help_text="Receipt of the first estimate.")
    delay_flag = models.CharField(max_length=40, blank=True)
    return_by = models.DateField(null=True, blank=True)
    signed_by = models.CharField(max_length=120, blank=True)
    delivered_city = models.CharField(max_length=120, blank=True)
    delivered_region = models.CharField(max_length=64, blank=True)
    delivered_postcode = models.CharField(max_length=32, blank=True)
    delivered_country = models.CharField(max_length=2, blank=True)
    delivered_to = models.CharField(max_length=120, blank=True)
    proof_url = models.CharField(max_length=500, blank=True)
    told_before = models.JSONField(
        default=dict,
        blank=True,
        help_text="Facts that the newest snapshot did not repeat, with the receipt and time of the one that told them.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "source"], name="observation_once")]

    def __str__(self) -> str:
        return f"{self.source} on {self.shipment}"


class OwnReport(models.Model):
    """An event that we reported to a shop ourselves, marked before it left: it is no news when it comes back."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    fulfilment_id = models.CharField(max_length=128, help_text="As the shop names it.")
    identity = models.BigIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [models.UniqueConstraint(fields=["identity", "fulfilment_id", "source"], name="own_report_once")]

    def __str__(self) -> str:
        return f"{self.source}: fulfilment {self.fulfilment_id}"
