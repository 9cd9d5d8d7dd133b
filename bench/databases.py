"""Databases of a run: one prepared like a new installation, and copies of it that the measurements fill and change."""

from collections.abc import Callable

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from bench import ground
from shiptrack_site.embedded_postgres import server
from shiptrack_site.schedules import sync_schedules
from shiptrack_site.startup import collect_static_files
from tracking import clock
from tracking.presets import loading

INSTALLED = str(settings.DATABASES["default"]["NAME"])
MAINTENANCE = "postgres"

_filled: set[str] = set()


def install() -> None:
    """Bring the first database to where a new installation is, with the sources and people that measurements need."""
    call_command("migrate", verbosity=0, interactive=False)
    loading.load_all(now=clock.now())
    sync_schedules()
    collect_static_files()
    ground.lay(clock.now())


def use(name: str) -> None:
    """Make Django talk to another database of the server from here on."""
    connection.close()
    connection.settings_dict["NAME"] = name


def filled(name: str, fill: Callable[[], None]) -> str:
    """Return a database that was copied from the installed one and filled once in this run; it must not be changed."""
    if name not in _filled:
        copy(INSTALLED, name)
        use(name)
        fill()
        settle()
        _filled.add(name)
    return name


def copy(source: str, name: str) -> str:
    """Make a new database as a copy of another one nobody uses at the moment; return its name."""
    use(MAINTENANCE)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{source}" STRATEGY file_copy')
    return name


def drop(name: str) -> None:
    """Remove a database."""
    use(MAINTENANCE)
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def settle() -> None:
    """Do now what the server would do soon after so many changes, so that it does not do it while time is taken."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def address(name: str) -> str:
    """Return the DATABASE_URL of a database, for programs started beside this one."""
    folder = server.address()["HOST"].replace("/", "%2F")
    return f"postgresql://postgres@{folder}:5432/{name}"
