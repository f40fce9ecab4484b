"""Dyed hair along its outline: a little of a wall or of skin in it must not pass for lit hair."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facefx.effects.tools.hair_dye import HeadOfHair, seen
from facefx.effects.tools.hair_outline import Outline
from facefx.pixels import color as colors
from test_hair_dye import dyed, strands

SIDE, UNIT = 240, 200.0
#: How far from the middle each pixel is, less a radius: the depth in the hair, in pixels.
DEEP = 80 - np.hypot(*(np.mgrid[:SIDE, :SIDE] - SIDE / 2)).astype(np.float32)


def plain(code: str) -> np.ndarray:
    return np.full((SIDE, SIDE, 3), np.array(colors.parse(code)), np.float32)


def head(own: str, wall: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A disc of quiet hair that ends softly before a wall; the hair alone; and a mask that is sure a little too early."""
    hair = strands(own, 0.25, side=SIDE)
    share, mask = np.clip(DEEP / 16, 0, 1), np.clip(DEEP / 14, 0, 1)
    return hair + (1 - share)[..., None] * (plain(wall) - hair), hair, mask


def light(image: np.ndarray) -> np.ndarray:
    return seen(np.asarray(image, np.float32))[..., 0]


@pytest.mark.parametrize("code", ["#a4502c", "#6b3fa0"])
def test_black_hair_before_a_lighter_wall_has_no_light_rim_once_it_is_dyed(code: str) -> None:
    image, _, mask = head("#1c1614", "#b09070")
    made = light(dyed(image, mask, code, UNIT))
    assert float(made[(DEEP > 8) & (DEEP < 12)].mean() - made[DEEP > 40].mean()) < 0.1  # it was 0.103 and 0.124


def test_a_rim_is_taken_off_and_single_strands_and_shade_stay() -> None:
    image, hair, mask = head("#1c1614", "#b09070")
    outline = Outline.of(image, mask, UNIT)
    assert outline is not None
    rim, well_in = (DEEP > 8) & (DEEP < 16), DEEP > 0.15 * UNIT
    strand = 3 * light(hair - cv2.GaussianBlur(hair, (0, 0), 3) + np.float32(0.5))
    dye = np.float32(0.5) + np.float32(0.3) * (1 - np.clip(DEEP / 30, 0, 1)) + strand - strand.mean()
    flat = np.zeros_like(dye)
    after, _, b = outline.taken_off(dye, flat, np.float32(0.1) * (DEEP < 20))
    assert float(dye[rim].mean() - dye[well_in].mean()) > 0.15
    assert float(after[rim].mean() - after[well_in].mean()) < 0.06
    assert np.array_equal(after[well_in], dye[well_in])
    assert float(b[rim].mean()) < 0.03
    fine = [v - cv2.GaussianBlur(v, (0, 0), 3) for v in (after, dye)]
    assert np.corrcoef(*(v[rim] for v in fine))[0, 1] > 0.95
    shade = np.float32(0.5) - np.float32(0.4) * (DEEP < 20)
    same, _, b = outline.taken_off(shade, flat, np.float32(0.1) * (DEEP < 20))
    assert float(same[rim].mean()) < 0.15
    assert float(b[rim].mean()) > 0.09


def test_hair_before_a_darker_wall_and_hair_without_an_outline_are_not_touched() -> None:
    image, _, mask = head("#b08a60", "#201c1a")
    outline = HeadOfHair.of(image, mask, UNIT).outline
    assert outline is not None
    assert not outline.mixed.any()
    assert Outline.of(image, np.ones_like(mask), UNIT) is None
