"""Putting pixels into a picture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facefx.pixels.blend import composite, foreground

RNG = np.random.default_rng(3)
IMAGE, PAINTED = RNG.random((6, 7, 3), np.float32), RNG.random((6, 7, 3), np.float32)
masks = hnp.arrays(np.float32, (6, 7), elements=st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1, width=32)))


@given(masks)
def test_pixels_outside_the_mask_keep_their_bits(mask: np.ndarray) -> None:
    image = IMAGE.copy()
    image[0, 0], image[1, 1] = (-0.25, 1.5, 0.1), np.nextafter(np.float32(0.3), np.float32(1))
    blended = composite(image, PAINTED, mask)
    assert blended.dtype == np.float32
    assert np.array_equal(blended[mask == 0].view(np.uint32), image[mask == 0].view(np.uint32))
    assert blended[mask > 0].min(initial=0) >= 0
    assert blended[mask > 0].max(initial=1) <= 1


def test_full_none_and_half() -> None:
    ones = np.ones((6, 7), np.float32)
    assert composite(IMAGE, PAINTED, ones) == pytest.approx(PAINTED, abs=1e-6)
    assert np.array_equal(composite(IMAGE, PAINTED, 0 * ones), IMAGE)
    assert composite(IMAGE, PAINTED, 0.5 * ones) == pytest.approx((IMAGE + PAINTED) / 2, abs=1e-6)


@given(masks)
def test_painting_nothing_changes_nothing(mask: np.ndarray) -> None:
    assert np.array_equal(composite(IMAGE, IMAGE, mask), IMAGE)


def test_nothing_is_changed_in_place() -> None:
    before = IMAGE.copy(), PAINTED.copy()
    mask = np.full((6, 7), 0.5, np.float32)
    composite(IMAGE, PAINTED, mask)
    foreground(IMAGE, mask, 2)
    assert np.array_equal(IMAGE, before[0])
    assert np.array_equal(PAINTED, before[1])


@given(masks, st.floats(0, 5))
def test_inside_the_region_its_colour_is_the_pictures(mask: np.ndarray, radius: float) -> None:
    estimate = foreground(IMAGE, mask, radius)
    assert np.array_equal(estimate[mask == 1], IMAGE[mask == 1])
    assert np.isfinite(estimate).all()
    assert estimate.min() >= IMAGE.min() - 1e-4
    assert estimate.max() <= IMAGE.max() + 1e-4


def test_under_a_soft_edge_lies_the_regions_own_colour() -> None:
    dark, bright = np.array([0.1, 0.05, 0.02]), np.array([0.9, 0.9, 1.0])
    mask = np.clip((np.arange(60) - 25) / 10, 0, 1).astype(np.float32)[None].repeat(40, axis=0)
    picture = (mask[..., None] * dark + (1 - mask[..., None]) * bright).astype(np.float32)
    estimate = foreground(picture, mask, 6)
    half = np.abs(mask - 0.5) < 0.1
    assert np.abs(estimate[half] - dark).max() < 0.1
    assert np.abs(picture[half] - dark).max() > 0.4
    far = np.abs(estimate[:, :3] - picture[:, :3])
    assert far.max() < 0.05  # where nothing of the region is near, the picture stays


@pytest.mark.parametrize("level", [0.0, 0.5])
def test_a_region_without_a_sure_pixel_is_left_alone(level: float) -> None:
    assert np.array_equal(foreground(IMAGE, np.full((6, 7), level, np.float32), 3), IMAGE)
