"""Whom the embedded server runs as. PostgreSQL refuses root, so root needs another user. Standard library only."""

import os
import pwd
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Owner:
    """A way to start programs: words before the command, and arguments for `subprocess`."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def can_run(self, program: Path, folder: Path) -> bool:
        """Tell whether the program starts and the folder can be entered: a parent of either may be closed."""
        script = 'cd "$1" && exec "$2" --version'
        command = [*self.prefix, "sh", "-c", script, "sh", str(folder), str(program)]
        try:
            tried = subprocess.run(command, **self.options, cwd="/", env=CLEAN, capture_output=True, check=False)
        except OSError:
            return False
        return tried.returncode == 0


CLEAN = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C"}
"""Environment of everything the keeper starts: no PG* variable and no locale of the person at the keyboard."""


def find_owner(data: Path, postgres: Path) -> Owner:
    """Return the current user, or for root the owner of the data, else of the checkout, else `nobody`.

    Under folders closed to that user (a checkout in root's home) the server keeps the one capability that lets it pass,
    instead of the folders being opened. Raises `PermissionError` with a way out.
    """
    if os.geteuid() != 0:
        return Owner(os.geteuid(), os.getegid())
    account = _account(data)
    plain = Owner(
        account.pw_uid,
        account.pw_gid,
        options={"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []},
    )
    folder = data.parent  # the data folder itself may not exist yet
    for candidate in (plain, _with(account, "dac_read_search"), _with(account, "dac_override")):
        if candidate.can_run(postgres, folder):
            return candidate
    raise PermissionError(
        f"PostgreSQL does not run as root, and {account.pw_name} may not enter {folder} or {postgres.parent}. "
        "Run ShipTrack as an ordinary user, move it to a folder others may enter, or set DATABASE_URL."
    )


def _account(data: Path) -> pwd.struct_passwd:
    for folder in (data, data.parent, data.parent.parent):
        if folder.exists() and (uid := folder.stat().st_uid):
            return pwd.getpwuid(uid)
    return pwd.getpwnam("nobody")


def _with(account: pwd.struct_passwd, capability: str) -> Owner:
    # no_setuid_fixup: else access() ignores the capability. pdeathsig: a change of user clears the one set before exec.
    flags = ("--securebits=+no_setuid_fixup", "--pdeathsig=INT", f"--reuid={account.pw_uid}")
    more = (f"--regid={account.pw_gid}", "--clear-groups")
    granted = (f"--inh-caps=+{capability}", f"--ambient-caps=+{capability}")
    return Owner(account.pw_uid, account.pw_gid, prefix=("setpriv", *flags, *more, *granted))
