"""pytest plugin: gives the tests keys of their own and a PostgreSQL that vanishes with them.

Named in `pyproject.toml` as `-p`, so that it is loaded before the settings. Only names are chosen here; the database
backend makes the folder when somebody connects. Worker processes inherit the variables and share the server.
"""

import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path
from tempfile import gettempdir

os.environ.setdefault("MODE", "local")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
os.environ.setdefault("FIELD_KEYS", urlsafe_b64encode(os.urandom(32)).decode())
if "DATABASE_URL" not in os.environ and "SHIPTRACK_PGDATA" not in os.environ:
    folder = Path(gettempdir()) / f"shiptrack-test-{secrets.token_hex(6)}"
    os.environ["SHIPTRACK_PGDATA"] = str(folder / "postgres")
    os.environ["SHIPTRACK_THROWAWAY"] = "1"
