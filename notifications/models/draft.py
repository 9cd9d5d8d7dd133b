"""What editors are working on: one draft of the rules, and one of each template and language."""

from django.conf import settings
from django.db import models


class MessageDraft(models.Model):
    """A draft, valid or not. `key` is "rules" or "template:delayed:en"; `based_on` the version it was begun from."""

    key = models.CharField(max_length=90, unique=True)
    content = models.JSONField()
    based_on = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True)
    edited_at = models.DateTimeField()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        return self.key
