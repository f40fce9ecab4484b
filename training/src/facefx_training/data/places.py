"""Where on one face the rare parts of another belong, from the label maps of both.

Positions are complex numbers, x + iy in pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import cv2
import numpy as np

from facefx.labels import Label, LabelScheme

__all__ = ["Face", "Fit", "by_ear", "by_eyes", "by_neck"]

Rng = np.random.Generator
#: A piece of an earring is at least so large a share of the picture.
_LEAST_PIECE = 3e-4
#: So much of the eyes' distance: how high above an ear's lowest point the top of an earring is, and how wide a neck is at least.
_HOOK, _LEAST_NECK = 0.06, 0.4
#: A necklace is seen so near the edge of the neck, by its width; and goes onto necks that are wider or narrower by so much, log.
_EDGE, _OTHER_NECK = 0.12, 0.35


@dataclass(frozen=True)
class Face:
    """A picture, its labels and what is known of it.

    Attributes
    ----------
    image, labels : (S, S, 3) uint8 and (S, S) uint8
    scheme : of the labels
    right, left : where the eyes are
    skin : (3,) float, mean RGB
    """

    image: np.ndarray
    labels: np.ndarray
    scheme: LabelScheme
    right: complex
    left: complex
    skin: np.ndarray

    @property
    def middle(self) -> complex:
        return (self.right + self.left) / 2

    @property
    def wide(self) -> float:
        """From eye to eye."""
        return abs(self.left - self.right)

    def where(self, *parts: Label) -> np.ndarray:
        """(S, S) uint8, 1 in any of some parts."""
        table = np.zeros(256, np.uint8)
        for part in parts:
            table[list(self.scheme.indices_of(part))] = 1
        return cv2.LUT(self.labels, table)

    @cached_property
    def chin(self) -> float:
        """The lowest row of the face below the middle of the eyes; nan if there is none."""
        column = np.clip(round(self.middle.real), 8, len(self.labels) - 9)
        face = self.where(Label.SKIN, Label.LOWER_LIP)[:, column - 8 : column + 9].any(1)
        rows = np.flatnonzero(face)
        return float(rows[-1]) if len(rows) else np.nan

    def lobe(self, side: Label) -> complex:
        """The lowest point of an ear; nan if it is hidden."""
        ear = self.where(side)
        x, y, width, height = cv2.boundingRect(ear)
        if width * height < 0.03 * self.wide**2:
            return complex(np.nan, np.nan)
        lowest = np.flatnonzero(ear[y + height - max(2, height // 10) : y + height, x : x + width].any(0))
        return complex(x + lowest.mean(), y + height)


class Fit(NamedTuple):
    """How a piece is put on.

    Attributes
    ----------
    piece : (S, S) uint8, 1 where it is on the face that lends it
    matrix : (2, 3), from positions there to those on the other face
    mirrored : whether left becomes right
    gains : (3,) float, what its RGB is multiplied with to be lit alike
    """

    piece: np.ndarray
    matrix: np.ndarray
    mirrored: bool
    gains: np.ndarray


def by_eyes(source: Face, target: Face, mirrored: bool, part: Label, rng: Rng) -> list[Fit]:
    """Glasses, with what is seen through them, and hats."""
    piece = source.where(part)
    if part is Label.EYEGLASSES:
        contours, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(piece, contours, -1, 1, cv2.FILLED)
    matrix = _jittered(_from_eyes(source, target, mirrored), target, rng)
    gains = _gains(source.skin, target.skin)
    return [Fit(piece, matrix, mirrored, gains if part is Label.EYEGLASSES else gains.mean().repeat(3))]


def by_ear(source: Face, target: Face, mirrored: bool, part: Label, rng: Rng) -> list[Fit]:
    """An earring for each ear: hung from the lobe, or by the eyes where hair hides both this ear and that of who lends it."""
    fits = []
    gains = _gains(source.skin, target.skin).mean().repeat(3)
    pieces = _pieces(source, part)
    for side in (Label.RIGHT_EAR, Label.LEFT_EAR):
        own = side.mirrored if mirrored else side
        piece, flipped = (pieces[own], mirrored) if own in pieces else (pieces.get(own.mirrored), not mirrored)
        if piece is None:
            continue
        own = side.mirrored if flipped else side
        matrix = _from_eyes(source, target, flipped)
        lobe = target.lobe(side)
        if np.isfinite(lobe):
            hung = complex(*_top(piece))
            matrix[:, :2] = abs(matrix[0, 0] + 1j * matrix[1, 0]) * np.diag([-1.0 if flipped else 1.0, 1.0])
            goal = lobe - 1j * _HOOK * target.wide
            matrix[:, 2] = np.array([goal.real, goal.imag]) - matrix[:, :2] @ [hung.real, hung.imag]
        elif np.isfinite(source.lobe(own)) or not _in_hair(matrix, piece, target):
            continue
        fits.append(Fit(piece, _jittered(matrix, target, rng, piece), flipped, gains))
    return fits


def by_neck(source: Face, target: Face, mirrored: bool, part: Label, rng: Rng) -> list[Fit]:
    """A necklace, as far from the chin, and from one edge of the neck to the other as it was."""
    piece = source.where(part)
    x, y, width, height = cv2.boundingRect(piece)
    depth = (y + height / 2 - source.chin) / source.wide
    lent, given = (_neck(face, face.chin + depth * face.wide) for face in (source, target))
    if lent is None or given is None:
        return []
    wide = lent[1] - lent[0]
    hangs = x - lent[0] < _EDGE * wide or lent[1] - x - width < _EDGE * wide  # else it is a pendant, or what hair leaves of it
    scale = (given[1] - given[0]) / wide
    if not (hangs and abs(np.log(scale * source.wide / target.wide)) < _OTHER_NECK):
        return []
    matrix = scale * np.array([[-1.0 if mirrored else 1.0, 0, 0], [0, 1, 0]])
    matrix[:, 2] = [sum(given) / 2, target.chin + depth * target.wide] - matrix[:, :2] @ [sum(lent) / 2, y + height / 2]
    necks = [np.array(cv2.mean(face.image, face.where(Label.NECK))[:3]) for face in (source, target)]
    return [Fit(piece, _jittered(matrix, target, rng, piece), mirrored, _gains(*necks))]


def _neck(face: Face, row: float) -> tuple[float, float] | None:
    """Where the neck begins and ends in a row; None if hardly any of it is seen there."""
    if not 0 <= row < len(face.labels):
        return None
    columns = np.flatnonzero(face.where(Label.NECK, Label.NECKLACE)[int(row)])
    if len(columns) < _LEAST_NECK * face.wide:
        return None
    return float(columns[0]), float(columns[-1])


def _pieces(face: Face, part: Label) -> dict[Label, np.ndarray]:
    """What hangs at each ear, whole."""
    _, labels, boxes, middles = cv2.connectedComponentsWithStats(face.where(part))
    size = len(face.labels)
    found: dict[Label, np.ndarray] = {}
    for k in range(1, len(boxes)):
        x, y, width, height, area = boxes[k]
        across = ((complex(*middles[k]) - face.middle) / (face.left - face.right)).real
        if area < _LEAST_PIECE * size**2 or x == 0 or y == 0 or x + width == size or y + height == size or abs(across) < 0.6:
            continue
        side = Label.LEFT_EAR if across > 0 else Label.RIGHT_EAR
        found[side] = found.get(side, np.uint8(0)) | (labels == k).astype(np.uint8)
    return found


def _in_hair(matrix: np.ndarray, piece: np.ndarray, target: Face) -> bool:
    x, y, width, height = cv2.boundingRect(piece)
    column, row = np.rint(matrix @ [x + width / 2, y + height / 2, 1]).astype(int)
    inside = 0 <= row < len(target.labels) and 0 <= column < len(target.labels)
    return inside and bool(target.where(Label.HAIR, Label.NECK)[row, column])


def _top(piece: np.ndarray) -> tuple[float, float]:
    x, y, width, _ = cv2.boundingRect(piece)
    return x + float(np.flatnonzero(piece[y : y + 2, x : x + width].any(0)).mean()), y


def _from_eyes(source: Face, target: Face, mirrored: bool) -> np.ndarray:
    """(2, 3) matrix that puts the eyes of one face onto those of another, of the mirrored face if so said."""
    right, left = source.right, source.left
    if mirrored:
        right, left = -left.conjugate(), -right.conjugate()
    turn = (target.left - target.right) / (left - right)
    shift = target.middle - turn * (left + right) / 2
    sign = -1 if mirrored else 1
    return np.array([[sign * turn.real, -turn.imag, shift.real], [sign * turn.imag, turn.real, shift.imag]])


def _jittered(matrix: np.ndarray, target: Face, rng: Rng, piece: np.ndarray | None = None) -> np.ndarray:
    """Somewhat larger or smaller, turned and shifted: about the middle of the eyes, or the top of the piece."""
    about = np.array([target.middle.real, target.middle.imag]) if piece is None else matrix @ [*_top(piece), 1]
    turn = np.exp(rng.normal(0, 0.04) + 1j * rng.normal(0, 0.03))
    rotation = np.array([[turn.real, -turn.imag], [turn.imag, turn.real]])
    turned = rotation @ matrix
    turned[:, 2] += about - rotation @ about + rng.normal(0, 0.015, 2) * target.wide
    return turned


def _gains(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    return np.clip(target / np.maximum(source, 1), 0.5, 2.0)
