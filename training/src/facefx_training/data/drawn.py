"""Necklaces that nobody lends: drawn around a neck, so that their labels are exact.

A necklace hangs from one edge of the neck to the other, is lit as the skin beneath it, and hides only neck, and clothing where it
lies over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from facefx.labels import Label

from .places import Face

__all__ = ["draw_necklace"]

Rng = np.random.Generator
Colour = tuple[float, float, float]
#: Pixels drawn for each pixel of the picture, in both directions; and the bits of cv2's fractions of a pixel.
_FINE, _BITS = 3, 4
#: From eye to eye in CelebAMask-HQ's pictures at 384 pixels: sizes below are in pixels there.
_USUAL_EYES = 90.0
_METALS: tuple[Colour, ...] = ((212, 172, 92), (196, 196, 202), (214, 158, 136), (62, 60, 64))
_CORDS: tuple[Colour, ...] = ((26, 24, 26), (74, 48, 32), (120, 84, 56), (110, 26, 34))
_PEARLS: tuple[Colour, ...] = ((236, 228, 216), (240, 236, 234), (232, 206, 196), (84, 82, 90))
_BEADS: tuple[Colour, ...] = (
    (34, 148, 150),
    (168, 40, 46),
    (36, 62, 140),
    (30, 30, 34),
    (220, 150, 52),
    (112, 70, 42),
    (226, 220, 206),
    (58, 116, 62),
)
_WHITE: Colour = (255, 252, 244)
#: How wide a neck is seen by the eyes' distance, at least and at most; and how many pixels of a necklace, and what length of it.
_NARROW, _BROAD, _LEAST, _LEAST_LENGTH = 0.5, 3.2, 80, 28
#: Ways of hanging it that are looked at before a neck stays bare.
_TRIES = 6
#: By the eyes' distance: how far a necklace may go on behind hair, and how wide it is at least.
_BEHIND, _SLENDER = 0.5, 0.8
#: Where the sides of a necklace begin, by the eyes' distance below the chin.
_FROM, _TO = -0.2, 0.55
#: Hand labels of thin chains are no narrower than this.
_LABEL_WIDTH = 3.0


class _Curve(NamedTuple):
    """A string: (N, 2) points at equal distances, as many for each pixel as `_FINE`, and its directions, (N, 2) unit vectors."""

    points: np.ndarray
    along: np.ndarray

    def every(self, step: float) -> np.ndarray:
        """Indices of points that far from one another."""
        return np.arange(0, len(self.points), max(step * _FINE, 1.0)).astype(int)


@dataclass(frozen=True)
class _Canvas:
    """What is drawn, finely: colour (H, W, 3) and cover (H, W), uint8; `origin` is its first pixel in the picture."""

    colour: np.ndarray
    cover: np.ndarray
    origin: np.ndarray

    def line(self, points: np.ndarray, thick: float, colour: Colour) -> None:
        path = [self._fine(points)]
        for surface, value in ((self.colour, colour), (self.cover, 255)):
            cv2.polylines(surface, path, False, value, max(round(thick * _FINE), 1), cv2.LINE_AA, _BITS)

    def disc(self, point: np.ndarray, radius: float, colour: Colour) -> None:
        center = tuple(int(a) for a in self._fine(point))
        for surface, value in ((self.colour, colour), (self.cover, 255)):
            cv2.circle(surface, center, max(round(radius * _FINE * 2**_BITS), 8), value, -1, cv2.LINE_AA, _BITS)

    def shape(self, points: np.ndarray, colour: Colour) -> None:
        for surface, value in ((self.colour, colour), (self.cover, 255)):
            cv2.fillPoly(surface, [self._fine(points)], value, cv2.LINE_AA, _BITS)

    def _fine(self, points: np.ndarray) -> np.ndarray:
        return np.rint((points - self.origin) * _FINE * 2**_BITS).astype(np.int32)


def draw_necklace(face: Face, rng: Rng) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """A face with a necklace.

    Returns
    -------
    image, labels : copies, (S, S, 3) and (S, S) uint8
    changed : (S, S) bool, where the picture may differ
    or None if too little of the neck is seen
    """
    curve = _hung(face, rng)
    if curve is None:
        return None
    unit = face.wide / _USUAL_EYES
    margin = np.ceil(22 * unit)
    first = np.maximum(np.floor(curve.points.min(0) - margin), 0).astype(int)
    last = np.minimum(np.ceil(curve.points.max(0) + margin), len(face.labels)).astype(int)
    if (last - first < 4).any():
        return None
    place = slice(first[1], last[1]), slice(first[0], last[0])
    neck = face.where(Label.NECK)[place]
    over_clothes = rng.random() < 0.5
    room = neck | face.where(Label.CLOTHING)[place] if over_clothes else neck
    size = _FINE * (last - first)[::-1]
    canvas = _Canvas(np.zeros((*size, 3), np.uint8), np.zeros(size, np.uint8), first)
    thick = _KINDS[rng.choice(len(_KINDS), p=_CHANCES)](canvas, curve, unit, rng)
    frame = int(last[0] - first[0]), int(last[1] - first[1])
    sharp = rng.uniform(0.25, 0.7)
    # drawn on black, colours are multiplied with their cover already
    colour, cover = _reduced(canvas.colour, frame, sharp), _reduced(canvas.cover, frame, sharp) / 255
    new = _labelled(cover, thick) & (room > 0)
    if new.sum() < _LEAST * unit**2 or (new & (neck > 0)).sum() < _LEAST / 2 * unit**2:
        return None
    image, labels, changed = face.image.copy(), face.labels.copy(), np.zeros(face.labels.shape, bool)
    soft_room = np.minimum(cv2.GaussianBlur(room.astype(np.float32), (0, 0), 0.7), room)
    light = _light(face.image[place], neck, unit)[..., None]
    cast = np.array([[1, 0, rng.uniform(-1, 1) * unit], [0, 1, rng.uniform(0.8, 2) * unit]])
    shadow = cv2.GaussianBlur(cv2.warpAffine(cover, cast, frame), (0, 0), 1.2 * max(unit, 0.5)) * rng.uniform(0.2, 0.5) * soft_room
    beneath = image[place] * (1 - shadow[..., None])
    onto = beneath * (1 - cover * soft_room)[..., None] + colour * light * soft_room[..., None]
    shown = np.rint(np.clip(onto, 0, 255)).astype(np.uint8)
    # what is left of it or its shadow where no label tells of it is left away
    touched = (room > 0) & (cv2.dilate(new.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0)
    image[place][touched] = shown[touched]
    labels[place][new] = face.scheme.indices_of(Label.NECKLACE)[0]
    changed[place] = (image[place] != face.image[place]).any(2) | new
    return image, labels, changed


def _hung(face: Face, rng: Rng) -> _Curve | None:
    """From one edge of the neck down and up to the other; None where no neck is seen wide enough."""
    if not np.isfinite(face.chin):
        return None
    neck, hair = face.where(Label.NECK), face.where(Label.HAIR)
    begin, end = (int(np.clip(face.chin + k * face.wide, 0, len(neck))) for k in (_FROM, _TO))
    seen = [(row, np.flatnonzero(neck[row])) for row in range(begin, end, max(round(face.wide / 30), 1))]
    rows = [(row, float(columns[0]), float(columns[-1])) for row, columns in seen if len(columns) > 0 and _is_neck(columns, face)]
    if not rows:
        return None
    for _ in range(_TRIES):
        curve = _between(*rows[rng.integers(len(rows))], face, hair, rng)
        if curve is None:
            continue
        x, y = np.rint(curve.points).astype(int).T
        inside = (x >= 0) & (x < len(neck)) & (y >= 0) & (y < len(neck))
        if neck[y[inside], x[inside]].sum() >= _LEAST_LENGTH * _FINE * face.wide / _USUAL_EYES:
            return curve
    return None


def _between(row: int, left: float, right: float, face: Face, hair: np.ndarray, rng: Rng) -> _Curve | None:
    """From one edge of the neck in a row to the other."""
    # what hair hides of a neck is up to half of it
    beside = max(round(face.wide / 30), 2)
    if left >= beside and hair[row, int(left) - beside]:
        left -= rng.uniform(0, _BEHIND) * face.wide
    if right + beside < len(hair) and hair[row, int(right) + beside]:
        right += rng.uniform(0, _BEHIND) * face.wide
    wide = right - left
    if wide < _SLENDER * face.wide:
        return None
    lowest = max(face.chin + 0.06 * face.wide - row, 0.15 * wide)
    sag = rng.uniform(min(lowest, 0.6 * wide), 0.9 * wide)
    tilt = rng.normal(0, 0.05) * wide
    across = np.linspace(-1, 1, 600)
    bend, power = rng.uniform(0.6, 1.0), rng.uniform(1.7, 2.6)
    sink = sag * (1 - np.abs(across) ** power) ** bend
    points = np.stack([(left + right) / 2 + across * (wide / 2 + 1), row + sink + tilt * across], 1)
    length = np.r_[0, np.hypot(*np.diff(points, axis=0).T).cumsum()]
    even = np.linspace(0, length[-1], max(round(length[-1] * _FINE), 8))
    points = np.stack([np.interp(even, length, points[:, k]) for k in range(2)], 1)
    along = np.gradient(points, axis=0)
    return _Curve(points, along / np.maximum(np.hypot(*along.T), 1e-6)[:, None])


def _is_neck(columns: np.ndarray, face: Face) -> bool:
    """Whether some columns of a row are enough of a neck, on both sides of the middle: beside a profile it would stand upright."""
    left, right = (columns[[0, -1]] - face.middle.real) / face.wide
    return len(columns) / face.wide >= _NARROW / 2 and left < -0.2 and right > 0.2 and _NARROW <= right - left <= _BROAD


def _chain(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> float:
    thick = rng.uniform(1.2, 4.0) * unit
    _links(canvas, curve, thick, _METALS[rng.integers(len(_METALS))], rng)
    return thick


def _links(canvas: _Canvas, curve: _Curve, thick: float, metal: Colour, rng: Rng) -> None:
    """Links that show their broad and their narrow side in turn; some gleam."""
    canvas.line(curve.points, 0.6 * thick, _times(metal, 0.5))
    places = curve.every(rng.uniform(1.0, 1.8) * thick)
    half = 0.5 * thick * curve.along
    for k, n in enumerate(places):
        ends = curve.points[n] + np.array([-1, 1])[:, None] * half[n]
        canvas.line(
            ends, thick if k % 2 else 0.6 * thick, _times(metal, rng.uniform(0.95, 1.25) if k % 2 else rng.uniform(0.55, 0.8))
        )
    for n in places[rng.random(len(places)) < rng.uniform(0.02, 0.15)]:
        canvas.disc(curve.points[n], 0.3 * thick, _WHITE)


def _cord(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> float:
    thick, colour = rng.uniform(1.5, 4.0) * unit, _CORDS[rng.integers(len(_CORDS))]
    canvas.line(curve.points, thick, colour)
    canvas.line(curve.points - [0, thick / 5], thick / 4, _plus(colour, 38))
    if rng.random() < 0.4:
        _pendant(canvas, curve, unit, rng)
    return thick


def _pendant_chain(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> float:
    thick = rng.uniform(1.0, 2.0) * unit
    _links(canvas, curve, thick, _METALS[rng.integers(len(_METALS))], rng)
    _pendant(canvas, curve, unit, rng)
    return thick


def _pendant(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> None:
    """A disc, a drop, a cross or a stone at the lowest point."""
    metal = _METALS[rng.integers(len(_METALS))]
    stone = _BEADS[rng.integers(len(_BEADS))]
    size = rng.uniform(3, 7.5) * unit
    hook = curve.points[int(curve.points[:, 1].argmax())]
    middle = hook + np.array([0, size + unit])
    canvas.disc(hook + np.array([0, 0.5 * unit]), 1.2 * unit, metal)
    kind = rng.integers(4)
    if kind == 0:
        canvas.disc(middle, size, _times(metal, 0.7))
        canvas.disc(middle - 0.06 * size, 0.85 * size, metal)
        canvas.disc(middle - 0.35 * size, 0.25 * size, _times(metal, 1.25))
    elif kind == 1:
        turn = np.linspace(0, 2 * np.pi, 40)
        drop = np.stack([np.sin(turn) * np.sin(turn / 2) ** 1.5, -np.cos(turn)], 1) * [0.75 * size, 1.2 * size]
        canvas.shape(middle + drop, _times(stone, 0.7))
        canvas.shape(middle + 0.8 * drop + [0, 0.05 * size], stone)
        canvas.disc(middle + size * np.array([-0.2, 0.35]), 0.17 * size, _WHITE)
    elif kind == 2:
        for shade, width in ((0.65, 0.5), (1.05, 0.3)):
            canvas.line(middle + np.array([[0, -size], [0, 1.2 * size]]), width * size, _times(metal, shade))
            canvas.line(
                middle + np.array([[-0.75 * size, -0.3 * size], [0.75 * size, -0.3 * size]]), width * size, _times(metal, shade)
            )
    else:
        corners = np.array([[0, -1], [0.8, 0], [0, 1], [-0.8, 0]]) * size
        canvas.shape(middle + corners, metal)
        canvas.shape(middle + 0.75 * corners, stone)
        canvas.shape(middle + 0.75 * corners[[0, 1, 3]], _plus(stone, 45))


def _pearls(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> float:
    return _balls(canvas, curve, rng.uniform(1.8, 4.6) * unit, [_PEARLS[rng.integers(len(_PEARLS))]], rng)


def _beads(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> float:
    colours = [_BEADS[n] for n in rng.choice(len(_BEADS), rng.integers(1, 4), replace=False)]
    return _balls(canvas, curve, rng.uniform(1.7, 5.0) * unit, colours, rng)


def _balls(canvas: _Canvas, curve: _Curve, radius: float, colours: list[Colour], rng: Rng) -> float:
    """Balls side by side, round by three discs: an edge, a side that is lit, and a gleam; those in the middle may be larger."""
    canvas.line(curve.points, 0.5 * radius, _times(colours[0], 0.4))
    larger = rng.uniform(0, 0.4)
    lit = np.array([rng.uniform(-0.3, 0.3), -0.28])
    middle, k, n = len(curve.points) / 2, 0, 0.0
    while n < len(curve.points):
        here = radius * (1 + larger * (1 - abs(n - middle) / middle))
        point, colour = curve.points[int(n)], _times(colours[k % len(colours)], rng.uniform(0.9, 1.08))
        canvas.disc(point, here, _times(colour, 0.62))
        canvas.disc(point + 0.5 * lit * here, 0.8 * here, _times(colour, 0.86))
        canvas.disc(point + 0.8 * lit * here, 0.55 * here, colour)
        canvas.disc(point + 1.3 * lit * here, 0.2 * here, _WHITE)
        n, k = n + 2.05 * here * _FINE, k + 1
    return 2 * radius


def _collar(canvas: _Canvas, curve: _Curve, unit: float, rng: Rng) -> float:
    """A broad band with rims and studs."""
    thick, metal = rng.uniform(4, 13) * unit, _METALS[rng.integers(len(_METALS))]
    stud = (*_METALS, *_BEADS)[rng.integers(len(_METALS) + len(_BEADS))]
    canvas.line(curve.points, thick, _times(metal, 0.6))
    canvas.line(curve.points, 0.82 * thick, _times(metal, 1.05))
    canvas.line(curve.points, 0.6 * thick, _times(metal, rng.uniform(0.6, 0.95)))
    for n in curve.every(rng.uniform(0.4, 1.0) * thick):
        across = curve.along[n][::-1] * [-1, 1]
        if thick > 7 * unit:
            canvas.line(curve.points[n] + np.array([-0.38, 0.38])[:, None] * thick * across, 0.08 * thick, _times(metal, 0.5))
        canvas.disc(curve.points[n], 0.2 * thick, _times(stud, rng.uniform(0.8, 1.15)))
        if rng.random() < 0.3:
            canvas.disc(curve.points[n] - 0.06 * thick, 0.07 * thick, _WHITE)
    return thick


_KINDS = (_chain, _pendant_chain, _pearls, _beads, _cord, _collar)
_CHANCES = (0.24, 0.2, 0.2, 0.16, 0.08, 0.12)


def _reduced(surface: np.ndarray, frame: tuple[int, int], sharp: float) -> np.ndarray:
    return cv2.GaussianBlur(cv2.resize(surface, frame, interpolation=cv2.INTER_AREA).astype(np.float32), (0, 0), sharp)


def _labelled(cover: np.ndarray, thick: float) -> np.ndarray:
    """Where a necklace is; thin chains are as wide as hands label them, and between links and balls there is no gap."""
    if thick >= _LABEL_WIDTH:
        return cv2.morphologyEx((cover > 0.5).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8)) > 0
    # a line thinner than a pixel covers none of them by half
    core = (cover > min(0.5, 0.35 * max(thick, 0.3))).astype(np.uint8)
    return cv2.dilate(core, cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))) > 0


def _light(image: np.ndarray, neck: np.ndarray, unit: float) -> np.ndarray:
    """(H, W) float32, how brightly the neck is lit: its own brightness, blurred, the more even the farther from it."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    skin = neck.astype(np.float32)
    mean = float((grey * skin).sum() / max(skin.sum(), 1))
    spread = max(5 * unit, 1.0)
    seen = cv2.GaussianBlur(skin, (0, 0), spread) + 0.05
    local = (cv2.GaussianBlur(grey * skin, (0, 0), spread) + 0.05 * mean) / seen
    return np.clip(local / max(mean, 1), 0.45, 1.5) * np.clip(mean / 150, 0.35, 1.15)


def _times(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(factor * c, 255.0) for c in colour)
    return red, green, blue


def _plus(colour: Colour, more: float) -> Colour:
    red, green, blue = (min(c + more, 255.0) for c in colour)
    return red, green, blue
