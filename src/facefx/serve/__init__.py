"""An HTTP server over the library: pictures in, pictures, masks or measurements out. Nothing that came is written anywhere.

    from facefx import serve
    application = serve.app()          # an ASGI application: uvicorn, hypercorn, or mounted in one's own

`limits.py` says what one request may cost, `guard.py` who may ask at all, `places.py` how many at once; `uploads.py` reads what
came, `requests.py` what is asked of it, `answers.py` does that; `contract.py` writes the OpenAPI document from the declarations of
effects, `page.py` a page of it; `application.py` puts these together, and `running.py` runs it by uvicorn.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from ..errors import MissingExtra
from .limits import Limits

__all__ = ["Limits", "app", "check_extra"]


def check_extra() -> None:
    """Raise `MissingExtra` unless what the server stands on is installed."""
    for module, need in (("fastapi", "FastAPI"), ("uvicorn", "uvicorn"), ("python_multipart", "python-multipart")):
        try:
            import_module(module)
        except ImportError:
            raise MissingExtra(need, "studio") from None


def app(
    *,
    limits: Limits | None = None,
    hosts: Sequence[str] = (),
    origins: Sequence[str] = (),
    token: str | None = None,
    segmenter: str | Path | None = None,
    detector: str | None = None,
    quality: Any = None,
    person: str | Path | None = None,
) -> Any:
    """The server as an ASGI application (`fastapi.FastAPI`).

    Parameters
    ----------
    limits : what a request may cost; see `Limits` for the defaults.
    hosts : names by which it may be asked (``Host``), besides localhost; ``"*"`` for any, behind a proxy that checks.
    origins : web pages of other origins that may ask it, such as ``"https://shop.example"``; by default none.
    token : if given, all of ``/v1`` and ``/metrics`` want ``Authorization: Bearer TOKEN``.
    segmenter, detector, quality, person : as for `facefx.parse`; they hold for every request.

    Raises
    ------
    MissingExtra
        Without FastAPI: ``pip install 'facefx[studio]'``.
    UnknownName, ModelError, PluginError, ParameterError
        If there is no such segmenter or detector, or it is broken: at once, not at the first request.
    """
    check_extra()
    from ..parsing.parser import Parser
    from .application import build
    from .guard import Access

    access = Access(tuple(hosts), tuple(origins), token)
    return build(Parser.of(segmenter, detector, quality, person), limits or Limits(), access)
