"""Reading the small files that people write or are sent: looks, cards, tables of colours."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

from .held_files import held_bytes

__all__ = ["read_small"]


def read_small(path: str | Path, most: int) -> bytes:
    """The bytes of a regular file that has at most so many. A pipe would be waited for, and a device may never end.

    Raises
    ------
    OSError
        If it cannot be read, is no regular file, or is longer; its ``strerror`` says which.
    """
    held = held_bytes(path)
    if held is not None:
        return _short_enough(held, path, most)
    try:
        mode = Path(path).stat().st_mode
    except ValueError as error:  # a byte of zero in the name
        raise OSError(errno.EINVAL, str(error), str(path)) from None
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    with Path(path).open("rb") as file:
        content = file.read(most + 1)
    return _short_enough(content, path, most)


def _short_enough(content: bytes, path: str | Path, most: int) -> bytes:
    if len(content) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes", str(path))
    return content
