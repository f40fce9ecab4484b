"""Masks of yes and no as outlines along the edges of pixels, and as runs: both give the mask back exactly."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["outlines", "run_lengths"]

Point = tuple[int, int]


def outlines(mask: NDArray[np.bool_], tolerance: float = 0.0) -> list[list[Point]]:
    """The closed lines round the parts of a mask and round the holes in them, by even and odd.

    Parameters
    ----------
    mask : (H, W) bool.
    tolerance : so many pixels the line may leave the pixels' edges, for fewer points (Douglas and Peucker 1973).

    Returns
    -------
    list of lists of (x, y)
        Corners in pixels, with (0, 0) the upper left corner of the upper left pixel and (W, H) the lower right one's of the lower
        right; the last one joins the first. Parts run clockwise as one sees them, holes the other way round.
    """
    following = _edges(mask)
    found: list[list[Point]] = []
    for start in sorted(following):
        if start not in following:
            continue
        line, heading, point = [start], (0, 0), start
        while True:
            point, heading = _step(following, point, heading)
            if point == start:
                break
            line.append(point)
        corners = _corners(line)
        found.append(_simpler(corners, tolerance) if tolerance > 0 else corners)
    return found


def _edges(mask: NDArray[np.bool_]) -> dict[Point, list[Point]]:
    """From each point on an edge the points that follow it, one pixel on, with the mask on the right hand."""
    padded = np.pad(mask, 1)
    following: dict[Point, list[Point]] = {}
    for axis in (0, 1):
        change = np.diff(padded.astype(np.int8), axis=axis)
        for sign in (1, -1):
            for row, column in np.argwhere(change == sign).tolist():
                if axis == 0:  # a horizontal edge, from (column - 1, row): to the right along a part's upper side
                    ends = (column - 1, row), (column, row)
                    first, last = ends if sign == 1 else ends[::-1]
                else:  # a vertical one: up along the left side
                    ends = (column, row), (column, row - 1)
                    first, last = ends if sign == 1 else ends[::-1]
                following.setdefault(first, []).append(last)
    return following


def _step(following: dict[Point, list[Point]], point: Point, heading: Point) -> tuple[Point, Point]:
    """The next point and the way there; where pixels touch at a corner, to the right, so that they stay parts of their own."""
    ways = following[point]
    if len(ways) == 1:
        following.pop(point)
        after = ways[0]
    else:
        right = (-heading[1], heading[0])
        after = next((way for way in ways if (way[0] - point[0], way[1] - point[1]) == right), ways[0])
        ways.remove(after)
    return after, (after[0] - point[0], after[1] - point[1])


def _corners(line: list[Point]) -> list[Point]:
    """The line without the points that lie straight between their neighbours."""
    points = np.array(line)
    before, after = np.roll(points, 1, axis=0), np.roll(points, -1, axis=0)
    turns = ((points - before) != (after - points)).any(axis=1)
    return [(x, y) for x, y in points[turns].tolist()]


def _simpler(corners: list[Point], tolerance: float) -> list[Point]:
    fewer = cv2.approxPolyDP(np.array(corners, np.int32)[:, None], tolerance, closed=True)[:, 0].tolist()
    return [(x, y) for x, y in fewer] if len(fewer) >= 3 else corners


def run_lengths(mask: NDArray[np.bool_]) -> list[int]:
    """How many pixels are out, in, out, ... column by column from the upper left, as COCO counts them; the first may be 0."""
    flat = mask.ravel(order="F")
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()
    return [0, *counts] if flat.size and flat[0] else counts
