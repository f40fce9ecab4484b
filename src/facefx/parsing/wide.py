"""A second crop, twice as wide, for hair that runs out of the first one; the network looks at it once it is needed."""

from __future__ import annotations

from functools import partial

import numpy as np

from ..face.near_and_wide import NearAndWide
from ..face.values import FaceParsing
from ..image.canvas import Canvas
from ..labels import Label, LabelScheme, Region
from ..pixels import geometry
from .crop import parse_crop
from .parser import Parser

__all__ = ["hair_runs_out", "runs_out", "surroundings", "widen", "widened_affine"]

#: How much of a crop's side something must take to go on past it.
_SOME = 0.03


def hair_runs_out(parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether hair or a hat goes on past the crop while the picture does too."""
    return runs_out(_hair(parsing) > 0.5, parsing, shape)


def _hair(parsing: FaceParsing) -> np.ndarray:
    """Probability of hair or a hat, as far as the parser knows them: (S, S) float32."""
    known = [parsing.region(label) for label in (Label.HAIR, Label.HAT) if parsing.scheme.indices_of(label)]
    return np.asarray(sum(known, np.zeros((parsing.size,) * 2, np.float32)))


def runs_out(inside: np.ndarray, parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether something, (S, S) bool, goes on past the crop while the picture does too."""
    size = parsing.size
    steps = np.arange(size) + 0.5
    ends = [
        np.column_stack(pair) for end in (0.5, size - 0.5) for pair in ((steps, np.full(size, end)), (np.full(size, end), steps))
    ]
    border = np.concatenate(ends)
    points = geometry.apply(geometry.invert(parsing.affine), border)
    within = ((points > 1) & (points < np.array([shape[1], shape[0]]) - 1)).all(axis=1)
    columns, rows = border.astype(int).T
    return bool((within & inside[rows, columns]).sum() > _SOME * size)


def widen(picture: Canvas, parsing: FaceParsing, parser: Parser) -> FaceParsing:
    """A parsing twice as large, with the sharper one in its middle; the network looks at the rest of it when that is asked for."""
    near, down = np.asarray(parsing.probabilities), _farther_down(parsing, picture.shape)
    ending = frozenset(index for index, labels in enumerate(parsing.scheme.members) if labels <= Region.FACE.labels)
    both = NearAndWide(near, ending, partial(_looked_at_widely, picture, parsing, parser, down), down)
    return FaceParsing(both, parsing.scheme, widened_affine(parsing, down))


def _farther_down(parsing: FaceParsing, shape: tuple[int, ...]) -> int:
    """How much farther down the wide crop should reach, in pixels of the near one; an even number.

    Long hair leaves a crop that has the face in its middle, and would be dyed down to a straight line there. Where it falls out of
    the near crop, and little leaves that at its top, up to half of what the wide one shows above may go, as far as there is a
    picture below.
    """
    size = parsing.size
    hair = _hair(parsing) > 0.5
    falls = hair[-1].sum() + hair[size // 2 :, [0, -1]].sum()
    if hair[0].sum() > size / 2 or falls <= _SOME * size:
        return 0
    height, width = shape[:2]
    corners = geometry.apply(parsing.affine, np.array([[0, 0], [width, 0], [0, height], [width, height]], float))
    lacking = int(np.ceil(corners[:, 1].max() - 3 * size / 2))
    return max(min(lacking + lacking % 2, size // 4), 0)


def _looked_at_widely(picture: Canvas, parsing: FaceParsing, parser: Parser, down: int) -> np.ndarray:
    affine = geometry.expand(parsing.affine, 2, parsing.size)
    affine[1, 2] -= down / 2
    return surroundings(np.asarray(parse_crop(picture, affine, parser).probabilities), parsing.scheme, down)


def surroundings(wide: np.ndarray, scheme: LabelScheme, down: int = 0) -> np.ndarray:
    """The wide crop's probabilities, (C, S, S), without parts of a face outside of the near one, where shoulders pass for cheeks.

    Their probability goes to the other classes in proportion. `down` as for `NearAndWide`.
    """
    face = [index for index, labels in enumerate(scheme.members) if labels <= Region.FACE.labels]
    size = wide.shape[-1]
    inside = np.zeros((size, size), bool)
    inside[size // 4 - down // 2 : size - size // 4 - down // 2, size // 4 : size - size // 4] = True
    result = wide.copy()
    result[face] *= inside
    result[0] += 1e-6  # where there was nothing but face, background
    result /= result.sum(axis=0)
    return result


def widened_affine(parsing: FaceParsing, down: int = 0) -> np.ndarray:
    """Takes picture points to a crop of the same resolution that has the parsing's own in its middle and is twice as large.

    `down` as for `NearAndWide`.
    """
    affine = parsing.affine.copy()
    affine[:, 2] += parsing.size // 2
    affine[1, 2] -= down
    return affine
