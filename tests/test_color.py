"""Colour names, OKLab and CIEDE2000."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage import color as reference

from facefx.errors import ParameterError
from facefx.pixels import color

srgb = hnp.arrays(np.float32, st.tuples(st.integers(1, 5), st.integers(1, 5), st.just(3)), elements=st.floats(0, 1, width=32))

# Sharma, Wu, Dalal 2005, table 1: L1 a1 b1, L2 a2 b2, and the difference.
SHARMA = [
    (50, 2.6772, -79.7751, 50, 0, -82.7485, 2.0425),
    (50, 3.1571, -77.2803, 50, 0, -82.7485, 2.8615),
    (50, 2.8361, -74.02, 50, 0, -82.7485, 3.4412),
    (50, -1.3802, -84.2814, 50, 0, -82.7485, 1.0),
    (50, -1.1848, -84.8006, 50, 0, -82.7485, 1.0),
    (50, -0.9009, -85.5211, 50, 0, -82.7485, 1.0),
    (50, 0, 0, 50, -1, 2, 2.3669),
    (50, -1, 2, 50, 0, 0, 2.3669),
    (50, 2.49, -0.001, 50, -2.49, 0.0009, 7.1792),
    (50, 2.49, -0.001, 50, -2.49, 0.0011, 7.2195),
    (50, -0.001, 2.49, 50, 0.0009, -2.49, 4.8045),
    (50, -0.001, 2.49, 50, 0.0011, -2.49, 4.7461),
    (50, 2.5, 0, 50, 0, -2.5, 4.3065),
    (50, 2.5, 0, 73, 25, -18, 27.1492),
    (50, 2.5, 0, 61, -5, 29, 22.8977),
    (50, 2.5, 0, 56, -27, -3, 31.9030),
    (50, 2.5, 0, 58, 24, 15, 19.4535),
    (50, 2.5, 0, 50, 3.1736, 0.5854, 1.0),
    (50, 2.5, 0, 50, 3.2972, 0, 1.0),
    (50, 2.5, 0, 50, 1.8634, 0.5757, 1.0),
    (60.2574, -34.0099, 36.2677, 60.4626, -34.1751, 39.4387, 1.2644),
    (63.0109, -31.0961, -5.8663, 62.8187, -29.7946, -4.0864, 1.2630),
    (35.0831, -44.1164, 3.7933, 35.0232, -40.0716, 1.5901, 1.8645),
    (22.7233, 20.0904, -46.6940, 23.0331, 14.9730, -42.5619, 2.0373),
    (90.8027, -2.0831, 1.4410, 91.1528, -1.6435, 0.0447, 1.4441),
    (6.7747, -0.2908, -2.4247, 5.8714, -0.0985, -2.2286, 0.6377),
    (2.0776, 0.0795, -1.1350, 0.9033, -0.0636, -0.5514, 0.9082),
]


@pytest.mark.parametrize("row", SHARMA)
def test_ciede2000_gives_the_published_differences(row: tuple[float, ...]) -> None:
    first, second, expected = np.array(row[:3]), np.array(row[3:6]), row[6]
    assert float(color.delta_e_lab(first, second)) == pytest.approx(expected, abs=1e-4)
    assert float(color.delta_e_lab(second, first)) == pytest.approx(expected, abs=1e-4)


@given(srgb)
def test_lab_and_its_difference_agree_with_scikit_image(picture: np.ndarray) -> None:
    other = picture[::-1, ::-1] * np.float32(0.9)
    assert color.to_lab(picture) == pytest.approx(reference.rgb2lab(picture.astype(float)), abs=0.05)
    expected = reference.deltaE_ciede2000(reference.rgb2lab(picture.astype(float)), reference.rgb2lab(other.astype(float)))
    assert color.delta_e(picture, other) == pytest.approx(expected, abs=6e-2)  # the matrices are rounded differently


@given(srgb)
def test_no_difference_from_itself(picture: np.ndarray) -> None:
    assert color.delta_e(picture, picture).max() == 0
    assert color.delta_e(picture, picture).shape == picture.shape[:2]


@pytest.mark.parametrize(
    ("rgb", "expected"),
    [
        ((1, 1, 1), (1, 0, 0)),
        ((0, 0, 0), (0, 0, 0)),
        ((1, 0, 0), (0.6280, 0.2249, 0.1258)),
        ((0, 1, 0), (0.8664, -0.2339, 0.1795)),
        ((0, 0, 1), (0.4520, -0.0324, -0.3115)),
    ],
)
def test_oklab_of_known_colours(rgb: tuple[float, ...], expected: tuple[float, ...]) -> None:
    assert color.to_oklab(np.array(rgb)) == pytest.approx(expected, abs=2e-4)
    assert color.to_oklab(np.array([[rgb]]))[0, 0] == pytest.approx(expected, abs=2e-4)


@given(srgb)
def test_oklab_and_back(picture: np.ndarray) -> None:
    lab = color.to_oklab(picture)
    assert lab.dtype == np.float32
    assert lab.shape == picture.shape
    back = color.from_oklab(lab)
    assert back.dtype == np.float32
    assert np.abs(back - picture).max() < 0.5 / 255


def test_all_bytes_survive_oklab() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    back = color.from_oklab(color.to_oklab(picture / np.float32(255)))
    assert np.array_equal(np.round(back * 255).astype(np.uint8), picture)


wild = hnp.arrays(np.float32, (4, 3, 3), elements=st.floats(-0.5, 0.5, width=32)).map(lambda a: a + np.float32([0.5, 0, 0]))


@given(wild)
def test_what_no_screen_can_show_loses_chroma_only(lab: np.ndarray) -> None:
    before = lab.copy()
    shown = color.in_gamut(lab)
    assert np.array_equal(lab, before)
    assert shown[..., 0] == pytest.approx(lab[..., 0])
    chroma, shown_chroma = np.hypot(lab[..., 1], lab[..., 2]), np.hypot(shown[..., 1], shown[..., 2])
    assert (shown_chroma <= chroma + 1e-6).all()
    cross = lab[..., 1] * shown[..., 2] - lab[..., 2] * shown[..., 1]
    assert np.abs(cross).max() < 1e-6  # the same hue
    picture = color.from_oklab(lab)
    assert picture.min() >= 0
    assert picture.max() <= 1
    # What comes out is what was asked for, but for the slack at the gamut's edge: a third of 1/255, which counts most near black.
    assert np.maximum(color.to_oklab(picture)[..., 0], 0.1) == pytest.approx(np.maximum(lab[..., 0], 0.1), abs=0.02)


def test_lightness_outside_of_black_and_white_is_clipped() -> None:
    assert color.from_oklab(np.array([[1.5, 0, 0], [-0.5, 0, 0]])) == pytest.approx(np.array([[1, 1, 1], [0, 0, 0]]), abs=1e-3)


@given(srgb)
def test_shades_keep_their_order(picture: np.ndarray) -> None:
    grey = np.sort(picture[..., :1], axis=None)[:, None, None].repeat(3, axis=-1)
    assert (np.diff(color.to_oklab(grey)[:, 0, 0]) >= -1e-6).all()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("#c00", "#cc0000"),
        ("#CC0000", "#cc0000"),
        ("plum", "#dda0dd"),
        ("rgb(1, 2, 3)", "#010203"),
        ("hsl(120, 100%, 50%)", "#00ff00"),
    ],
)
def test_colours_by_name_and_code(text: str, code: str) -> None:
    assert color.hex_code(color.parse(text)) == code


@given(st.tuples(*[st.integers(0, 255)] * 3))
def test_hex_codes_there_and_back(rgb: tuple[int, int, int]) -> None:
    code = f"#{rgb[0]:02x}{rgb[1]:02x}{rgb[2]:02x}"
    assert color.hex_code(color.parse(code)) == code


@pytest.mark.parametrize("text", ["", "#12", "#gggggg", "no colour", "rgb(300)", None, 7])
def test_what_is_no_colour_says_what_is(text: object) -> None:
    with pytest.raises(ParameterError, match=r"not a colour.*#c00.*plum"):
        color.parse(text)  # type: ignore[arg-type]


def test_hex_codes_of_colours_beyond_the_screen_are_clipped() -> None:
    assert color.hex_code((-1, 0.5, 2)) == "#0080ff"


def test_bands_together_are_the_whole_whatever_the_function_returns() -> None:
    picture = np.random.default_rng(0).random((301, 700, 3), np.float32)  # more than one band, and a rest
    weights = np.random.default_rng(1).random((301, 700), np.float32)
    np.testing.assert_array_equal(color.by_bands(lambda a, w: a * w[..., None], picture, weights), picture * weights[..., None])
    np.testing.assert_array_equal(color.by_bands(lambda a: a[..., 1], picture), picture[..., 1])
    assert color.by_bands(lambda a: a, picture[:0]).shape == (0, 700, 3)


def test_within_changes_the_chosen_pixels_only() -> None:
    picture = np.random.default_rng(0).random((301, 700, 3), np.float32)
    shades = np.random.default_rng(1).random((301, 700), np.float32)
    for where in (shades > 0.5, shades > 2, shades >= 0):
        before = picture.copy()
        changed = color.within(where, lambda a, s: a * s[..., None], picture, shades)
        np.testing.assert_array_equal(changed, np.where(where[..., None], picture * shades[..., None], picture))
        np.testing.assert_array_equal(picture, before)
