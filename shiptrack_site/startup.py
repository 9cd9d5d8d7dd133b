"""What happens before the processes start: everything here may be done again at any time."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.utils.module_loading import import_string

from shiptrack_site.schedules import sync_schedules
from shiptrack_site.wiring import ON_START


def prepare() -> None:
    """Bring database and files up to date: migrations, presets and logins, schedules, collected static files."""
    call_command("migrate", verbosity=0, interactive=False)
    for path in ON_START:
        import_string(path)()
    sync_schedules()
    collect_static_files()


def collect_static_files() -> bool:
    """Collect and compress what pages need, unless nothing changed since; tell whether it was done.

    One process at a time: two that clear and fill the folder together would take files from under each other.
    """
    folder = Path(settings.STATIC_ROOT)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        stamp, state = folder / ".collected", _state_of_static_files()
        if stamp.exists() and stamp.read_text() == state:
            return False
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(state)
        return True


def _state_of_static_files() -> str:
    """Return a digest over path, size and time of every file the finders know."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for name, storage in finder.list([]):
            facts = Path(storage.path(name)).stat()
            digest.update(f"{name} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()
