"""Versions of installed distributions."""

from __future__ import annotations

__all__ = ["NOT_INSTALLED", "distribution_version"]

NOT_INSTALLED = "(not installed)"


def distribution_version(name: str) -> str:
    """The installed version, or `NOT_INSTALLED`, which facefx itself is when it runs from a checkout."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return NOT_INSTALLED
