"""Encryption at rest of secrets: a JSON field whose stored form is a Fernet token.

The keys are `settings.FIELD_KEYS`, newest first: the first encrypts, all decrypt, so a key is rotated by putting a
new one in front and saving the rows again (`manage.py rotate_keys`).
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models


class UndecipherableSecret(Exception):
    """No key of FIELD_KEYS opens the stored secret."""


def cipher() -> MultiFernet:
    """Return the cipher over all configured keys, newest first."""
    return MultiFernet([Fernet(key) for key in settings.FIELD_KEYS])


class Sealed(dict[str, Any]):
    """A secret that no key opens: it looks empty, is stored again as it was, and `opened` refuses it."""

    def __init__(self, stored: str) -> None:
        super().__init__()
        self.stored = stored


def opened(secret: dict[str, Any]) -> dict[str, Any]:
    """Return a secret that could be read. Raises UndecipherableSecret."""
    if isinstance(secret, Sealed):
        raise UndecipherableSecret("No key of FIELD_KEYS opens this secret.")
    return secret


if TYPE_CHECKING:  # fields take type arguments in their stubs only
    _Text = models.TextField[Mapping[str, Any], dict[str, Any]]
else:
    _Text = models.TextField


class EncryptedJSONField(_Text):
    """A JSON object, encrypted in the database; an empty object is stored as an empty string."""

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> dict[str, Any]:
        if not value:
            return {}
        try:
            return json.loads(cipher().decrypt(value.encode()))
        except InvalidToken:
            return Sealed(value)  # pages about the row must still open

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, dict) else {}

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Sealed):
            return value.stored
        return cipher().encrypt(json.dumps(value).encode()).decode() if value else ""
