"""How people look at the queue: views of their own, and who is looking at which case at the moment."""

from django.conf import settings
from django.db import models

from tracking.models.case import ExceptionCase


class SavedView(models.Model):
    """What one person chose of the queue, under a name of theirs; shown in their side bar in `position` order."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="queue_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500, help_text="The queue's address after the question mark.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="queue_view_name")]

    def __str__(self) -> str:
        return self.name


class Presence(models.Model):
    """Somebody has a case open. The page repeats it every few seconds; what was not repeated is not shown."""

    class Kind(models.TextChoices):
        VIEWING = "viewing", "looking at it"
        EDITING = "editing", "writing on it"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    case = models.ForeignKey(ExceptionCase, on_delete=models.CASCADE, related_name="presences")
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.VIEWING)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "case"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user} {self.get_kind_display()}"
