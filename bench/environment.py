"""The installation a measurement runs on: own keys, own ports, an own PostgreSQL that is durable.

Standard library only: it has to be done before Django reads its settings.
"""

import os
import secrets
import socket
from base64 import urlsafe_b64encode
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = (
    "DATABASE_URL",
    "DEBUG",
    "ALLOWED_HOSTS",
    "TRUSTED_PROXIES",
    "CSRF_TRUSTED_ORIGINS",
    "PUBLIC_URL",
    "PGSERVICE",
)
"""Settings of the caller's own installation; none of them may reach into a measurement."""


def prepare() -> None:
    """Set the environment of this process and of all it starts.

    The data folder lies beside the real one and not in a temporary folder, which may be memory: a commit has to cost
    what it costs in production.
    """
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ |= {
        "MODE": "local",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_KEYS": urlsafe_b64encode(os.urandom(32)).decode(),
        "SHIPTRACK_DEMO": "0",
        "SHIPTRACK_PGDATA": str(ROOT / "var" / f"bench-{os.getpid()}-{secrets.token_hex(4)}" / "postgres"),
        "SHIPTRACK_THROWAWAY": "durable",
        "PORT": str(free_port()),
        "SANDBOX_PORT": str(free_port()),
        "EMAIL_PROVIDER": "sandbox",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "shiptrack_site.settings",
    }


def free_port() -> int:
    """Return a port of the loopback address that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
