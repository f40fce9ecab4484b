"""Looking for a face where the detector found none: by parsing the whole picture."""

from __future__ import annotations

from ..face.values import Detection
from ..image.canvas import Canvas
from ..inference.detector.whole_frame import WholeFrame
from .crop import parse_heads
from .measure import Measured, measure
from .parser import Parser

__all__ = ["search_by_parsing"]


def search_by_parsing(picture: Canvas, parser: Parser) -> list[Detection]:
    """Where a detector found nothing: parse the whole picture coarsely, upright and turned, and take the likeliest face in it."""
    (frame,) = WholeFrame().detect(picture)
    best: Measured | None = None
    turns = [Detection(frame.box, roll, 0.0) for roll in (0.0, 90.0, -90.0, 180.0)]
    for turned, parsing in zip(turns, parse_heads(picture, turns, parser), strict=True):
        measured = measure(parsing, turned)
        if measured and (best is None or measured.detection.score > best.detection.score + 0.05):
            best = measured
    return [best.detection] if best else []
