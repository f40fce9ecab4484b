"""One detected face: parsed, measured, and parsed again on a better crop where the first one was off."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ..face.face import Face
from ..face.values import Box, Detection, FaceParsing
from ..image.canvas import Canvas
from ..pixels import geometry
from .crop import head_crop, parse_crop
from .measure import is_off, measure
from .parser import Parser
from .wide import hair_runs_out, runs_out, widen

__all__ = ["parse_face"]

#: A crop is cut at most so often. A face that leaves its crop is larger than can be measured there, by about this factor at a time.
MAX_CROPS, ENLARGE = 4, 1.5


def parse_face(picture: Canvas | np.ndarray, found: Detection, parser: Parser, first: FaceParsing | None = None) -> Face | None:
    """Parse a detected face; None if there is none after all. `first` is its head crop, if that was parsed already."""
    picture = Canvas.of(picture)
    parsing = first or parse_crop(picture, head_crop(found, parser.size), parser)
    measured = measure(parsing, found) if parser.tells_where else None
    for _ in range(MAX_CROPS - 1):
        if measured is None or parser.is_aligned:
            break
        cut = runs_out(measured.face, parsing, picture.shape)
        if not cut and not is_off(found, measured):
            break
        found = measured.detection
        if cut:
            found = replace(found, box=Box.square(found.box.center, ENLARGE * found.box.side))
        again = parse_crop(picture, head_crop(found, parser.size), parser)
        better = measure(again, found)
        if better is None and not parser.knows_faces:
            break  # the outline had led astray, and nothing else tells
        parsing, measured = again, better
    if measured is None and parser.tells_where and not parser.is_aligned:
        return None
    parsing = parser.corrected(parsing, partial(geometry.cut, picture, parsing.affine, parser.size))
    if not parser.is_aligned and hair_runs_out(parsing, picture.shape):
        parsing = widen(picture, parsing, parser)
    if measured is None:
        return Face(found.box, found.roll, found.score, parsing, picture)
    return Face(measured.box, measured.detection.roll, measured.detection.score, parsing, picture)
