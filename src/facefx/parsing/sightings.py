"""A second, more careful look for faces that must not be missed, whether or not they can be parsed: for effects that hide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..face.face import Face
from ..face.scene import Scene
from ..face.values import Box, Detection
from ..image.canvas import Canvas
from .parser import Parser

__all__ = ["SURE", "believable_sights", "same_head", "sightings", "with_sightings"]

#: Two boxes are of one head if they share this much of the smaller one, and are of about one size.
SHARED, SIZES = 0.5, 2.0
#: So much of an unsure sight lies in the picture; from this score on it is sure.
INSIDE, SURE = 0.25, 0.5


def with_sightings(scene: Scene, parser: Parser) -> Scene:
    """The scene with what a careful look of the detector sees: of its faces, and of others, which become `Scene.seen`."""
    found = sightings(scene.canvas, parser)
    of_faces: list[list[Detection]] = [[] for _ in scene.faces]
    others: list[list[Detection]] = []
    for one in found:
        owner = same_head(one.box, [face.box for face in scene.faces])
        other = same_head(one.box, [group[0].box for group in others])
        if owner is not None:
            of_faces[owner].append(one)
        elif other is not None:
            others[other].append(one)
        else:
            others.append([one])
    faces = tuple(replace(face, sighted=tuple(seen)) if seen else face for face, seen in zip(scene.faces, of_faces, strict=True))
    seen = sorted((Face.only_seen(group, scene.canvas) for group in others), key=lambda face: -face.box.area)
    return replace(scene, faces=faces, seen=tuple(seen))


def sightings(picture: Canvas, parser: Parser) -> list[Detection]:
    """What the detector sees when it looks carefully, if it can; the surest first, some heads several times."""
    return believable_sights(parser.carefully().detect(picture), picture.shape)


def believable_sights(found: Sequence[Detection], shape: tuple[int, ...]) -> list[Detection]:
    """The sights, the surest first, without unsure ones nearly all of which lies outside of a picture of that shape.

    In what is flat and grey a low score means little: a face many times the picture's size.
    """
    whole = Box(0, 0, shape[1], shape[0])
    kept = [one for one in found if one.score >= SURE or one.box.intersection(whole).area >= INSIDE * one.box.area]
    return sorted(kept, key=lambda one: -one.score)


def same_head(box: Box, known: Sequence[Box]) -> int | None:
    """Which of some heads a box is on; None if it is another's."""
    if not known:
        return None
    shares = [box.intersection(other).area / max(min(box.area, other.area), 1e-9) for other in known]
    sizes = [max(box.side / max(other.side, 1e-9), other.side / max(box.side, 1e-9)) for other in known]
    fits = [share if size <= SIZES else 0.0 for share, size in zip(shares, sizes, strict=True)]
    best = int(np.argmax(fits))
    return best if fits[best] >= SHARED else None
