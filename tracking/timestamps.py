"""Moments out of the database, read by the C code of the standard library.

Django brings its own reader, which is written in Python and takes ten times as long; a batch of messages reads tens of
thousands of moments.
"""

from datetime import UTC, datetime
from typing import Any

from django.db.backends.signals import connection_created
from psycopg.abc import Buffer
from psycopg.types.datetime import TimestamptzLoader


class UtcLoader(TimestamptzLoader):
    """Reads `timestamptz` of a session whose time zone is UTC."""

    timezone = UTC  # Django asks for it before it uses its own reader

    def load(self, data: Buffer) -> datetime:
        """Return the moment, aware UTC. What is not plain (years beyond 9999, before Christ) is left to psycopg."""
        text = bytes(data).decode()
        if text[4:5] == "-" and text.endswith("+00"):
            return datetime.fromisoformat(text)
        return super().load(data).astimezone(UTC)


def read_fast() -> None:
    """Let every connection opened from now on read moments this way."""
    connection_created.connect(_register, dispatch_uid="tracking.timestamps")


def _register(sender: object, connection: Any, **kwargs: object) -> None:
    if connection.vendor == "postgresql" and connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", UtcLoader)
