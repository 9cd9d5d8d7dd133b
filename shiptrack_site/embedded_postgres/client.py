"""`manage.py dbshell` on the embedded server."""

from collections.abc import Iterable
from typing import Any

from django.db.backends.postgresql import client

from shiptrack_site.embedded_postgres import server


class DatabaseClient(client.DatabaseClient):
    """Runs the psql that came with the server: the machine may have none, or an older one."""

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Iterable[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return psql's arguments and environment; starts the server if needed."""
        arguments, environment = super().settings_to_cmd_args_env({**settings_dict, **server.address()}, parameters)
        return [str(server.binaries() / "psql"), *arguments[1:]], environment
