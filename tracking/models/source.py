"""A connected account of a system: what it needs, how it feels, how often we may ask it."""

from django.db import models

from tracking.connectors import registry
from tracking.connectors.contract import KEPT_TOKEN
from tracking.models.encryption import EncryptedJSONField, Sealed, opened
from tracking.models.parties import Store
from tracking.vocabulary import FeedState


def connector_choices() -> list[tuple[str, str]]:
    """The kinds of source that exist, from the connectors' registry."""
    return registry.choices()


class Source(models.Model):
    """One connected account: its webhooks and its polling together."""

    slug = models.SlugField(max_length=64, unique=True)
    kind = models.CharField(max_length=32, choices=connector_choices)
    name = models.CharField(max_length=120, blank=True)
    stores = models.ManyToManyField(Store, blank=True, related_name="sources")
    is_active = models.BooleanField(default=True)
    is_sandbox = models.BooleanField(default=False, help_text="Talks to the built-in sandbox on this machine.")
    settings = models.JSONField(default=dict, blank=True)
    secrets = EncryptedJSONField(default=dict, blank=True)
    token = EncryptedJSONField(default=dict, blank=True)
    created_at = models.DateTimeField()

    precedence = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Whose word counts more when sources disagree: 0 carrier, 1 aggregator, 2 platform, 3 shop, "
        "4 own feed. Empty: what its kind is.",
    )
    polling_is_on = models.BooleanField(default=True)
    cursor = models.CharField(max_length=200, blank=True)
    next_poll_at = models.DateTimeField(null=True, blank=True, help_text="Cursor pollers: when to ask next.")
    calls_allowed = models.PositiveIntegerField(default=0, help_text="Calls per period; 0 = the vendor's default.")
    period_seconds = models.PositiveIntegerField(default=0)
    bucket_tokens = models.FloatField(null=True, blank=True)
    bucket_at = models.DateTimeField(null=True, blank=True)
    quota_limit = models.IntegerField(null=True, blank=True)
    quota_remaining = models.IntegerField(null=True, blank=True)
    quota_resets_at = models.DateTimeField(null=True, blank=True)
    quota_told_at = models.DateTimeField(null=True, blank=True)

    feed_state = models.CharField(max_length=16, choices=FeedState.choices, default=FeedState.SETUP)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_success_at = models.DateTimeField(null=True, blank=True)
    last_failure_at = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=500, blank=True)
    failures_in_a_row = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True, help_text="The first of the failures in a row.")
    blocked_until = models.DateTimeField(null=True, blank=True, help_text="Circuit open: no calls before this.")
    parcels_counted_at = models.DateTimeField(
        null=True, blank=True, help_text="In trouble: when its active parcels were last counted and found too few."
    )
    signature_failures = models.PositiveIntegerField(default=0)
    last_signature_failure_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name or self.slug

    def __repr__(self) -> str:
        return f"<Source {self.slug}>"

    @property
    def is_sealed(self) -> bool:
        """True when no key of FIELD_KEYS opens its secrets."""
        return isinstance(self.secrets, Sealed)

    def all_settings(self) -> dict[str, str]:
        """Settings and secrets together, for the connector only. Raises UndecipherableSecret."""
        return {**self.settings, **opened(self.secrets)}

    def settings_at_the_door(self) -> dict[str, str]:
        """All settings, and the value of the token kept last: some signatures need keys that were fetched before.

        Raises UndecipherableSecret.
        """
        return {**self.all_settings(), KEPT_TOKEN: opened(self.token).get("value", "")}
