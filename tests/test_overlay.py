"""The palette, the overlay and its legend."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from facefx.errors import ParameterError, UnknownName
from facefx.image.overlay import overlay, palette, small_overlay, with_legend
from facefx.labels import IGNORE, IRISES, Label, scheme, scheme_names

HAIR = list(Label).index(Label.HAIR)


@pytest.fixture
def image() -> np.ndarray:
    return np.random.default_rng(0).random((60, 80, 3), np.float32)


@pytest.fixture
def hair_square() -> np.ndarray:
    labels = np.zeros((60, 80), np.uint8)
    labels[10:50, 20:60] = HAIR
    return labels


def test_colors_of_the_parts_can_be_told_apart() -> None:
    colors = palette().astype(int)
    assert colors.shape == (19, 3)
    assert not colors[0].any()
    assert min(np.linalg.norm(a - b) for a, b in combinations(colors, 2)) > 45


@pytest.mark.parametrize("name", scheme_names())
def test_a_part_has_one_color_in_all_schemes(name: str) -> None:
    names = scheme("celebamask").classes
    for part, members, color in zip(scheme(name).classes, scheme(name).members, palette(name), strict=True):
        if part in IRISES:  # of a colour of their own, as one sees them in the eyes
            assert min(np.linalg.norm(color.astype(int) - other) for other in palette().astype(int)) > 45
            continue
        own = [part] if part in names else [member.value for member in members]  # a class of several parts has one of their colours
        assert color.tolist() in palette()[[names.index(label) for label in own]].tolist()


def test_parts_are_tinted_inside_and_outlined_and_the_rest_stays(image: np.ndarray, hair_square: np.ndarray) -> None:
    before = image.copy()
    color = palette()[HAIR] / np.float32(255)
    shown = overlay(image, hair_square, opacity=0.25)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(shown[hair_square == 0], image[hair_square == 0])
    np.testing.assert_allclose(shown[15:45, 25:55], 0.75 * image[15:45, 25:55] + 0.25 * color, atol=1e-6)
    np.testing.assert_allclose(shown[10, 20:60], np.broadcast_to(color, (40, 3)), atol=1e-6)
    assert (shown.dtype, shown.shape) == (np.float32, image.shape)


def test_pixels_of_unknown_label_stay_bare(image: np.ndarray) -> None:
    np.testing.assert_array_equal(overlay(image, np.full((60, 80), IGNORE, np.uint8)), image)


def test_a_small_overlay_fits_its_side_and_has_the_parts_where_they_were(image: np.ndarray, hair_square: np.ndarray) -> None:
    small = small_overlay(image, hair_square, side=40, opacity=1.0)
    assert small.shape == (30, 40, 3)
    np.testing.assert_allclose(small[6:24, 11:29], np.broadcast_to(palette()[HAIR] / np.float32(255), (18, 18, 3)), atol=1e-6)
    assert (small[:4] != palette()[HAIR] / np.float32(255)).any(axis=2).all()
    assert small_overlay(image, hair_square, side=500).shape == image.shape  # never larger


def test_a_label_map_of_another_size_or_scheme_is_refused(image: np.ndarray) -> None:
    with pytest.raises(ParameterError, match="60"):
        overlay(image, np.zeros((60, 81), np.uint8))
    with pytest.raises(UnknownName):
        overlay(image, np.zeros((60, 80), np.uint8), "nothing")


def test_the_legend_shows_the_parts_that_there_are_beside_the_whole_picture(image: np.ndarray, hair_square: np.ndarray) -> None:
    shown = with_legend(image, hair_square)
    np.testing.assert_array_equal(shown[:60, :80], image)
    panel = np.rint(shown[:, 80:] * 255).astype(np.uint8).reshape(-1, 3)
    present = [(panel == color).all(axis=1).any() for color in palette()[1:]]
    assert present == [index == HAIR for index in range(1, 19)]


def test_the_legend_of_a_small_picture_has_room_for_all_parts() -> None:
    labels = np.arange(20, dtype=np.uint8).reshape(4, 5) % 19
    shown = with_legend(np.zeros((4, 5, 3), np.float32), labels)
    panel = np.rint(shown[:, 5:] * 255).astype(np.uint8).reshape(-1, 3)
    assert all((panel == color).all(axis=1).any() for color in palette()[1:])
