"""Versions of installed distributions."""

from __future__ import annotations

__all__ = ["distribution_version"]


def distribution_version(name: str) -> str:
    """The installed version, or ``"(not installed)"``, which facefx itself is when it runs from a checkout."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
