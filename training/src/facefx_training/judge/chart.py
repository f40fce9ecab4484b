"""Scores against costs, drawn with Pillow: one panel a cost, one dot a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

__all__ = ["Panel", "Point", "chart"]

_SCALE = 2  # drawn so much larger, then shrunk, which smooths the edges
_WIDTH, _HEIGHT, _LEFT, _RIGHT, _TOP, _BOTTOM = (_SCALE * v for v in (620, 460, 70, 40, 30, 60))
_INK, _GREY, _GRID, _DOT = (40, 42, 46), (110, 114, 120), (228, 230, 234), (190, 16, 62)


@dataclass(frozen=True)
class Point:
    """A dot; `hollow` for one that is not to be compared with the others."""

    name: str
    x: float
    y: float
    hollow: bool = False


@dataclass(frozen=True)
class Panel:
    """Dots by a positive cost (logarithmic, to the right) and a score (upwards)."""

    x_name: str
    y_name: str
    points: Sequence[Point]


def chart(panels: Sequence[Panel], path: Path) -> None:
    """Write the panels side by side as a PNG."""
    picture = Image.new("RGB", (_WIDTH * len(panels), _HEIGHT), "white")
    for index, panel in enumerate(panels):
        one = Image.new("RGB", (_WIDTH, _HEIGHT), "white")
        _draw(ImageDraw.Draw(one), panel)
        picture.paste(one, (_WIDTH * index, 0))
    picture.reduce(_SCALE).save(path)


def _draw(draw: ImageDraw.ImageDraw, panel: Panel) -> None:
    small, large = (ImageFont.load_default(size=_SCALE * size) for size in (12, 14))
    xs, ys = [p.x for p in panel.points], [p.y for p in panel.points]
    low_x, high_x = log10(min(xs)) - 0.4, log10(max(xs)) + 0.5  # names stand to the right
    step = next(s for s in (1, 2, 5, 10, 20) if (max(ys) - min(ys)) / s <= 6)
    low_y, high_y = step * floor(min(ys) / step - 0.5), step * floor(max(ys) / step + 1.5)

    def place(x: float, y: float) -> tuple[float, float]:
        right = (log10(x) - low_x) / (high_x - low_x)
        up = (y - low_y) / (high_y - low_y)
        return _LEFT + right * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    for value in range(low_y, high_y + 1, step):
        _, y = place(10**low_x, value)
        draw.line((_LEFT, y, _WIDTH - _RIGHT, y), fill=_GRID, width=_SCALE)
        draw.text((_LEFT - 6 * _SCALE, y), str(value), fill=_GREY, font=small, anchor="rm")
    for cost in _round_numbers(10**low_x, 10**high_x):
        x, _ = place(cost, low_y)
        draw.line((x, _TOP, x, _HEIGHT - _BOTTOM), fill=_GRID, width=_SCALE)
        draw.text((x, _HEIGHT - _BOTTOM + 6 * _SCALE), f"{cost:g}", fill=_GREY, font=small, anchor="mt")
    draw.text(((_LEFT + _WIDTH - _RIGHT) / 2, _HEIGHT - 12 * _SCALE), panel.x_name, fill=_INK, font=large, anchor="ms")
    draw.text((_LEFT, _TOP - 8 * _SCALE), panel.y_name, fill=_INK, font=large, anchor="ls")

    radius = 5 * _SCALE
    dots = [place(p.x, p.y) for p in panel.points]
    taken = [(x - radius, y - radius, x + radius, y + radius) for x, y in dots]
    for point, (x, y) in zip(panel.points, dots, strict=True):
        box = (x - radius, y - radius, x + radius, y + radius)
        draw.ellipse(box, fill="white" if point.hollow else _DOT, outline=_DOT, width=2 * _SCALE)
        taken.append(_write_beside(draw, point.name, (x, y), taken, small))


def _write_beside(
    draw: ImageDraw.ImageDraw,
    name: str,
    dot: tuple[float, float],
    taken: Sequence[tuple[float, float, float, float]],
    font: ImageFont.FreeTypeFont | ImageFont.ImageFont,
) -> tuple[float, float, float, float]:
    """Write a dot's name at its right, or where else it covers nothing; the box that it takes."""
    away = 9 * _SCALE
    tries = [((dot[0] + dx * away, dot[1] + dy * away), anchor) for dx, dy, anchor in _PLACES]
    boxes = [draw.textbbox(where, name, font=font, anchor=anchor) for where, anchor in tries]
    clear = [i for i, box in enumerate(boxes) if box[0] > _LEFT and box[2] < _WIDTH and not any(_meet(box, t) for t in taken)]
    chosen = clear[0] if clear else 0
    where, anchor = tries[chosen]
    draw.text(where, name, fill=_INK, font=font, anchor=anchor)
    return boxes[chosen]


_PLACES = [
    (1, 0, "lm"),
    (-1, 0, "rm"),
    (0, -1, "mb"),
    (0, 1, "mt"),
    (0.7, -0.9, "lb"),
    (0.7, 0.9, "lt"),
    (0, -2.5, "mb"),
    (0, 2.5, "mt"),
]


def _meet(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _round_numbers(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between two numbers."""
    powers = range(floor(log10(low)), floor(log10(high)) + 1)
    return [v for v in (factor * 10.0**power for power in powers for factor in (1, 2, 5)) if low <= v <= high]
