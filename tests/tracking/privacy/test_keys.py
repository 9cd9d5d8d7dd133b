"""After `rotate_keys` the newest key alone opens every secret."""

from datetime import UTC, datetime

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command
from django.test import override_settings

from tracking.models import Source
from tracking.models.encryption import UndecipherableSecret
from tracking.privacy.keys import rotate_keys

pytestmark = pytest.mark.django_db

OLD, NEW, OTHER = (Fernet.generate_key().decode() for _ in range(3))
SECRETS, TOKEN = {"webhook_secret": "s3cret"}, {"value": "t0ken"}


def source(slug: str = "shop") -> Source:
    with override_settings(FIELD_KEYS=[OLD]):
        return Source.objects.create(
            slug=slug, kind="shopify", secrets=SECRETS, token=TOKEN, created_at=datetime(2026, 1, 1, tzinfo=UTC)
        )


def test_the_old_key_can_be_thrown_away() -> None:
    pk = source().pk
    with override_settings(FIELD_KEYS=[NEW]), pytest.raises(UndecipherableSecret):
        Source.objects.get(pk=pk).all_settings()
    with override_settings(FIELD_KEYS=[NEW, OLD]):
        assert rotate_keys().count == 1
        assert rotate_keys().count == 1
    with override_settings(FIELD_KEYS=[NEW]):
        row = Source.objects.get(pk=pk)
    assert (row.secrets, row.token) == (SECRETS, TOKEN)


def test_a_source_without_secrets_stays_without() -> None:
    pk = source().pk
    Source.objects.filter(pk=pk).update(secrets={}, token={})
    rotate_keys()
    row = Source.objects.get(pk=pk)
    assert (row.secrets, row.token) == ({}, {})


def test_a_row_that_no_key_opens_is_named_and_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    lost = source("lost").pk
    with override_settings(FIELD_KEYS=[OTHER]):
        Source.objects.create(slug="fine", kind="usps", secrets=SECRETS, created_at=datetime(2026, 1, 1, tzinfo=UTC))
    with override_settings(FIELD_KEYS=[NEW, OTHER]), pytest.raises(CommandError, match=f"source {lost}"):
        call_command("rotate_keys")
    assert "1 rows" in capsys.readouterr().out
    with override_settings(FIELD_KEYS=[OLD]):
        assert Source.objects.get(pk=lost).secrets == SECRETS
