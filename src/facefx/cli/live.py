"""``facefx live``: a window on a camera."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import (
    DetectorOption,
    EffectOption,
    LookOption,
    MinConfidenceOption,
    PersonOption,
    PluginOption,
    SegmenterOption,
    SmallestFaceOption,
    ThresholdOption,
    tuned,
)
from .video import DetectEveryOption, ParseEveryOption, SizeOption

if TYPE_CHECKING:
    from ..chains.sequence import Chain

__all__ = ["live"]


def live(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A camera's number, a video file, or a folder of pictures.")
    ] = "0",
    effect: EffectOption = None,
    look: LookOption = None,
    segmenter: SegmenterOption = None,
    detector: DetectorOption = None,
    detector_threshold: ThresholdOption = None,
    smallest_face: SmallestFaceOption = None,
    person: PersonOption = None,
    folder: Annotated[Path, typer.Option("--save-to", metavar="FOLDER", help="Where stills and recordings go.")] = Path(),
    size: SizeOption = 256,
    parse_every: ParseEveryOption = 2,
    detect_every: DetectEveryOption = 30,
    min_confidence: MinConfidenceOption = 0.0,
    virtual_camera: Annotated[
        bool,
        typer.Option("--virtual-camera", help="Be a camera too, which video calls can choose: the picture with the look on it."),
    ] = False,
    plugin: PluginOption = None,
) -> None:
    """Show a camera's picture with the parts of every face, or one part alone, and looks on it.

    The window says which key does what. Without looks and effects, Tab goes through the ready looks.
    """
    from ..live import sources, window
    from ..live.session import Session
    from ..live.virtual_camera import VirtualCamera
    from ..video import Tracker, Tracking

    if not folder.is_dir():
        raise typer.BadParameter(f"{str(folder)!r} is no folder", param_hint="'--save-to'")
    tracker = Tracker(
        segmenter,
        tuned(detector, detector_threshold, smallest_face),
        Tracking(size=size, parse_every=parse_every, detect_every=detect_every),
        person,
    )
    camera = VirtualCamera() if virtual_camera else None
    window.run(Session(tracker, _looks(look, effect), folder, min_confidence, camera), sources.frames_of(source))


def _looks(look: list[Path] | None, effect: list[str] | None) -> list[tuple[str, Chain]]:
    """None first, then each look given, and the effects as one; without either all ready looks."""
    from ..chains.ready_looks import looks as ready
    from ..chains.sequence import Chain, load_look
    from .effect_text import chain_from_options

    named = [(path.stem, load_look(path)) for path in look or ()]
    if effect:
        named.append(("effects", chain_from_options(None, effect)))
    return [("none", Chain()), *(named or [(name, load_look(name)) for name in ready()])]
