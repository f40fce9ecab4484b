"""Files that are held in memory for whoever works with them: a server's uploads, of which nothing is to reach a disk.

    with HeldFiles({"background.jpg": data}):
        chain("replace_background", picture="held:background.jpg")(photo)

A parameter that names a file takes ``held:NAME`` for one of them. Nobody else sees it: another thread or request, which did not
enter, finds no file of that name.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from pathlib import Path
from threading import RLock
from types import MappingProxyType, TracebackType
from typing import Any, TypeVar

__all__ = ["PREFIX", "HeldFiles", "held_bytes", "holder_of"]

#: What the path of a held file begins with; a file on disk of such a name is ``./held:NAME``.
PREFIX = "held:"

Made = TypeVar("Made")


class HeldFiles:
    """Some files in memory, seen by what runs inside ``with``, in the same thread or task.

    Parameters
    ----------
    files : their bytes by name, without `PREFIX`.
    """

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = MappingProxyType(dict(files))
        self._made: dict[Any, Any] = {}
        self._lock = RLock()

    def __enter__(self) -> HeldFiles:
        _here.set((*_here.get(), self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _here.set(_here.get()[:-1])

    def once(self, key: Any, make: Callable[[], Made]) -> Made:
        """What `make` makes of one of the files, kept as long as they are: a parsed portrait, a table of colours."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
            made: Made = self._made[key]
            return made


#: Who was entered here, the last one last; several threads may be inside of one.
_here: ContextVar[tuple[HeldFiles, ...]] = ContextVar("held_files", default=())


def held_bytes(path: str | Path) -> bytes | None:
    """The bytes of a held file; None for the path of a file on disk. Raises `FileNotFoundError` if nobody here holds that one."""
    name = str(path)
    if not name.startswith(PREFIX):
        return None
    holder = holder_of(path)
    if holder is None:
        raise FileNotFoundError(errno.ENOENT, "no such file is held in memory", name)
    return holder.files[name.removeprefix(PREFIX)]


def holder_of(path: str | Path) -> HeldFiles | None:
    """Who holds a file here; None for the path of a file on disk, and for one that nobody here holds."""
    name = str(path)
    if not name.startswith(PREFIX):
        return None
    return next((held for held in reversed(_here.get()) if name.removeprefix(PREFIX) in held.files), None)
