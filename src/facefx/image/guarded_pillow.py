"""Pillow behind a guard: it succeeds or it is an `ImageError`, it warns nobody, and how large a picture may be is for us to say.

Warning filters and Pillow's limit belong to the whole process. Neither is held while a picture is decoded, so threads do not wait
for each other, and a process that is forked meanwhile waits for nobody.
"""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from PIL import Image

from ..errors import ImageError

__all__ = ["pillow", "quiet", "too_large"]


@contextmanager
def pillow(what: str) -> Iterator[None]:
    """Run Pillow on a picture called `what` so that all it can do is succeed or raise `ImageError`, without warnings.

    Its own limit on pixels is off meanwhile: ask for the size before anything is decoded.
    """
    with _limit.off(), quiet():
        try:
            yield
        except ImageError:
            raise
        except Exception as error:  # a damaged file makes a decoder raise nearly anything
            raise ImageError(f"{what} is damaged or cut short: {error or type(error).__name__}.") from error


def too_large(what: str, size: str, max_pixels: int) -> ImageError:
    """The error for a picture of more pixels than are allowed; `size` is its size in words."""
    return ImageError(
        f"{what} is too large: {size} pixels, where {max_pixels} are allowed. "
        "If you trust it, raise max_pixels or the environment variable FACEFX_MAX_PIXELS."
    )


class _Limit:
    """Pillow's limit, off as long as anybody is at work, and as it was once nobody is."""

    def __init__(self) -> None:
        self.lock, self.users, self.before = threading.Lock(), 0, Image.MAX_IMAGE_PIXELS

    @contextmanager
    def off(self) -> Iterator[None]:
        with self.lock:
            if not self.users:
                self.before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
            self.users += 1
        try:
            yield
        finally:
            with self.lock:
                self.users -= 1
                if not self.users:
                    Image.MAX_IMAGE_PIXELS = self.before

    def forked(self) -> None:
        """In a new process, in which none of those who were at work is."""
        if self.users:
            Image.MAX_IMAGE_PIXELS = self.before
        self.lock, self.users = threading.Lock(), 0


_limit = _Limit()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_limit.forked)


class _Quiet(threading.local):
    """Stands in a filter of warnings where a pattern for their text would, and matches all of the threads that are to be quiet."""

    depth = 0

    def match(self, text: str) -> bool:
        return self.depth > 0


_quiet = _Quiet()
_FILTER = ("ignore", _quiet, Warning, None, 0)


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings of this thread; those of others are shown as ever, which `warnings.catch_warnings` does not manage."""
    filters: Any = warnings.filters
    if not filters or filters[0] is not _FILTER:
        filters.insert(0, _FILTER)
        for place in reversed(range(1, len(filters))):
            if filters[place] is _FILTER:
                del filters[place]
    _quiet.depth += 1
    try:
        yield
    finally:
        _quiet.depth -= 1
