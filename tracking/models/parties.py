"""Who takes part: stores, customers, warehouses, carriers and their services."""

import hashlib

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models

COLOUR = RegexValidator(r"^#[0-9a-fA-F]{6}\Z", "A colour is # and six of 0-9 and a-f, for instance #24483d.")


class Store(models.Model):
    """A shop front: brand, languages, time zone, currency, sender."""

    name = models.CharField(max_length=120, unique=True)
    brand = models.CharField(max_length=120, blank=True, help_text="What customers read above pages and messages.")
    brand_colour = models.CharField(
        max_length=7,
        blank=True,
        validators=[COLOUR],
        help_text="For instance #24483d. Words on and in it are made readable, light and dark. Empty: ShipTrack's own.",
    )
    default_language = models.CharField(max_length=8, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="USD")
    country = models.CharField(max_length=2, default="US")
    sender_email = models.EmailField(blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def email_hash(email: str) -> str:
    """Return the look-up key of an e-mail address: SHA-256 of its trimmed lower-case form, "" for none."""
    cleaned = email.strip().lower()
    return hashlib.sha256(cleaned.encode()).hexdigest() if cleaned else ""


class Customer(models.Model):
    """A person who ordered at one store; survives erasure as an empty row with its hash."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT)
    email_key = models.CharField(max_length=64)
    email = models.CharField(max_length=254, blank=True)
    name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=64, blank=True)
    locale = models.CharField(max_length=16, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["store", "email_key"], name="customer_store_email")]
        indexes = [models.Index(fields=["email_key"], name="customer_email_key")]

    def __str__(self) -> str:
        return initials(self.name) or f"customer {self.pk}"


def initials(name: str) -> str:
    """Return "A. B." for "Ann Brown": what people see before personal data is revealed."""
    return " ".join(f"{part[0].upper()}." for part in name.split()[:3])


class Carrier(models.Model):
    """A carrier; `code` is the word used in keys and mappings."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    country = models.CharField(max_length=2, default="US", help_text="Whose public holidays its calendar follows.")
    time_zone = models.CharField(max_length=64, default="America/New_York")
    works_saturday = models.BooleanField(default=False)
    works_sunday = models.BooleanField(default=False)
    tracking_url = models.CharField(max_length=300, blank=True, help_text="With {number} where the number goes.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """A carrier's service, with the names vendors use for it."""

    carrier = models.ForeignKey(Carrier, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["carrier", "name"], name="service_carrier_name")]

    def __str__(self) -> str:
        return self.name


class Warehouse(models.Model):
    """Where parcels leave from; `aliases` are the ids vendors use for it."""

    name = models.CharField(max_length=120, unique=True)
    country = models.CharField(max_length=2, default="US")
    region = models.CharField(max_length=64, blank=True)
    city = models.CharField(max_length=120, blank=True)
    time_zone = models.CharField(max_length=64, default="America/New_York")
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    is_default = models.BooleanField(default=False)
    closed_days = ArrayField(models.DateField(), default=list, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class PickupCutoff(models.Model):
    """On which weekdays and until what local time a carrier collects at a warehouse."""

    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="cutoffs")
    carrier = models.ForeignKey(
        Carrier, on_delete=models.CASCADE, null=True, blank=True, help_text="Empty: any carrier."
    )
    weekday = models.PositiveSmallIntegerField(help_text="0 = Monday ... 6 = Sunday")
    cutoff = models.TimeField(help_text="In the warehouse's time zone.")

    class Meta:
        ordering = ["warehouse", "weekday"]
        constraints = [
            models.UniqueConstraint(
                fields=["warehouse", "carrier", "weekday"], name="cutoff_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="cutoff_weekday"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse} {self.weekday} {self.cutoff:%H:%M}"
