"""Orders and their fulfilments, as shops and platforms tell them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from tracking.models.parties import Customer, Store, Warehouse
from tracking.models.source import Source
from tracking.models.tokens import TOKEN_BY_DATABASE, TOKEN_LENGTH, new_public_token


class Order(models.Model):
    """One order of one store. Key: store + vendor order id; look-up: store + normalized number."""

    public_token = models.CharField(
        max_length=TOKEN_LENGTH, unique=True, default=new_public_token, db_default=TOKEN_BY_DATABASE
    )
    store = models.ForeignKey(Store, on_delete=models.PROTECT)
    source = models.ForeignKey(Source, on_delete=models.SET_NULL, null=True, blank=True)
    external_id = models.CharField(max_length=128)
    number = models.CharField(max_length=64, blank=True)
    normalized_number = models.CharField(max_length=64, blank=True)
    version_at = models.DateTimeField(null=True, blank=True, help_text="The vendor's own version of this order.")
    created_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField()
    currency = models.CharField(max_length=3, blank=True)
    total_minor = models.BigIntegerField(null=True, blank=True)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, blank=True)
    ship_to_city = models.CharField(max_length=120, blank=True)
    ship_to_region = models.CharField(max_length=64, blank=True)
    ship_to_postcode = models.CharField(max_length=32, blank=True)
    ship_to_country = models.CharField(max_length=2, blank=True)
    is_test = models.BooleanField(default=False)
    is_stub = models.BooleanField(default=False, help_text="Only its ids are known so far.")
    cancelled_at = models.DateTimeField(null=True, blank=True)
    shipping_method = models.CharField(max_length=120, blank=True)
    tags = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    promised_date = models.DateField(null=True, blank=True)
    needs_review = models.BooleanField(default=False, help_text="One of its parcels has an open case.")
    corrected_fields = ArrayField(models.CharField(max_length=64), default=list, blank=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="order_store_external")]
        indexes = [
            models.Index(fields=["normalized_number", "store"], name="order_number"),
            models.Index(fields=["customer"], name="order_customer"),
            models.Index(fields=["-created_at", "-id"], name="order_newest"),
            models.Index(fields=["-id"], name="order_review", condition=models.Q(needs_review=True)),
        ]

    def __str__(self) -> str:
        return self.number or f"order {self.external_id}"


class OrderAlias(models.Model):
    """Another id of an order: a shipping platform's or warehouse's copy of the shop's order is that order."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT)
    external_id = models.CharField(max_length=128)
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="aliases")

    class Meta:
        verbose_name_plural = "order aliases"
        constraints = [models.UniqueConstraint(fields=["store", "external_id"], name="order_alias_once")]

    def __str__(self) -> str:
        return self.external_id


class OrderLine(models.Model):
    """One line of an order."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    external_id = models.CharField(max_length=128)
    sku = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=250, blank=True)
    quantity = models.PositiveIntegerField(default=1)
    requires_shipping = models.BooleanField(default=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["order", "external_id"], name="order_line_once")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.title or self.sku}"


class Fulfilment(models.Model):
    """What the shop says was sent together; one parcel per number, or one parcel without number."""

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="fulfilments")
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    external_id = models.CharField(max_length=128)
    version_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=32, blank=True)
    carrier_name = models.CharField(max_length=120, blank=True)
    service_name = models.CharField(max_length=120, blank=True)
    requires_shipping = models.BooleanField(default=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.SET_NULL, null=True, blank=True)
    lines = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="fulfilment_source_external")]

    def __str__(self) -> str:
        return f"fulfilment {self.external_id}"


class FulfilmentParcel(models.Model):
    """Links a fulfilment's n-th parcel with its shipment; several orders may share a shipment."""

    fulfilment = models.ForeignKey(Fulfilment, on_delete=models.CASCADE, related_name="parcels")
    shipment = models.ForeignKey("tracking.Shipment", on_delete=models.CASCADE, related_name="parcel_links")
    parcel_index = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="The fulfilment no longer names this parcel.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fulfilment", "parcel_index"],
                condition=models.Q(ended_at=None),
                name="fulfilment_parcel_index",
            )
        ]

    def __str__(self) -> str:
        return f"{self.fulfilment} parcel {self.parcel_index + 1}"
