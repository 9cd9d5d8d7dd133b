"""Connected accounts of channels: where messages go and with which credentials."""

from typing import Any

from django.db import models

from tracking.models.encryption import EncryptedJSONField, Sealed, opened


class ChannelAccount(models.Model):
    """The account of one channel at another service. Without an active one nothing is decided for it."""

    channel = models.CharField(max_length=32)
    name = models.SlugField(max_length=32, blank=True, help_text="Tells several accounts of one channel apart.")
    settings = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_sandbox = models.BooleanField(default=False, help_text="Talks to the built-in sandbox on this machine.")
    changed_at = models.DateTimeField()
    digested_at = models.DateTimeField(null=True, blank=True, help_text="When the last digest was asked for.")

    class Meta:
        ordering = ["channel", "name"]
        constraints = [models.UniqueConstraint(fields=["channel", "name"], name="channel_account_once")]

    def __str__(self) -> str:
        return f"{self.channel}: {self.name}" if self.name else self.channel

    @property
    def key(self) -> str:
        """How messages name it as their recipient: "channel:hubspot", "channel:webhook:finance"."""
        return f"channel:{self.channel}:{self.name}" if self.name else f"channel:{self.channel}"

    @property
    def is_sealed(self) -> bool:
        """True when no key of FIELD_KEYS opens its secrets."""
        return isinstance(self.secrets, Sealed)

    def all_settings(self) -> dict[str, Any]:
        """Settings and secrets together, for the channel only. Raises UndecipherableSecret."""
        return {**self.settings, **opened(self.secrets)}
