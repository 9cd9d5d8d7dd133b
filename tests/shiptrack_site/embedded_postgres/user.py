"""A process that uses the embedded server and does what it is told, one line in, one line out.

Run as `python user.py <data folder> [throw-away mode]`. Any line is a query; `fork` leaves a child behind that goes on,
while this process ends; `release` lets go of the server.
"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

import django
from django.conf import settings

settings.configure(
    EMBEDDED_POSTGRES_DATA=Path(sys.argv[1]),
    EMBEDDED_POSTGRES_THROWAWAY=sys.argv[2] if len(sys.argv) > 2 else "no",
    DATABASES={"default": {"ENGINE": "shiptrack_site.embedded_postgres", "NAME": "shiptrack", "CONN_MAX_AGE": 60}},
)
django.setup()

from django.db import OperationalError, connection  # the settings come first

from shiptrack_site.embedded_postgres import server


def ask(query: str) -> str:
    """Return the first value of the first row; one fresh connection if the old one is dead."""
    try:
        return first_value(query)
    except OperationalError:
        connection.close()
        return first_value(query)


def first_value(query: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0]) if cursor.description else "done"


for line in sys.stdin:
    if line.strip() == "fork":
        if os.fork():
            os._exit(0)
        print(os.getpid(), flush=True)
        connection.close()
    elif line.strip() == "release":
        connection.close()
        server.release()
        print("released", flush=True)
    else:
        print(ask(line), flush=True)
