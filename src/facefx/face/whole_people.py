"""Whole people, by what a network says of the picture at once and what was parsed of each head.

The network sees all of the picture, small; the parser sees each head, large. Along the outline of a head, above the chin, both are
asked, and err in different ways, so that both together are nearer to masks drawn by hand than either (benchmarks/cutout.py). Well
inside a head the parser has the word, and everywhere else the network: bodies, arms, hands, people whose faces are not seen.
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

__all__ = ["bodies_below", "faces_seen", "to_map", "to_whole_picture", "whole_people"]

#: A window, (x0, y0, x1, y1) in whole pixels of the picture, and a mask of its size.
Windowed = tuple[tuple[int, int, int, int], np.ndarray]

#: How far the network's outline may be wrong, in its own pixels.
_REACH = 3
#: What the network says of a place and of all that is as near to it as that: up to the first the parser is asked too, from the
#: second on only the network.
_DEEP = (0.5, 0.9)
#: Where the network sees nobody near, at most the first of this, plants and walls are hair to the parser, which is not asked.
_SEEN = (0.05, 0.25)
#: How far above the chin the network begins to be right about the outline, in face units.
_LIFT = 0.2
#: How far inside a head the parser is right, in face units.
_INSIDE = 0.08
#: What the parser's word weighs along the outline of a head, of 1: it sees the hair larger (benchmarks/cutout.py, hair_edges.py).
_PARSERS = 0.65
#: Both together are none of the person below the first, and all of it above the second.
_CERTAIN = (0.25, 0.75)
#: From so many pixels of the picture to one of the network's, its edges are fitted to the picture's.
_COARSE = 1.5
#: An island is smaller than so much of the largest part, and the network is sure of one from that mean on.
_ISLAND, _SURE = 0.3, 0.9
#: A face that the network has not seen is none if it is smaller than so much of what it is sure of; a whole figure's is larger.
_TINY = 0.04
#: How far down a body goes on from the middle of a face, in face units; whose a place is, is told by how near it is to that line.
_LENGTH = 4.0


def faces_seen(people: np.ndarray, faces: Sequence[Face], picture: geometry.Windows) -> list[Face] | None:
    """Those faces whose heads the network has seen, too; None if it is blind for such a picture, as for a painting.

    A tiny face that it has not seen, while it is sure of much else, is none: something in hair, cloth or shelves looked like one.
    """
    to_small = to_map(people, picture)
    seen, sure = [], np.count_nonzero(people >= _SURE)
    for face in faces:
        head = _on(people.shape, to_small, face, face.parsing.region(Region.FACE)) > 0.5
        if not head.any() or people[head].mean() >= 0.5:
            seen.append(face)
        elif np.count_nonzero(head) > _TINY * sure:
            return None
    return seen


def whole_people(people: np.ndarray, faces: Sequence[Face], others: Sequence[Face], picture: geometry.Windows) -> np.ndarray:
    """The mask of the people in a picture, or, where `others` are left out, of those whose faces are given.

    Parameters
    ----------
    people : (h, w) float32, how surely each place of the picture is part of a person.
    faces : of these people; without any, only those of whom the network is sure.
    others : faces whose people do not belong to it.

    Returns
    -------
    (H, W) float32 in [0, 1]
    """
    height, width = picture.shape[:2]
    to_small = to_map(people, picture)
    people = _without_doubtful_islands(people, has_faces=bool(faces))
    if others:
        people = people * _own(faces, others, people.shape, to_small)
    person = np.zeros((height, width), np.float32)
    (x0, y0, x1, y1), found = to_whole_picture(people, to_small, picture)
    person[y0:y1, x0:x1] = found
    shares = _parsers_shares(faces, people, to_small)
    for face, share in zip(faces, shares, strict=True):
        (x0, y0, x1, y1), head = _head(face, people, to_small, picture)
        weight = geometry.warp_to_window(np.pad(share, 1, mode="edge"), _padded(to_small), (x0, y0, x1, y1))
        head -= person[y0:y1, x0:x1]
        head *= weight
        person[y0:y1, x0:x1] += head
    return masks.ramp(person, *_CERTAIN)


def bodies_below(face: Face, people: np.ndarray, picture: geometry.Windows) -> np.ndarray:
    """Where below a face's chin the network sees the inside of a body: (h, w) float32, on its own map."""
    down = _below_chin(face, _places(people.shape, to_map(people, picture)))
    return masks.grow(people, -_REACH) * masks.ramp(down, -_LIFT, 0)


def _without_doubtful_islands(people: np.ndarray, *, has_faces: bool) -> np.ndarray:
    """The map without small parts apart from the rest of which the network is not sure: furniture and flowers, not hands.

    Where no face was found, nothing vouches for the largest part either.
    """
    number, parts, figures, _ = cv2.connectedComponentsWithStats((people >= 0.5).astype(np.uint8))
    areas = figures[:, cv2.CC_STAT_AREA]
    small = _ISLAND * areas[1:].max(initial=0) if has_faces else np.inf
    doubtful = [part for part in range(1, number) if areas[part] < small and people[parts == part].mean() < _SURE]
    if doubtful:
        island = np.isin(parts, doubtful)
        shore = cv2.dilate(island.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(bool) & (people < 0.5)
        people = np.where(island | shore, 0, people).astype(np.float32)
    return _without_haze(people)


def _without_haze(people: np.ndarray) -> np.ndarray:
    """The map without parts that are nowhere likelier a person than not: before another background they are smudges."""
    _, parts = cv2.connectedComponents((people > _CERTAIN[0]).astype(np.uint8))
    return np.where(np.isin(parts, np.unique(parts[people >= 0.5])), people, 0).astype(np.float32)


def to_whole_picture(values: np.ndarray, affine: np.ndarray, picture: geometry.Windows) -> Windowed:
    """`full_size.to_picture` for a map that shows all of the picture, so that its border is not the end of what it shows."""
    coarse = np.linalg.det(affine[:, :2]) < 1 / _COARSE**2
    return full_size.to_picture(np.pad(values, 1, mode="edge"), _padded(affine), picture, refine=bool(coarse), by_colour=False)


def _head(face: Face, people: np.ndarray, to_small: np.ndarray, picture: geometry.Windows) -> Windowed:
    """What parser and network say of all that the face's crop shows, in the picture's pixels."""
    parsing = face.parsing
    to_network = geometry.chained(geometry.invert(parsing.affine), _padded(to_small))
    seen = geometry.warp_to_window(np.pad(people, 1, mode="edge"), to_network, (0, 0, parsing.size, parsing.size))
    own = parsing.region(Region.PERSON)
    pixel = face.box.side * float(np.sqrt(abs(np.linalg.det(parsing.affine[:, :2]))))  # a face unit, in pixels of the crop
    sure = masks.grow(parsing.region(Region.HEAD), -_INSIDE * pixel)
    both = np.maximum(_PARSERS * own + (1 - _PARSERS) * seen, sure * own).astype(np.float32)
    window = geometry.crop_window(parsing.affine, parsing.size, picture.shape)
    part, found = full_size.to_picture(both, parsing.affine, picture, by_colour=False, coarse=face.mask_style.coarse)
    return window, _cut_to(window, part, found)


def _cut_to(window: tuple[int, int, int, int], part: tuple[int, int, int, int], found: np.ndarray) -> np.ndarray:
    """What was found in a part of the picture as it is in a window of it, 0 where that goes on."""
    x0, y0, x1, y1 = window
    whole = np.zeros((y1 - y0, x1 - x0), np.float32)
    left, top, right, bottom = max(part[0], x0), max(part[1], y0), min(part[2], x1), min(part[3], y1)
    if left < right and top < bottom:
        inner = found[top - part[1] : bottom - part[1], left - part[0] : right - part[0]]
        whole[top - y0 : bottom - y0, left - x0 : right - x0] = inner
    return whole


def _parsers_shares(faces: Sequence[Face], people: np.ndarray, to_small: np.ndarray) -> list[np.ndarray]:
    """For each face, (h, w) float32: where its parser is asked, for it sees the outline of the head there."""
    points = _places(people.shape, to_small)
    deep = 1 - masks.ramp(masks.grow(people, -_REACH), *_DEEP)
    there = masks.ramp(masks.grow(masks.fill_holes(people), 2 * _REACH), *_SEEN)
    shares = []
    for face in faces:
        head = _on(people.shape, to_small, face, face.parsing.region(Region.HEAD))
        sure = masks.grow(head, -_REACH)
        down = _below_chin(face, points)
        near = cv2.GaussianBlur(masks.grow(np.clip(2 * head, 0, 1), 1.5 * _REACH), (0, 0), 0.5 * _REACH)
        above = 1 - masks.ramp(down, -_LIFT - 0.1, -_LIFT + 0.1)
        shares.append(there * np.maximum(near * above * deep, np.clip(2 * sure - 1, 0, 1)))
    return shares


def _below_chin(face: Face, points: np.ndarray) -> np.ndarray:
    """How far below a face's chin places are, as the head is tilted, in face units: (h, w) float32."""
    chin = face.landmarks.chin if face.landmarks.chin is not None else (face.box.center[0], face.box.y1)
    tilt = np.deg2rad(face.roll)
    return np.asarray((points - chin) / face.box.side @ (-np.sin(tilt), np.cos(tilt)), np.float32)


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


def _on(shape: tuple[int, ...], to_small: np.ndarray, face: Face, values: np.ndarray) -> np.ndarray:
    """A map on the face's crop as the network sees the picture: (h, w) float32."""
    to_crop = geometry.chained(geometry.invert(to_small), face.parsing.affine)
    return geometry.warp_to_window(values, to_crop, (0, 0, shape[1], shape[0]))


def to_map(people: np.ndarray, picture: geometry.Windows) -> np.ndarray:
    """The (2, 3) map from the picture to what the network has said of it."""
    height, width = picture.shape[:2]
    return np.array([[people.shape[1] / width, 0, 0], [0, people.shape[0] / height, 0]])


def _padded(affine: np.ndarray) -> np.ndarray:
    """The map to a copy that has one more pixel on each side."""
    return affine + np.array([[0, 0, 1], [0, 0, 1]])


def _places(shape: tuple[int, ...], to_small: np.ndarray) -> np.ndarray:
    """(h, w, 2): where in the picture the middle of each pixel of the copy lies."""
    rows, columns = np.indices(shape)
    points = np.column_stack([columns.ravel(), rows.ravel()]) + 0.5
    return geometry.apply(geometry.invert(to_small), points).reshape(*shape, 2)
