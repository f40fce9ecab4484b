"""Options of the form A=B."""

from __future__ import annotations

from facefx.errors import ParameterError

__all__ = ["pairs"]


def pairs(texts: list[str] | None) -> list[tuple[str, str]]:
    """`A=B` as (A, B)."""
    split = [text.rpartition("=") for text in texts or []]
    for left, _, right in split:
        if not left or not right:
            raise ParameterError(f"{left or right!r} is not of the form A=B.")
    return [(left, right) for left, _, right in split]
