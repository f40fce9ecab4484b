"""Affine crops, flips and outlines."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from facefx.pixels import geometry

coordinates = st.floats(-50, 150)
affines = st.builds(
    geometry.crop_affine,
    st.tuples(coordinates, coordinates),
    st.floats(8, 300),
    st.floats(-180, 180),
    st.sampled_from([32, 64, 65]),
)


def smooth(height: int, width: int) -> np.ndarray:
    """A picture without detail, so that resampling hardly changes it: (height, width, 3) float32."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.stack([0.5 + 0.4 * np.sin(x / 25), 0.5 + 0.4 * np.cos(y / 20), x / (2 * width) + 0.2], axis=-1).astype(np.float32)


@given(affines, st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5))
def test_there_and_back(affine: np.ndarray, points: list[tuple[float, float]]) -> None:
    back = geometry.apply(geometry.invert(affine), geometry.apply(affine, np.array(points)))
    assert back == pytest.approx(np.array(points), abs=1e-6)


@given(st.tuples(coordinates, coordinates), st.floats(8, 300), st.floats(-180, 180))
def test_a_crop_shows_its_centre_in_the_middle_at_the_right_scale(center: tuple[float, float], side: float, roll: float) -> None:
    affine = geometry.crop_affine(center, side, roll, 64)
    assert geometry.apply(affine, np.array([center])) == pytest.approx(np.array([[32, 32]]), abs=1e-6)
    assert np.sqrt(np.linalg.det(affine[:, :2])) == pytest.approx(64 / side)


def test_a_crop_turns_a_tilted_head_upright() -> None:
    # A head tilted clockwise by 30 degrees: its top points up and to the right.
    top = np.array([[100 + 40 * np.sin(np.pi / 6), 100 - 40 * np.cos(np.pi / 6)]])
    assert geometry.apply(geometry.crop_affine((100, 100), 100, 30, 100), top) == pytest.approx(np.array([[50, 10]]))


def test_an_unscaled_crop_is_a_slice() -> None:
    image = np.random.default_rng(0).random((20, 31, 3), np.float32)
    assert geometry.cut(image, geometry.crop_affine((13, 9), 8, 0, 8), 8) == pytest.approx(image[5:13, 9:17], abs=1e-6)


@pytest.mark.parametrize("roll", [0, 20, -75, 180])
@pytest.mark.parametrize("side", [40, 64, 130])
def test_what_is_cut_out_goes_back_where_it_was(roll: float, side: float) -> None:
    image = smooth(101, 91)
    affine = geometry.crop_affine((45, 50), side, roll, 64)
    crop = geometry.cut(image, affine, 64)
    assert crop.shape == (64, 64, 3)
    assert crop.dtype == np.float32
    inner = (35, 40, 56, 61)
    back = geometry.warp_to_window(np.ascontiguousarray(crop[..., 0]), affine, inner)
    assert back == pytest.approx(image[40:61, 35:56, 0], abs=0.01)


@pytest.mark.parametrize("size", [8, 16, 33])
def test_shrinking_averages_and_does_not_alias(size: int) -> None:
    y, x = np.mgrid[:128, :128]
    board = np.repeat(((x + y) % 2).astype(np.float32)[..., None], 3, axis=-1)  # the finest pattern there is
    crop = geometry.cut(board, geometry.crop_affine((64, 64), 120, 10, size), size)
    assert crop == pytest.approx(0.5, abs=0.06)


def test_the_content_keeps_its_place_when_it_shrinks() -> None:
    image = np.zeros((200, 200, 3), np.float32)
    image[60:80, 120:140] = 1  # its middle is at (130, 70)
    crop = geometry.cut(image, geometry.crop_affine((100, 100), 200, 0, 40), 40)[..., 0]
    y, x = np.mgrid[:40, :40] + 0.5
    assert ((crop * x).sum() / crop.sum(), (crop * y).sum() / crop.sum()) == pytest.approx((26, 14), abs=0.02)


@pytest.mark.parametrize("side", [10, 100])
def test_a_crop_is_grey_where_it_leaves_the_picture(side: float) -> None:
    image = np.ones((30, 30, 3), np.float32)
    crop = geometry.cut(image, geometry.crop_affine((0, 15), side, 0, 20), 20)
    assert crop[10, :8] == pytest.approx(0.5, abs=0.01)
    assert crop[10, 12] == pytest.approx(1, abs=0.01)
    far = geometry.cut(image, geometry.crop_affine((900, 900), side, 0, 20), 20)
    assert far == pytest.approx(0.5)


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 2)])
@pytest.mark.parametrize("side", [2, 60])
def test_the_tiniest_pictures(shape: tuple[int, int], side: float) -> None:
    image = np.full((*shape, 3), 0.25, np.float32)
    affine = geometry.crop_affine((shape[1] / 2, shape[0] / 2), side, 5, 16)
    crop = geometry.cut(image, affine, 16)
    assert crop.shape == (16, 16, 3)
    assert np.isfinite(crop).all()
    assert crop.min() >= 0.25 - 1e-6
    assert crop.max() <= 0.5 + 1e-6


@given(affines, st.integers(20, 90))
def test_mirroring_the_picture_mirrors_the_crop(affine: np.ndarray, width: int) -> None:
    image = smooth(60, width)
    image[20:30, 3:9] = 1
    crop = geometry.cut(image, affine, 32)
    mirrored = geometry.cut(np.ascontiguousarray(image[:, ::-1]), geometry.mirror_affine(affine, width, 32), 32)
    assert mirrored[:, ::-1] == pytest.approx(crop, abs=0.03)  # OpenCV interpolates in steps of 1/32 pixel


@given(affines, st.integers(1, 80))
def test_mirroring_twice_changes_nothing(affine: np.ndarray, width: int) -> None:
    twice = geometry.mirror_affine(geometry.mirror_affine(affine, width, 64), width, 64)
    assert twice == pytest.approx(affine, abs=1e-9)


@given(affines, st.floats(1, 4))
def test_a_wider_crop_has_the_same_middle(affine: np.ndarray, factor: float) -> None:
    wide = geometry.expand(affine, factor, 64)
    middle = geometry.apply(geometry.invert(affine), np.array([[32, 32]]))
    assert geometry.apply(wide, middle) == pytest.approx(np.array([[32, 32]]), abs=1e-6)
    assert np.linalg.det(affine[:, :2]) / np.linalg.det(wide[:, :2]) == pytest.approx(factor**2)


@given(affines)
def test_the_window_of_a_crop_lies_in_the_picture(affine: np.ndarray) -> None:
    x0, y0, x1, y1 = geometry.crop_window(affine, 64, (70, 90, 3))
    assert 0 <= x0 <= x1 <= 90
    assert 0 <= y0 <= y1 <= 70


def test_the_window_of_a_crop_by_hand() -> None:
    assert geometry.crop_window(geometry.crop_affine((30, 20), 10.5, 0, 64), 64, (70, 90)) == (24, 14, 36, 26)
    assert geometry.crop_window(geometry.crop_affine((0, 0), 10, 0, 64), 64, (70, 90), margin=1) == (0, 0, 6, 6)


def test_nothing_goes_back_outside_the_crop() -> None:
    affine = geometry.crop_affine((20, 20), 16, 0, 32)
    full = geometry.warp_to_window(np.ones((32, 32), np.float32), affine, (0, 0, 40, 40))
    assert full[15:25, 15:25] == pytest.approx(1)
    assert full[:10].max() == full[31:].max() == full[:, :10].max() == full[:, 31:].max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 30), (30, 2)])
def test_a_crop_smaller_than_a_pixel_of_the_picture_is_averaged(shape: tuple[int, int]) -> None:
    affine = np.array([[8.0, 0, 0], [0, 8.0, 0]])
    values = geometry.warp_to_window(np.ones(shape, np.float32), affine, (0, 0, 5, 5))
    assert values.shape == (5, 5)
    assert 0 <= values.min() <= values.max() <= 1


@pytest.mark.parametrize("window", [(5, 5, 5, 9), (5, 5, 9, 5), (9, 9, 5, 5)])
def test_an_empty_window_gives_an_empty_map(window: tuple[int, int, int, int]) -> None:
    values = geometry.warp_to_window(np.ones((8, 8), np.float32), np.eye(2, 3), window)
    assert values.size == 0
    assert values.dtype == np.float32


def test_nothing_is_changed_in_place() -> None:
    image, affine = smooth(40, 40), geometry.crop_affine((20, 20), 30, 10, 32)
    before = image.copy(), affine.copy()
    crop = geometry.cut(image, affine, 32)
    geometry.warp_to_window(np.ascontiguousarray(crop[..., 0]), affine, (3, 4, 20, 30))
    assert np.array_equal(image, before[0])
    assert np.array_equal(affine, before[1])


def test_the_contour_of_a_rectangle() -> None:
    mask = np.zeros((12, 15), np.float32)
    mask[3:8, 4:11] = 0.9
    points = geometry.contour(mask)
    assert points.min(axis=0).tolist() == [4.5, 3.5]  # the centres of the outermost pixels
    assert points.max(axis=0).tolist() == [10.5, 7.5]
    assert len(points) == 2 * (7 + 5) - 4


def test_the_contour_of_a_disc_is_round() -> None:
    y, x = np.mgrid[:61, :61] + 0.5
    points = geometry.contour(np.hypot(x - 30.5, y - 30.5) < 20)
    assert np.hypot(*(points - 30.5).T) == pytest.approx(19.3, abs=0.8)


def test_the_contour_is_of_the_largest_part() -> None:
    mask = np.zeros((20, 20), bool)
    mask[1:3, 1:3] = mask[8:18, 8:18] = True
    assert geometry.contour(mask).min() == 8.5


def test_the_contours_of_nothing_everything_and_a_pixel() -> None:
    assert geometry.contour(np.zeros((5, 7))).shape == (0, 2)
    assert geometry.contour(np.zeros((0, 0))).shape == (0, 2)
    full = geometry.contour(np.ones((5, 7)))
    assert (full.min(axis=0).tolist(), full.max(axis=0).tolist()) == ([0.5, 0.5], [6.5, 4.5])
    one = np.zeros((5, 7))
    one[2, 3] = 1
    assert geometry.contour(one).tolist() == [[3.5, 2.5]]
