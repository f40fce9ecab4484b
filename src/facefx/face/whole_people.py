"""What a network says of people on a whole picture, together with what was parsed of their heads.

The network sees all of the picture at once, small; the parser sees each head large. So along the outline of a head, above the chin,
the parser is right about what the network only roughly knows, and the network is right about all else: bodies, arms, hands, hair
that the parser has lost, people whose faces are not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from ..labels import Region
from ..pixels import full_size, geometry, masks

if TYPE_CHECKING:
    from .face import Face

__all__ = ["add_people", "to_whole_picture"]

#: A window, (x0, y0, x1, y1) in whole pixels of the picture, and a mask of its size.
Windowed = tuple[tuple[int, int, int, int], np.ndarray]

#: How far the network's outline may be wrong, in its own pixels.
_REACH = 3
#: What the network says of a place and of all that is as near to it as that: up to the first the parser has the word, from the
#: second on the network.
_DEEP = (0.5, 0.9)
#: How far above the chin the network begins to be right about the outline, in face units.
_LIFT = 0.2
#: How far down a body goes on from the middle of a face, in face units; whose a place is, is told by how near it is to that line.
_LENGTH = 4.0


def add_people(
    person: np.ndarray, people: np.ndarray, faces: Sequence[Face], others: Sequence[Face], picture: geometry.Windows
) -> None:
    """Add to what was parsed of people, (H, W) float32, what belongs to them by `people`, (h, w) float32; changes `person`."""
    height, width = person.shape
    to_small = np.array([[people.shape[1] / width, 0, 0], [0, people.shape[0] / height, 0]])
    values = people * _own(faces, others, people.shape, to_small) if others else people
    window, found = to_whole_picture(values, to_small, picture)
    if not found.size:
        return
    parsers = np.pad(_parsers(faces, values, to_small), 1, mode="edge")
    x0, y0, x1, y1 = window
    inside = person[y0:y1, x0:x1]
    found -= inside
    np.maximum(found, 0, out=found)
    found *= 1 - geometry.warp_to_window(parsers, _padded(to_small), window)
    inside += found


def to_whole_picture(values: np.ndarray, affine: np.ndarray, picture: geometry.Windows) -> Windowed:
    """`full_size.to_picture` for a map that shows all of the picture, so that its border is not the end of what it shows."""
    return full_size.to_picture(np.pad(values, 1, mode="edge"), _padded(affine), picture)


def _padded(affine: np.ndarray) -> np.ndarray:
    """The map to a copy that has one more pixel on each side."""
    return affine + np.array([[0, 0, 1], [0, 0, 1]])


def _parsers(faces: Sequence[Face], people: np.ndarray, to_small: np.ndarray) -> np.ndarray:
    """(h, w) float32: where the parser has the word, for it sees the outline of a head there."""
    result = np.zeros(people.shape, np.float32)
    area = 0, 0, people.shape[1], people.shape[0]
    points = _places(people.shape, to_small)
    for face in faces:
        head = geometry.warp_to_window(
            face.parsing.region(Region.HEAD), geometry.chained(geometry.invert(to_small), face.parsing.affine), area
        )
        chin = face.landmarks.chin if face.landmarks.chin is not None else (face.box.center[0], face.box.y1)
        tilt = np.deg2rad(face.roll)
        down = ((points - chin) / face.box.side @ (-np.sin(tilt), np.cos(tilt))).astype(np.float32)
        near = cv2.GaussianBlur(masks.grow(np.clip(2 * head, 0, 1), 1.5 * _REACH), (0, 0), 0.5 * _REACH)
        np.maximum(result, near * (1 - masks.ramp(down, -_LIFT - 0.1, -_LIFT + 0.1)), out=result)
    return np.asarray(result * (1 - masks.ramp(masks.grow(people, -_REACH), *_DEEP)))


def _own(faces: Sequence[Face], others: Sequence[Face], shape: tuple[int, ...], to_small: np.ndarray) -> np.ndarray:
    """(h, w) float32: 1 where the nearest body is that of one of the faces, 0 where it is another one's."""
    points = _places(shape, to_small)
    own, other = (np.min([_away(face, points) for face in group], axis=0) for group in (faces, others))
    return (own <= other).astype(np.float32)


def _away(face: Face, points: np.ndarray) -> np.ndarray:
    """How far places are from the axis of a face's body, in face units: (h, w)."""
    tilt = np.deg2rad(face.roll if abs(face.roll) > 45 else 0.0)
    axis = np.array([-np.sin(tilt), np.cos(tilt)])
    apart = (points - face.box.center) / face.box.side
    along = np.clip(apart @ axis, 0, _LENGTH)
    return np.asarray(np.linalg.norm(apart - along[..., None] * axis, axis=-1))


def _places(shape: tuple[int, ...], to_small: np.ndarray) -> np.ndarray:
    """(h, w, 2): where in the picture the middle of each pixel of the copy lies."""
    rows, columns = np.indices(shape)
    points = np.column_stack([columns.ravel(), rows.ravel()]) + 0.5
    return geometry.apply(geometry.invert(to_small), points).reshape(*shape, 2)
