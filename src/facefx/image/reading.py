"""The bytes of a picture, from a file or an object, and no more of them than it could need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..errors import ImageError
from ..held_files import held_bytes

__all__ = ["read_bytes", "read_object"]


def read_bytes(path: Path, limit: int) -> bytes:
    """What is in a file. Raises `ImageError` for what no picture of `limit` pixels can be."""
    try:
        if (held := held_bytes(path)) is not None:
            return held
        if path.is_dir():
            raise ImageError(f"{str(path)!r} is a folder; name a picture file in it.")
        if not path.exists():
            raise ImageError(f"there is no file {str(path)!r}.")
        if not path.is_file():
            raise ImageError(f"{str(path)!r} is not a regular file.")
        with path.open("rb") as file:
            return read_object(file, limit)
    except (OSError, ValueError) as error:
        raise ImageError(f"the file {str(path)!r} cannot be read: {error}.") from error


def read_object(file: Any, limit: int) -> bytes:
    """All that is left in a binary file, refused where no picture within the limit could be that long."""
    # Float RGBA without compression, and as much again for metadata and other frames as is reasonable.
    longest = 16 * limit + (64 << 20)
    try:
        data = file.read(longest + 1)
    except (OSError, ValueError) as error:
        raise ImageError(f"the file cannot be read: {error}.") from error
    if not isinstance(data, bytes):
        raise ImageError(f"the file object gave {type(data).__name__}; open it in binary mode.")
    if len(data) > longest:
        raise ImageError(f"the file is longer than {longest} bytes, which no picture of {limit} pixels needs.")
    return data
