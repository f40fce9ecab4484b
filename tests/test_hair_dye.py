"""Hair dyed by the statistics of real hair: what every head, colour and outline must keep."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facefx.effects.tools.hair_dye import HeadOfHair
from facefx.effects.tools.hair_repainting import repainted
from facefx.effects.tools.hair_scales import Where, levels
from facefx.effects.tools.hair_spread import usual
from facefx.effects.tools.hair_statistics import HairStatistics
from facefx.effects.tools.recoloring import perceived
from facefx.pixels import color as colors
from facefx.pixels.blend import composite

SIDE = 160
COLORS = ("#e6c88f", "#b0552a", "#1d1a1c", "#8040a0", "#7a5a40")


def seen(code: str) -> np.ndarray:
    lab = colors.to_oklab(np.array(colors.parse(code), np.float32)).astype(np.float64)
    return np.array([perceived(lab[0]), *lab[1:]])


def strands(code: str, contrast: float = 0.5, side: int = SIDE, seed: int = 0) -> np.ndarray:
    """Hair that hangs down: noise, smeared along the columns, over a broad light, (side, side, 3) float32."""
    noise = np.random.default_rng(seed).standard_normal((side, side)).astype(np.float32)
    fine = cv2.GaussianBlur(noise, (0, 0), sigmaX=0.8 * side / SIDE, sigmaY=12 * side / SIDE)
    broad = cv2.GaussianBlur(noise, (0, 0), 20 * side / SIDE)
    light = 1 + contrast * (0.3 * fine / fine.std() + 0.3 * broad / broad.std())
    return np.clip(np.array(colors.parse(code), np.float32) * light[..., None], 0, 1)


def dyed(image: np.ndarray, mask: np.ndarray, code: str, unit: float = 100.0) -> np.ndarray:
    head = HeadOfHair.of(image, mask, unit)
    return composite(image, repainted(image, mask, head, lambda new: new, head.grown(code)), mask)


def everywhere(side: int = SIDE) -> np.ndarray:
    return np.ones((side, side), np.float32)


@pytest.mark.parametrize("code", COLORS)
@pytest.mark.parametrize("own", ["#1c1614", "#c8a878", "#6a3a20"])
def test_the_median_lies_on_the_colour_and_strands_stay_where_they_were(own: str, code: str) -> None:
    before = strands(own)
    after = dyed(before, everywhere(), code)
    assert np.isfinite(after).all()
    median = np.median(after.reshape(-1, 3), axis=0)
    assert float(colors.delta_e(median, np.array(colors.parse(code)))) < 5
    light = [perceived(colors.to_oklab(image)[..., 0]).ravel() for image in (before, after)]
    assert np.corrcoef(*light)[0, 1] > 0.8


def test_hair_that_is_dyed_in_its_own_colour_is_as_it_was() -> None:
    before = strands("#7a5a40")
    own = colors.hex_code(np.median(before.reshape(-1, 3), axis=0))
    assert colors.delta_e(dyed(before, everywhere(), own), before).mean() < 2


@pytest.mark.parametrize(("own", "code"), [("#1c1614", "#e6c88f"), ("#d8c090", "#1c1614")])
def test_dyed_hair_is_as_loud_as_hair_of_that_colour(own: str, code: str) -> None:
    """The old dye kept the strands of black hair in blonde: five times too faint, or, stretched, too loud."""
    before, unit = strands(own, 1.5), 100.0
    head = HeadOfHair.inside(before, everywhere(), unit)
    after = HeadOfHair.inside(dyed(before, everywhere(), code), everywhere(), unit)
    (mean, spread), (new, new_spread) = usual(head.middle), usual(after.middle)
    of_light = [16, 22, 28]  # how loud single hairs, strands and locks are
    unusual = np.clip(((head.statistics.numbers() - mean) / spread)[of_light], -2.5, 2.5)
    still = ((after.statistics.numbers() - new) / new_spread)[of_light]
    assert np.abs(still - unusual).max() < 2


def test_numbers_are_statistics_and_back() -> None:
    head = HeadOfHair.inside(strands("#6a4a30"), everywhere(), 100.0)
    own = head.statistics
    back = HairStatistics.of_numbers(own.numbers(), float(own.light[3]), float(own.along[2]))
    for name in ("light", "along", "across", "shape", "loud", "uneven"):
        np.testing.assert_allclose(getattr(back, name), getattr(own, name), atol=2e-3, err_msg=name)
    np.testing.assert_allclose(back.spread, own.spread, atol=1e-4)


def test_levels_add_up() -> None:
    values, weight = strands("#808080")[..., 0].copy(), everywhere()
    left = values - np.sum(levels(values, Where(weight), 100.0), axis=0)
    np.testing.assert_allclose(left, left[0, 0], atol=1e-5)


@pytest.mark.parametrize("behind", [0.02, 0.95])
def test_a_soft_edge_gets_its_share_and_what_is_behind_stays(behind: float) -> None:
    """Dark hair that thins out over a bright wall must not get a rim, nor a bright one over a dark wall."""
    hair, code = strands("#1c1614", 0.3), "#c89060"
    share = np.clip((np.arange(SIDE, dtype=np.float32) - 40) / 20, 0, 1)[None].repeat(SIDE, 0)
    picture = share[..., None] * hair + (1 - share[..., None]) * np.float32(behind)
    after = dyed(picture, share, code, 300.0)
    whole = dyed(hair, everywhere(), code, 300.0)
    wanted = share[..., None] * whole + (1 - share[..., None]) * np.float32(behind)
    columns = slice(42, 58)
    old_way = composite(picture, whole, share)  # the wall is in it twice
    assert np.abs(after - wanted)[:, columns].mean() < 0.09
    assert np.abs(after - wanted)[:, columns].mean() < 0.7 * np.abs(old_way - wanted)[:, columns].mean()
    assert np.array_equal(after[:, :40], picture[:, :40])


def test_a_large_picture_looks_as_a_small_one_does() -> None:
    large = strands("#2a1c14", side=4 * SIDE)
    small = cv2.resize(large, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    after = cv2.resize(dyed(large, everywhere(4 * SIDE), "#d0b080", 400.0), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    assert colors.delta_e(after, dyed(small, everywhere(), "#d0b080")).mean() < 4
    fine = [image - cv2.GaussianBlur(image, (0, 0), 2) for image in (large, dyed(large, everywhere(4 * SIDE), "#d0b080", 400.0))]
    assert fine[1].std() > 1.3 * fine[0].std()  # detail finer than the copy is not left as faint as in black


@pytest.mark.parametrize("unit", [165.0, 270.0])
def test_a_frame_of_a_film_looks_as_a_photo_does_on_a_coarser_copy(unit: float) -> None:
    side = int(1.6 * unit)
    before, whole = strands("#2a1c14", side=side), everywhere(side)
    photo, frame = (HeadOfHair.of(before, whole, unit, in_film) for in_film in (False, True))
    assert frame.cell > photo.cell
    after = (repainted(before, whole, head, lambda new: new, head.grown("#d0b080")) for head in (photo, frame))
    assert colors.delta_e(*after).mean() < 2


@settings(deadline=None, max_examples=40)
@given(
    shape=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    unit=st.floats(1, 900),
    seed=st.integers(0, 9),
    flat=st.booleans(),
    code=st.sampled_from((*COLORS, "#000", "#fff", "#00ff00")),
)
def test_any_piece_of_hair_can_be_dyed(shape: tuple[int, int], unit: float, seed: int, flat: bool, code: str) -> None:
    rng = np.random.default_rng(seed)
    image = np.full((*shape, 3), rng.random(), np.float32) if flat else rng.random((*shape, 3), np.float32)
    mask = np.clip(cv2.GaussianBlur(rng.random(shape, np.float32), (0, 0), 2) * 3 - 1, 0, 1).reshape(shape)
    mask.flat[0] = 0.3
    after = dyed(image, mask, code, unit)
    assert np.isfinite(after).all()
    assert after.min() >= 0
    assert after.max() <= 1
    assert np.array_equal(after[mask == 0], image[mask == 0])
