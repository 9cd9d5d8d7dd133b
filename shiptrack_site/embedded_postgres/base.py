"""The database backend: Django's own for PostgreSQL, which learns the address at every connect."""

from typing import Any

from django.db.backends.postgresql import base

from shiptrack_site.embedded_postgres import server
from shiptrack_site.embedded_postgres.client import DatabaseClient


class DatabaseWrapper(base.DatabaseWrapper):
    """Asks for a running server whenever Django opens a connection, so a killed one is back at the next connect."""

    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, Any]:
        """Return psycopg's parameters; starts the server if it does not answer."""
        address = server.address()
        return {
            **super().get_connection_params(),
            "host": address["HOST"],
            "port": address["PORT"],
            "user": address["USER"],
        }
