"""Who does not want to be written to, or cannot be. Kept by hash, so that it survives the erasure of a person."""

from django.db import models

from notifications.vocabulary import MailNews, Purpose


class OptOut(models.Model):
    """A customer of one store who refuses messages of one purpose."""

    store_id = models.BigIntegerField()
    email_key = models.CharField(max_length=64, help_text="Hash of the e-mail address.")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    at = models.DateTimeField()
    how = models.CharField(max_length=16, help_text="page, one_click or provider")

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "opt-outs"
        constraints = [models.UniqueConstraint(fields=["email_key", "store_id", "purpose"], name="optout_once")]

    def __str__(self) -> str:
        return f"{self.purpose} at store {self.store_id}"


class SuppressedAddress(models.Model):
    """An address from which messages came back, or whose reader called them unwanted."""

    email_key = models.CharField(max_length=64, unique=True, help_text="Hash of the e-mail address.")
    news = models.CharField(max_length=16, choices=MailNews.choices)
    at = models.DateTimeField()
    detail = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-at"]
        verbose_name_plural = "suppressed addresses"

    def __str__(self) -> str:
        return self.get_news_display()
