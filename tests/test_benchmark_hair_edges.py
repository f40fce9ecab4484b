"""The benchmark of hair's outline: what it takes for the truth is the truth."""

from __future__ import annotations

import numpy as np

import hair_edges as benchmark


def test_the_wall_is_found_behind_what_stands_before_it() -> None:
    y, x = np.mgrid[-1:1:40j, -1:1:50j]
    wall = np.stack([0.7 + 0.1 * x, 0.6 - 0.1 * y * y, 0.5 + 0 * x], axis=-1).astype(np.float32)
    picture, free = wall.copy(), np.ones((40, 50), bool)
    picture[10:30, 20:35], free[10:30, 20:35] = 0.05, False
    picture[2:5, 2:5] = 0.1  # a switch on the wall
    assert np.abs(benchmark.wall_of(picture, free) - wall).max() < 0.01


def test_unknown_colours_are_the_nearest_known_ones() -> None:
    colors = np.zeros((1, 6, 3), np.float32)
    colors[0, 1], colors[0, 5] = 0.2, 0.8
    known = np.array([[False, True, False, False, False, True]])
    assert benchmark.from_nearest(colors, known)[0, [0, 1, 2, 4, 5], 0].tolist() == np.float32([0.2, 0.2, 0.2, 0.8, 0.8]).tolist()


def test_backgrounds_are_pictures_and_always_the_same() -> None:
    first, again = (list(benchmark.backgrounds((60, 80))) for _ in range(2))
    assert len(first) == 4
    for one, other in zip(first, again, strict=True):
        assert one.shape == (60, 80, 3)
        assert one.dtype == np.float32
        assert one.min() >= 0
        assert one.max() <= 1
        assert np.array_equal(one, other)
