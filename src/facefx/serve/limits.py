"""What one request may cost, and how many may be at work."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields

from ..errors import ParameterError

__all__ = ["Limits"]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Limits:
    """The limits of a server. What is over one of them is refused before a pixel of it is decoded, where that can be known.

    Attributes
    ----------
    body : bytes of a request.
    pixels : of a picture, and of each that is sent along with it.
    faces : in a picture.
    steps : of a chain.
    files : parts of a form that are files.
    seconds : that the work on a request may take. An answer that is not there by then is a 503; what is at work is let finish, and
        its place is free again only then.
    upload_seconds : that a body may take to arrive.
    at_once : requests that are worked on at the same time; by default half the cores, at least one: the work is parallel in itself.
    waiting : requests that may wait for that. One more is answered 429 at once.
    """

    body: int = 32 * 2**20
    pixels: int = 40_000_000
    faces: int = 40
    steps: int = 32
    files: int = 8
    seconds: float = 60.0
    upload_seconds: float = 30.0
    at_once: int = max(_cores() // 2, 1)
    waiting: int = 16

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            least = 0 if one.name == "waiting" else 1
            if value < least:
                raise ParameterError(f"the limit {one.name}={value!r} is not allowed; it takes a number of at least {least}")
