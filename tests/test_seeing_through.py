"""What is seen through hair: gaps at its edge let the background be seen, lights within it are its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from facefx.effects.hair.recolor_hair import recolor_hair
from facefx.pixels.blend import composite
from facefx.pixels.cells import in_cells
from facefx.pixels.seeing_through import seen_through

SIDE, UNIT = 320, 150.0
WALL, HAIR = np.array([0.85, 0.8, 0.75], np.float32), np.array([0.08, 0.06, 0.05], np.float32)
Y, X = np.mgrid[:SIDE, :SIDE].astype(np.float32) - SIDE / 2
FAR = np.hypot(X, Y)
#: What a parser gives to hair: all of it, with the gaps between curls.
MASK = np.clip(110.5 - FAR, 0, 1).astype(np.float32)


def curls(wall: np.ndarray = WALL) -> tuple[np.ndarray, np.ndarray]:
    """Dense hair, and strands around it that stand farther and farther apart: the picture, and the share of hair."""
    strands = np.clip(6 * (np.cos(36 * np.arctan2(Y, X)) - (FAR - 90) / 20) + 0.5, 0, 1)
    alpha = np.where(FAR < 75, 1, strands * (FAR < 110)).astype(np.float32)
    alpha = cv2.GaussianBlur(alpha, (0, 0), 0.8)
    grain = 1 + 0.3 * np.random.default_rng(0).standard_normal((SIDE, SIDE, 1)).astype(np.float32)
    return np.clip(alpha[..., None] * HAIR * grain + (1 - alpha[..., None]) * wall, 0, 1).astype(np.float32), alpha


def about(mask: np.ndarray, deepest: float = 0.25) -> Any:
    return lambda cell: (in_cells(mask, cell), np.full_like(in_cells(mask, cell), deepest))


def test_the_wall_between_curls_is_no_hair() -> None:
    image, alpha = curls()
    found, edge = seen_through(MASK, image, UNIT, about(MASK)), (FAR > 85) & (FAR < 115)
    assert np.abs(MASK - alpha)[edge].mean() > 0.3
    assert np.abs(found - alpha)[edge].mean() < 0.08
    assert np.array_equal(found[FAR < 60], MASK[FAR < 60])


def test_lights_that_dense_hair_closes_off_are_hair() -> None:
    image = np.where((FAR < 108)[..., None], HAIR, WALL).astype(np.float32)
    image[(FAR > 78) & (FAR < 88)] = 0.6 * WALL + 0.4 * HAIR  # on the way to the wall's colour, and near the edge
    found = seen_through(MASK, image, UNIT, about(MASK))
    assert found[(FAR > 76) & (FAR < 90)].min() > 0.9


@pytest.mark.parametrize("wall", [HAIR + 0.06, HAIR], ids=["nearly as dark", "the same"])
def test_before_a_background_like_itself_hair_stays_as_parsed(wall: np.ndarray) -> None:
    image, _ = curls(wall.astype(np.float32))
    assert np.array_equal(seen_through(MASK, image, UNIT, about(MASK)), MASK)


def test_no_deeper_than_is_allowed() -> None:
    image, _ = curls()
    found = seen_through(MASK, image, UNIT, about(MASK, 0.04))
    assert np.array_equal(found[FAR < 95], MASK[FAR < 95])


@settings(max_examples=30, deadline=None)
@given(
    arrays.arrays(np.float32, st.tuples(st.integers(0, 24), st.integers(0, 24)), elements=st.sampled_from([0, 0.4, 1])),
    st.floats(1, 400),
)
def test_never_more_than_the_mask(mask: np.ndarray, unit: float) -> None:
    image = np.random.default_rng(0).random((*mask.shape, 3), np.float32)
    found = seen_through(mask, image, unit, about(mask))
    assert np.isfinite(found).all()
    assert (found <= mask).all()
    assert found.min(initial=0) >= 0


@pytest.mark.parametrize("unit", [UNIT, 2 * UNIT], ids=["pixel by pixel", "on a copy"])
def test_a_bright_wall_between_dyed_curls_does_not_glow(unit: float) -> None:
    image, alpha = curls()

    def roughly(region: str, cell: int) -> np.ndarray:
        return in_cells(MASK if region == "hair" else 1 - MASK, cell)

    face = SimpleNamespace(unit=unit, roughly=roughly, is_in_film=False, light=None)
    painted = recolor_hair.function(image, MASK, unit, face, color="#e6c88f", strength=1.0, rng=np.random.default_rng(0))
    after = composite(image, painted, MASK)
    gaps, hair = (alpha < 0.05) & (FAR > 90), (alpha > 0.95) & (FAR < 60)
    assert (after - image)[hair].mean() > 0.3
    assert np.abs(after - image)[gaps].mean() < 0.04


def test_a_light_in_smooth_hair_that_is_open_towards_the_edge_is_hair() -> None:
    image = np.where((FAR < 110)[..., None], HAIR, WALL).astype(np.float32)
    light = np.exp(-np.square(np.arctan2(Y, X) / 0.25)) * np.exp(-np.square((FAR - 95) / 12))
    image += (0.35 * light * (FAR < 110))[..., None] * (WALL - HAIR)
    found = seen_through(MASK, image, UNIT, about(MASK))
    assert found[FAR < 98].min() > 0.97
