"""What a customer knows of a parcel, as the messaging side reports it."""

from django.db import models

from tracking.models.shipment import Shipment
from tracking.vocabulary import KnowledgeState


class CustomerKnowledge(models.Model):
    """Where one topic stands with the customer of one parcel: told, to be told, or why not."""

    shipment = models.ForeignKey(Shipment, on_delete=models.CASCADE, related_name="knowledge", db_index=False)
    topic = models.CharField(max_length=80, help_text='What a message is about: "first_scan", "failed_attempt:2".')
    state = models.CharField(max_length=12, choices=KnowledgeState.choices)
    at = models.DateTimeField(help_text="When this became so; of a scheduled message the time it was scheduled.")
    reason = models.CharField(max_length=40, blank=True, help_text="Why withheld or failed, as a code.")

    class Meta:
        ordering = ["at", "id"]
        verbose_name_plural = "customer knowledge"
        constraints = [models.UniqueConstraint(fields=["shipment", "topic"], name="knowledge_once")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.state}"
