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


def hair_runs_out(parsing: FaceParsing, shape: tuple[int, ...]) -> bool:
    """Whether hair or a hat goes on past the crop while the picture does too."""
    known = [parsing.region(label) for label in (Label.HAIR, Label.HAT) if parsing.scheme.indices_of(label)]
    return runs_out(np.asarray(sum(known, np.zeros((parsing.size,) * 2, np.float32)) > 0.5), parsing, shape)


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
    return bool((within & inside[rows, columns]).sum() > 0.03 * size)


def widen(picture: Canvas, parsing: FaceParsing, parser: Parser) -> FaceParsing:
    """A parsing twice as large, with the sharper one in its middle; the network looks at the rest of it when that is asked for."""
    near = np.asarray(parsing.probabilities)
    ending = frozenset(index for index, labels in enumerate(parsing.scheme.members) if labels <= Region.FACE.labels)
    return FaceParsing(
        NearAndWide(near, ending, partial(_looked_at_widely, picture, parsing, parser)), parsing.scheme, widened_affine(parsing)
    )


def _looked_at_widely(picture: Canvas, parsing: FaceParsing, parser: Parser) -> np.ndarray:
    wide = parse_crop(picture, geometry.expand(parsing.affine, 2, parsing.size), parser).probabilities
    return surroundings(np.asarray(wide), parsing.scheme)


def surroundings(wide: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """The wide crop's probabilities, (C, S, S), without parts of a face outside of the near one, where shoulders pass for cheeks.

    Their probability goes to the other classes in proportion.
    """
    face = [index for index, labels in enumerate(scheme.members) if labels <= Region.FACE.labels]
    size = wide.shape[-1]
    inside = np.zeros((size, size), bool)
    inside[size // 4 : size - size // 4, size // 4 : size - size // 4] = True
    result = wide.copy()
    result[face] *= inside
    result[0] += 1e-6  # where there was nothing but face, background
    result /= result.sum(axis=0)
    return result


def widened_affine(parsing: FaceParsing) -> np.ndarray:
    """Takes picture points to a crop of the same resolution that has the parsing's own in its middle and is twice as large."""
    affine = parsing.affine.copy()
    affine[:, 2] += parsing.size // 2
    return affine
