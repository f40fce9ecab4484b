"""The whole person, beyond the crops that faces are parsed on: shoulders, arms and body, and whoever else is in the picture.

Heads are what the parser says: it sees them at their best. All else is what a network says that has seen whole pictures
(`whole_people.py`) or, where there is none, what colours tell (`body_by_colour.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..labels import Label, Region
from ..pixels import full_size, geometry, masks
from ..pixels.seeing_through import seen_through
from .body_by_colour import body_by_colour
from .whole_people import bodies_below, faces_seen, to_map, whole_people

if TYPE_CHECKING:
    from .face import Face

__all__ = ["person_mask"]

#: How wide the zone is in which hair may let the background through, and how near to skin and clothes it ends, in face units.
_LOCK, _SKIN = 0.2, 0.05
#: How deep behind the outline the background may be seen through curls, in face units.
_DEEP = 0.25


def person_mask(
    faces: Sequence[Face], picture: geometry.Windows, people: np.ndarray | None = None, others: Sequence[Face] = ()
) -> np.ndarray:
    """Everything that belongs to the people whose faces are given, and, unless `others` are left out, to those beside them.

    Without a face it is the people of whom `people` is sure.

    Parameters
    ----------
    picture : the one that the faces were found in.
    people : (h, w) float32 in [0, 1], how surely each place of it is part of a person; None if nothing is there that knows. Then,
        and where it has not seen a head that was parsed, bodies are told by their colours.
    others : faces whose people do not belong to it.

    Returns
    -------
    (H, W) float32 in [0, 1]

    Raises
    ------
    RegionUnavailable
        If the segmenter cannot tell person from background.
    """
    everything = picture[:, :]  # held, so that a canvas makes it once for all that follows
    seen = None if people is None else faces_seen(people, faces, picture)
    if people is not None and seen is not None and (seen or not others):
        beside = faces_seen(people, others, picture)
        person = whole_people(people, seen, others if beside is None else beside, picture)
        for face in seen:
            _thin_hair(face, picture, person, people)
        return person
    person = np.zeros(everything.shape[:2], np.float32)
    for face in faces:
        (x0, y0, x1, y1), mask = face.patch(Region.PERSON)
        np.maximum(person[y0:y1, x0:x1], mask, out=person[y0:y1, x0:x1])
    if person.any() and (body := body_by_colour(faces, picture, person)) is not None:
        (x0, y0, x1, y1), mask = full_size.to_picture(*body, picture)
        np.maximum(person[y0:y1, x0:x1], mask, out=person[y0:y1, x0:x1])
    for face in faces:
        _thin_hair(face, picture, person)
    return person


def _thin_hair(face: Face, picture: geometry.Windows, person: np.ndarray, people: np.ndarray | None = None) -> None:
    """Let the background show between locks, away from skin and clothes; changes `person` in place."""
    parsing, hair, unit = face.parsing, _hair(face), face.box.side
    others = np.clip(1 - parsing.region(Label.BACKGROUND) - hair, 0, 1)
    part, reach = masks.window(hair > 0.5), _LOCK * unit
    if part is None or reach < 2:
        return
    body = None if people is None else bodies_below(face, people, picture)  # shoulders that the parser takes for background
    corners = np.array([(x, y) for x in part[::2] for y in part[1::2]], float)
    corners = geometry.apply(geometry.invert(parsing.affine), corners)
    limits = np.array(person.shape[::-1])
    x0, y0 = np.clip(corners.min(axis=0) - reach, 0, limits).astype(int)
    x1, y1 = np.clip(corners.max(axis=0) + reach, 0, limits).astype(int)

    def about(cell: int) -> tuple[np.ndarray, np.ndarray]:
        to_crop = parsing.affine @ np.array([[cell, 0, x0], [0, cell, y0], [0, 0, 1]])
        area = 0, 0, -(-int(x1 - x0) // cell), -(-int(y1 - y0) // cell)
        own, beside = (geometry.warp_to_window(values, to_crop, area) for values in (hair, others))
        if people is not None and body is not None:
            to_body = to_map(people, picture) @ np.array([[cell, 0, x0], [0, cell, y0], [0, 0, 1]])
            beside = np.maximum(beside, geometry.warp_to_window(body, to_body, area) * (1 - own))
        there = _around(own, reach / cell) * (1 - _around(beside, _SKIN * unit / cell))
        return own, np.float32(_DEEP) * there

    if x0 < x1 and y0 < y1:
        person[y0:y1, x0:x1] = seen_through(person[y0:y1, x0:x1], picture[y0:y1, x0:x1], unit, about)


def _hair(face: Face) -> np.ndarray:
    """Probability of hair on the face's crop, (S, S) float32; zero if the segmenter does not know hair."""
    known = face.parsing.scheme.indices_of(Label.HAIR)
    return face.parsing.region(Label.HAIR) if known else np.zeros((face.parsing.size,) * 2, np.float32)


def _around(values: np.ndarray, radius: float) -> np.ndarray:
    """The values and what lies within about `radius` pixels of them, fading out."""
    return np.asarray(cv2.GaussianBlur(masks.grow(values, 0.7 * radius), (0, 0), max(0.3 * radius, 0.5)))
