"""Public tokens: addresses of pages that need no account, so nobody may be able to guess one."""

import secrets

from django.contrib.postgres.functions import RandomUUID
from django.db.models import TextField
from django.db.models.functions import MD5, Cast, Concat

TOKEN_LENGTH = 32


def new_public_token() -> str:
    """A token nobody can guess: 128 random bits."""
    return secrets.token_urlsafe(16)


# What PostgreSQL itself gives to rows that were there before, or are written without this program: one UUID alone holds
# 122 random bits, the digest of two holds 128. PostgreSQL takes them from the operating system's generator.
TOKEN_BY_DATABASE = MD5(Concat(Cast(RandomUUID(), TextField()), Cast(RandomUUID(), TextField())))
