"""``facefx serve``: an HTTP server."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from .messages import say
from .options import DetectorOption, PersonOption, PluginOption, QualityOption, SegmenterOption

__all__ = ["serve", "warmed"]

TOKEN = "FACEFX_SERVE_TOKEN"


def serve(
    host: Annotated[str, typer.Option("--host", help="The address to listen at; 0.0.0.0 for all, behind a proxy.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 for any that is free.")] = 8000,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host", metavar="NAME", help="A name by which it may be asked, besides localhost. May be repeated; * for any."
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-origin", metavar="URL", help="A web page's origin that may ask, https://shop.example. May be repeated."
        ),
    ] = None,
    max_body: Annotated[int, typer.Option("--max-body", min=1, metavar="MB", help="Of a request.")] = 32,
    max_pixels: Annotated[int, typer.Option("--max-pixels", min=1, metavar="MP", help="Of a picture, in millions.")] = 40,
    max_faces: Annotated[int, typer.Option("--max-faces", min=1, help="In a picture.")] = 40,
    max_seconds: Annotated[float, typer.Option("--max-seconds", min=1, help="That the work on a request may take.")] = 60,
    at_once: Annotated[
        int | None, typer.Option("--at-once", min=1, help="Requests worked on at the same time; by default half the cores.")
    ] = None,
    waiting: Annotated[int, typer.Option("--waiting", min=0, help="Requests that may wait; one more is answered 429.")] = 16,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    person: PersonOption = None,
    quality: QualityOption = None,
    plugin: PluginOption = None,
) -> None:
    """Serve the library over HTTP: /v1/apply, /v1/parse, /v1/analyze; /docs says how to ask.

    Safe by default: only this machine can ask, no other web page can, and nothing of a picture is written or logged. The
    environment variable FACEFX_SERVE_TOKEN sets a token that requests must bring.
    """
    from .. import serve as server

    server.check_extra()
    from ..serve.running import run

    usual = server.Limits()
    limits = server.Limits(
        body=max_body * 2**20, pixels=max_pixels * 1_000_000, faces=max_faces, seconds=max_seconds,
        at_once=at_once or usual.at_once, waiting=waiting,
    )  # fmt: skip
    application = server.app(
        limits=limits, hosts=allow_host or (), origins=allow_origin or (), token=os.environ.get(TOKEN) or None,
        segmenter=segmenter, detector=detector, person=person, quality=quality,
    )  # fmt: skip
    if host not in ("127.0.0.1", "localhost", "::1"):
        if not allow_host:
            raise typer.BadParameter("whoever may ask from elsewhere uses a name: give it with --allow-host", param_hint="'--host'")
        if not os.environ.get(TOKEN):
            say(f"anybody who reaches {host} can use this server; {TOKEN} sets a token")
    warmed()
    run(application, host, port, ready=lambda taken: say(f"http://{_shown(host)}:{taken}/docs (Ctrl-C stops it)"))


def warmed() -> Any:
    """A first parse, so that the first request need not wait for models to load."""
    import numpy as np

    from ..parsing.pipeline import parse

    return parse(np.full((64, 64, 3), 127, np.uint8))


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
