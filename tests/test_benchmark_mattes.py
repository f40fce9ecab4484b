"""The mattes' benchmark measures right."""

from __future__ import annotations

import numpy as np
import pytest

import mattes as benchmark
from facefx.testing import example_scene


def square(x: int, y: int, side: int = 10) -> np.ndarray:
    mask = np.zeros((40, 40), bool)
    mask[y : y + side, x : x + side] = True
    return mask


def test_the_boundary_score() -> None:
    assert benchmark.boundary(square(5, 5)).sum() == 36
    assert benchmark.boundary_f(square(5, 5), square(5, 5), 1) == 1
    assert benchmark.boundary_f(square(5, 5), square(6, 5), 1) == 1
    assert benchmark.boundary_f(square(5, 5), square(25, 25), 1) == 0
    assert 0 < benchmark.boundary_f(square(5, 5), square(8, 5), 1) < 1
    nothing = np.zeros((40, 40), bool)
    assert benchmark.boundary_f(nothing, nothing, 1) == 1
    assert benchmark.boundary_f(nothing, square(5, 5), 1) == 0


def test_where_the_picture_ends_is_no_boundary() -> None:
    assert not benchmark.boundary(np.ones((9, 9), bool)).any()


def test_overlap() -> None:
    assert benchmark.overlap(square(0, 0), square(5, 0)) == pytest.approx(50 / 150)


def test_every_way_gives_a_mask_of_the_whole_picture() -> None:
    face = example_scene("portrait").faces[0]
    given = dict(benchmark.answers(face, "lips"))
    assert set(given) == {"just enlarged", "by edges", "by edges and colour", "Face.patch"}
    assert all(mask.shape == face.picture.shape[:2] for mask in given.values())
    assert np.array_equal(given["Face.patch"], given["by edges"])
