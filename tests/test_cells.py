"""Large pictures in parts: cells are means, what is enlarged fits where it is put, tiles hold all that is chosen, once."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from facefx.pixels.cells import Enlarged, EnlargedPlanes, broadly, cell_of_mean, in_cells, tiles

sizes = st.tuples(st.integers(1, 60), st.integers(1, 60))
seeds = st.integers(0, 9)


@given(sizes, st.integers(1, 12), st.booleans(), seeds)
def test_a_cell_is_the_mean_of_its_pixels(size: tuple[int, int], cell: int, in_colour: bool, seed: int) -> None:
    cell = min(cell, *size)
    values = np.random.default_rng(seed).random((*size, 3) if in_colour else size, np.float32)
    made = in_cells(values, cell)
    assert made.shape[:2] == (-(-size[0] // cell), -(-size[1] // cell))
    rows, columns = size[0] // cell, size[1] // cell
    whole = values[: rows * cell, : columns * cell].reshape(rows, cell, columns, cell, -1).mean(axis=(1, 3))
    np.testing.assert_allclose(made[:rows, :columns].reshape(whole.shape), whole, atol=1e-6)


@given(sizes, st.integers(1, 5), seeds)
def test_planes_are_enlarged_as_pictures_are(size: tuple[int, int], cell: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    planes = rng.random((3, *size), np.float32)
    height, width = size[0] * cell, size[1] * cell
    top, left = int(rng.integers(height)), int(rng.integers(width))
    part = slice(top, int(rng.integers(top, height)) + 1), slice(left, int(rng.integers(left, width)) + 1)
    together = EnlargedPlanes(planes, cell)[part]
    rounding = max(1e-6, max(size) * float(np.finfo(np.float32).eps))  # half a unit of a place among the cells, on two axes
    for plane, enlarged in zip(planes, together, strict=True):
        np.testing.assert_array_equal(Enlarged(plane, cell)[part], enlarged)
        np.testing.assert_allclose(Enlarged(plane, cell).all_of((height, width))[part], enlarged, atol=rounding)


@given(sizes, st.integers(2, 20), st.floats(0, 1), seeds)
def test_tiles_hold_all_that_is_chosen_once_and_end_with_it(size: tuple[int, int], side: int, share: float, seed: int) -> None:
    where = np.random.default_rng(seed).random(size) < share
    times = np.zeros(size, int)
    for tile in tiles(where, side):
        times[tile] += 1
        chosen = where[tile]
        assert chosen[0].any()
        assert chosen[-1].any()
        assert chosen[:, 0].any()
        assert chosen[:, -1].any()
    assert (times[where] == 1).all()
    assert times.max(initial=0) <= 1


@given(st.floats(3, 30))
def test_a_broad_mean_on_cells_is_a_gaussian_mean(sigma: float) -> None:
    """Of one bright spot: as much light, as far spread."""
    side = int(8 * sigma) + 1
    values = np.zeros((side, side), np.float32)
    values[side // 2, side // 2] = 1
    cell = cell_of_mean(sigma, values.shape)
    spread = Enlarged(broadly(values, sigma, cell), cell).all_of(values.shape)
    assert cell > 1
    assert abs(float(spread.sum()) - 1) < 0.1
    away = np.arange(side) - side // 2
    deviation = float(np.sqrt((spread.sum(axis=0) * away**2).sum() / spread.sum()))
    assert abs(deviation / sigma - 1) < 0.1
