"""Reads settings from the environment. A value that cannot be used stops the start with a sentence."""

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from environs import Env, EnvError

T = TypeVar("T")

env = Env()
names_read: set[str] = set()
"""Every name asked for so far; a test holds it against the table in the README."""

IDENTITY = ("SECRET_KEY", "FIELD_KEYS", "MODE")
"""What the generated file holds. One of them in the environment means: configured on purpose, leave the file alone."""


def _parsed(name: str, parse: Callable[[], T], must_be: str) -> T:
    names_read.add(name)
    try:
        return parse()
    except (EnvError, ValueError) as error:
        raise ImproperlyConfigured(f"the setting {name} must be {must_be}.") from error


def text(name: str, default: str) -> str:
    """Return the setting, or `default` if it is absent or empty."""
    return _parsed(name, lambda: env.str(name, "") or default, "text")


def required(name: str, meaning: str) -> str:
    """Return a setting that has no default; raise `ImproperlyConfigured` with `meaning` if it is absent."""
    if value := text(name, ""):
        return value
    raise ImproperlyConfigured(f"the setting {name} is missing. It must be {meaning}.")


def switch(name: str, default: bool) -> bool:
    """Return a yes/no setting."""
    return _parsed(name, lambda: env.bool(name, default), "1 or 0")


def number(name: str, default: int, *, low: int, high: int) -> int:
    """Return a whole number between `low` and `high`, both included."""
    must_be = f"a whole number from {low} to {high}"
    value = _parsed(name, lambda: env.int(name, default), must_be)
    if not low <= value <= high:
        raise ImproperlyConfigured(f"the setting {name} is {value}, but must be {must_be}.")
    return value


def items(name: str, default: Iterable[str] = ()) -> list[str]:
    """Return a comma-separated list without blanks and empty parts."""
    parts = _parsed(name, lambda: env.list(name, list(default)), "a comma-separated list")
    return [part.strip() for part in parts if part.strip()]


def one_of(name: str, default: str, allowed: tuple[str, ...]) -> str:
    """Return a setting that knows only certain words."""
    value = text(name, default)
    if value not in allowed:
        raise ImproperlyConfigured(f"the setting {name} is {value!r}, but must be {' or '.join(allowed)}.")
    return value


def mail_server(url: str) -> tuple[str, int, str, str, bool, bool]:
    """Return host, port, user, password, STARTTLS and TLS of the setting `SMTP_URL`; raise if it is no such address."""
    must_be = "smtp://user:password@host:587 (STARTTLS), smtps://...:465 (TLS) or smtp+plain://host:25"
    found = urlsplit(url)
    ports = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
    if found.scheme not in ports or not found.hostname:
        raise ImproperlyConfigured(f"the setting SMTP_URL must be {must_be}.")
    port = _parsed("SMTP_URL", lambda: found.port or ports[found.scheme], must_be)
    user, password = unquote(found.username or ""), unquote(found.password or "")
    return found.hostname, port, user, password, found.scheme == "smtp", found.scheme == "smtps"


def field_keys() -> list[str]:
    """Return the keys for secrets at rest; the first encrypts, all decrypt. Raises if one is not a Fernet key."""
    meaning = "one or more Fernet keys, separated by commas (the first encrypts)"
    keys = items("FIELD_KEYS", [required("FIELD_KEYS", meaning)])
    for key in keys:
        _parsed("FIELD_KEYS", lambda key=key: Fernet(key), meaning)  # type: ignore[misc]
    return keys


def load_local_file(path: Path) -> None:
    """Put the keys of a local trial into the environment; make the file on the first run.

    Does nothing if one of `IDENTITY` is set: a deployment never depends on a file it did not write.
    """
    if any(os.environ.get(name) for name in IDENTITY):
        return
    if not path.exists():
        _create_local_file(path)
    for line in path.read_text().splitlines():
        name, separator, value = line.partition("=")
        if separator and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip())


def _create_local_file(path: Path) -> None:
    """Write the file complete under another name, then link it: of several processes at once, one wins, all agree."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(f"SECRET_KEY={get_random_secret_key()}\nFIELD_KEYS={Fernet.generate_key().decode()}\nMODE=local\n")
    if os.geteuid() == 0:  # a trial as root must not lock the checkout's owner out later
        owner = path.parent.parent.stat()
        os.chown(draft, owner.st_uid, owner.st_gid)
        os.chown(path.parent, owner.st_uid, owner.st_gid)
    with contextlib.suppress(FileExistsError):
        os.link(draft, path)
    draft.unlink()
