"""Holding a file, so that two processes do not write results to one place."""

from __future__ import annotations

from typing import IO, Any

__all__ = ["try_lock"]


def try_lock(file: IO[Any]) -> bool:
    """Hold an open file until it is closed or this process ends, however it ends; False if another holds it.

    True also where the system has no such lock: on Windows, and on some network file systems.
    """
    try:
        import fcntl
    except ImportError:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
