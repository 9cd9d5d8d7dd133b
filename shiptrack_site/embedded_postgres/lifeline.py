"""Ties a child process to its parent's life. Standard library only, usable without Django."""

import ctypes
import os
import sys
from collections.abc import Callable

_SET_PARENT_DEATH_SIGNAL = 1  # Linux, prctl(2)


def stop_with_parent(number: int) -> Callable[[], object] | None:
    """Return a `preexec_fn`: the kernel sends the child this signal when its parent dies, however it dies.

    Linux only, elsewhere None. To be used from the main thread: the kernel watches the thread that started the child.
    """
    if not sys.platform.startswith("linux"):
        return None
    parent = os.getpid()
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(_SET_PARENT_DEATH_SIGNAL, number)
        if os.getppid() != parent:  # it died in between
            os.kill(os.getpid(), number)

    return bind
