"""From a picture to a `Scene`: every face is detected, cut out upright, and parsed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..face.face import Face
from ..face.near_and_wide import NearAndWide, near_parsing
from ..face.postprocessing import not_of, without_islands, without_others
from ..face.scene import Scene
from ..face.values import Box, Detector, FaceParsing, GivenBox, Segmenter
from ..image.canvas import Canvas
from ..image.picture import Picture, Source, open_image
from ..inference.cards import Quality
from .crop import parse_heads
from .parse_face import parse_face
from .parser import Parser
from .search import search_by_parsing
from .sightings import with_sightings

__all__ = ["believable", "distinct", "parse", "parse_picture", "parse_rgb"]

#: mouth is not (7 looked at). With today's default detector: docs/limits.md.
SURE, DOUBTFUL = 0.9, 0.8


def parse(
    image: Source | Picture,
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Path | Detector | Sequence[GivenBox] | None = None,
    quality: Quality | None = None,
    person: str | Path | Segmenter | None = None,
) -> Scene:
    """Find every face in a picture and parse it into soft regions.

    Parameters
    ----------
    image : a path, bytes, a file object, a PIL image or an array.
    segmenter : the name of an installed one, the path of a model folder, ``"ensemble:NAME+NAME"`` for the mean of several, or a
        `Segmenter`; by default facefx's own U-Net.
    detector : the name of an installed one, the path of a model folder, or a `Detector`; by default facefx's own.
        ``"whole_frame"`` for aligned portraits. Or a list of the faces' boxes, if you have them: each four numbers
        (x0, y0, x1, y1) in pixels of the upright picture, from the brows to the chin, a `Box`, or a `Detection`, which tells the
        tilt; then no other faces are looked for.
    quality : how finely faces are parsed: ``"fast"``, ``"balanced"`` or ``"best"``, see docs/speed.md; by default balanced, and a
        segmenter given as an object as it is.
    person : what finds whole people, as soon as a mask of them or of the background is asked for: the name of an installed one, the
        path of a model folder, or a `Segmenter`; by default facefx's own. ``"colours"``: none, bodies are told by their colours.

    Returns
    -------
    Scene
        With the faces, largest first; with none if there is none.

    Raises
    ------
    ImageError
        If the picture cannot be read.
    ParameterError
        If one of the given boxes is none, or outside of the picture.
    UnknownName, ModelError, PluginError
        If there is no such segmenter or detector, its model is damaged, or it returns what it must not.
    """
    return parse_picture(open_image(image).canvas, Parser.of(segmenter, detector, quality, person))


def parse_rgb(rgb: np.ndarray, parser: Parser) -> Scene:
    """`parse` for a decoded picture: (H, W, 3) float32 RGB in [0, 1]."""
    return parse_picture(Canvas.of(rgb), parser)


def parse_picture(picture: Canvas, parser: Parser, *, private: bool = False) -> Scene:
    """`parse` for an opened picture, of which only what is looked at is converted; `private` if no face in it may be missed."""
    scene = _parsed(picture, parser)
    return with_sightings(scene, parser) if private else scene


def _parsed(picture: Canvas, parser: Parser) -> Scene:
    detections = parser.detect(picture)
    heads = parse_heads(picture, detections, parser)
    parsed = (parse_face(picture, found, parser, parsing) for found, parsing in zip(detections, heads, strict=True))
    faces = distinct(face for face in parsed if face)
    if not parser.is_aligned and not parser.is_told and parser.tells_where:
        if parser.knows_faces and not any(face.score >= SURE for face in faces):
            more = (parse_face(picture, found, parser) for found in search_by_parsing(picture, parser))
            faces = distinct([*faces, *(face for face in more if face and face.score >= DOUBTFUL)])  # one witness: a sure one
        faces = believable(faces)
    own = [_own(face, [other.box for other in faces if other is not face]) for face in faces]
    return Scene(picture, tuple(sorted(own, key=lambda face: -face.box.area)), people=parser.people)


def _own(face: Face, others: Sequence[Box]) -> Face:
    """The face without what belongs to others or to nobody; of a wide crop that is not looked at yet, as soon as it is."""
    parsing = face.parsing

    def cleared(part: FaceParsing) -> Face:
        return without_islands(without_others(replace(face, parsing=part), others))

    if not isinstance(parsing.probabilities, NearAndWide):
        return cleared(parsing)
    near = cleared(near_parsing(parsing))
    later = parsing.probabilities.emptied(
        np.asarray(near.parsing.probabilities),
        lambda whole: not_of(replace(face, parsing=replace(parsing, probabilities=whole)), others),
    )
    return replace(face, parsing=replace(parsing, probabilities=later))


def distinct(faces: Iterable[Face]) -> list[Face]:
    """The surest faces, without those that are the same one found twice."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if not any(face.box.intersection(k.box).area > 0.4 * min(face.box.area, k.box.area) for k in kept):
            kept.append(face)
    return kept


def believable(faces: Sequence[Face]) -> list[Face]:
    """Those that are not doubtful, if one is sure; else all, since a doubtful face is better than none."""
    sure = any(face.score >= SURE for face in faces)
    return [face for face in faces if face.score >= DOUBTFUL or not sure]
