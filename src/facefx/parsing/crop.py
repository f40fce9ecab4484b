"""The square, upright crops that faces are parsed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from ..face.values import Detection, FaceParsing
from ..image.canvas import Canvas
from ..inference.detector.whole_frame import FACE_PER_CROP, LIFT
from ..pixels import geometry
from .parser import Parser

__all__ = ["head_crop", "parse_crop", "parse_heads"]

#: So many faces of a picture go through the network in one call: a GPU is hardly busy with one, and memory is not endless.
BATCH = 8


def head_crop(found: Detection, size: int) -> np.ndarray:
    """The affine of the crop that holds a detected face's whole head."""
    turn = np.deg2rad(found.roll)
    up = LIFT * found.box.side
    center = found.box.center[0] + up * np.sin(turn), found.box.center[1] - up * np.cos(turn)
    return geometry.crop_affine(center, FACE_PER_CROP * found.box.side, found.roll, size)


def parse_crop(picture: Canvas, affine: np.ndarray, parser: Parser) -> FaceParsing:
    """Parse what `affine`, (2, 3) from picture to crop, cuts out of a picture."""
    crop = geometry.cut(picture, affine, parser.size)
    return FaceParsing(parser.probabilities(crop[None])[0], parser.scheme, affine)


def parse_heads(picture: Canvas, detections: Sequence[Detection], parser: Parser) -> Iterator[FaceParsing]:
    """Parse the head crops of several detections, `BATCH` in each call of the network."""
    size = parser.size
    for start in range(0, len(detections), BATCH):
        affines = [head_crop(found, size) for found in detections[start : start + BATCH]]
        answers = parser.probabilities(np.stack([geometry.cut(picture, affine, size) for affine in affines]))
        yield from (FaceParsing(answer, parser.scheme, affine) for answer, affine in zip(answers, affines, strict=True))
