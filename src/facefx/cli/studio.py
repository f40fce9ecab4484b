"""``facefx studio``: a web page on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from .messages import say
from .options import DetectorOption, PersonOption, PluginOption, QualityOption, SegmenterOption

__all__ = ["studio"]

HOST = "127.0.0.1"


def studio(
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Another one that is free is taken if it is not.")] = 8765,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")] = True,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    person: PersonOption = None,
    quality: QualityOption = None,
    plugin: PluginOption = None,
) -> None:
    """Open the studio in the browser: drop a photo, click on the hair, move a slider, save.

    Everything stays on this machine, and only it can open the page.
    """
    import threading
    import webbrowser

    from .. import studio as page

    application = page.app(segmenter=segmenter, detector=detector, person=person, quality=quality)
    from ..serve.running import run
    from .serve import warmed

    def ready(taken: int) -> None:
        address = f"http://{HOST}:{taken}/"
        say(f"the studio is at {address} (Ctrl-C stops it)")
        threading.Thread(target=warmed, daemon=True).start()
        if browser:
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    run(application, HOST, port, or_another=True, ready=ready)
