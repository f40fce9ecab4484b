"""Errors as HTTP answers them: one JSON table, with the library's own sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import errors

__all__ = ["HIDDEN", "problem", "status_of"]

#: What is said of errors that are the server's own business: their messages may name its files.
HIDDEN = "something is wrong with this server, not with the request; its owner finds the reason in the log"

_STATUS: tuple[tuple[tuple[type[errors.FacefxError], ...], int], ...] = (
    ((errors.MissingExtra,), 415),
    ((errors.ImageError, errors.NoFaceFound, errors.ParameterError, errors.UnknownName, errors.LookError), 422),
    ((errors.RegionUnavailable, errors.OutputError), 422),
)


def status_of(error: errors.FacefxError) -> int:
    """The HTTP status of an error: 500 for models, plugins and effects that fail, which are not about the request."""
    return next((status for kinds, status in _STATUS if isinstance(error, kinds)), 500)


def problem(status: int, error: str, message: str, headers: Mapping[str, str] | None = None) -> Any:
    """The answer: ``{"error": kind, "message": sentence}``."""
    from starlette.responses import JSONResponse

    return JSONResponse({"error": error, "message": message}, status, dict(headers or {}))
