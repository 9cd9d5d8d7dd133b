"""Support tickets: what customers ask at a desk, and what was opened there for our cases."""

from django.db import models
from django.db.models import Q

from tracking.models.case import ExceptionCase
from tracking.models.dispute import Dispute
from tracking.models.order import Order
from tracking.models.parties import Customer
from tracking.models.shipment import Shipment
from tracking.vocabulary import TicketKind, TicketMatch, TicketOrigin, TicketState


class SupportTicket(models.Model):
    """One ticket of one desk, as it was last told. A customer's words stand here alone."""

    desk = models.CharField(max_length=32, help_text='The channel it came by: "zendesk", "help_desk".')
    external_id = models.CharField(max_length=64)
    origin = models.CharField(max_length=10, choices=TicketOrigin.choices, default=TicketOrigin.CUSTOMER)
    state = models.CharField(max_length=10, choices=TicketState.choices, default=TicketState.OPEN)
    kind = models.CharField(max_length=16, choices=TicketKind.choices, default=TicketKind.OTHER)
    subject = models.CharField(max_length=300, blank=True)
    said = models.TextField(blank=True)
    url = models.CharField(max_length=500, blank=True)
    customer = models.ForeignKey(Customer, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    shipment = models.ForeignKey(Shipment, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    case = models.ForeignKey(ExceptionCase, on_delete=models.SET_NULL, null=True, blank=True, related_name="tickets")
    dispute = models.ForeignKey(
        Dispute, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    matched_by = models.CharField(max_length=16, choices=TicketMatch.choices, blank=True)
    acted_on = models.CharField(
        max_length=16, choices=TicketKind.choices, blank=True, help_text="The meaning that raised its case."
    )
    created_at = models.DateTimeField(help_text="At the desk.")
    updated_at = models.DateTimeField(help_text="The desk's version: older news never overwrites newer.")
    received_at = models.DateTimeField()

    class Meta:
        ordering = ["-received_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["desk", "external_id"], name="ticket_once")]
        indexes = [
            models.Index(fields=["-received_at", "-id"], name="ticket_newest"),
            models.Index(fields=["case", "desk"], name="ticket_case", condition=Q(origin="case")),
        ]

    def __str__(self) -> str:
        return f"{self.desk} {self.external_id}"
