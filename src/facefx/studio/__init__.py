"""The studio: a web page over the library, on this machine alone, for people who do not program.

    from facefx import studio
    application = studio.app()

`gallery.py` holds the pictures that are open, in memory, each parsed once; `steps.py` reads the chain that the page sends, and
`catalog.py` says which effects there are; `routes.py` is what the page asks, `jobs.py` what takes longer than a look: the camera,
films, many pictures. `page/` is the page itself: plain modules and style sheets that need no build and nobody's server.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

__all__ = ["app"]


def app(
    *,
    segmenter: str | Path | None = None,
    detector: str | None = None,
    quality: Any = None,
    person: str | Path | None = None,
) -> Any:
    """The studio as an ASGI application: the API of `facefx.serve` for localhost, and the page at ``/``.

    Raises
    ------
    MissingExtra
        Without FastAPI: ``pip install 'facefx[studio]'``.
    UnknownName, ModelError, PluginError, ParameterError
        If there is no such segmenter or detector, or it is broken.
    """
    from ..serve import Limits, check_extra

    check_extra()
    from ..image.picture import max_pixels_of
    from ..parsing.parser import Parser
    from ..serve.application import build
    from ..serve.guard import Access
    from .routes import add_studio

    parser = Parser.of(segmenter, detector, quality, person)
    pixels = max_pixels_of(None if "FACEFX_MAX_PIXELS" in os.environ else 120_000_000)
    limits = Limits(body=256 * 2**20, pixels=pixels, faces=200, waiting=64, seconds=600, upload_seconds=600, at_once=2)
    api = build(parser, limits, Access())
    add_studio(api, parser, limits)
    return api
