"""How light hair is dyed in the light of a scene: no lighter than any light in it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import facefx
from facefx import chain
from facefx.effects.tools.hair_worn import worn
from facefx.effects.tools.recoloring import from_perceived, perceived
from facefx.face.light import EVENLY_WHITE
from facefx.pixels import color as colors
from pages import ROOT

#: Of red, green and blue, from dusk to three stops too bright, cold and warm.
lights = st.tuples(*[st.floats(0.1, 3)] * 3).map(np.array)
codes = st.tuples(*[st.integers(0, 255)] * 3)


def seen(code: tuple[int, int, int] | str) -> np.ndarray:
    rgb = np.array(colors.parse(code) if isinstance(code, str) else code, np.float32) / (1 if isinstance(code, str) else 255)
    lab = colors.to_oklab(rgb[None, None])[0, 0].astype(np.float64)
    return np.array([perceived(lab[0]), *lab[1:]])


def shown(color: np.ndarray, light: np.ndarray) -> float:
    """How light a colour is in a light."""
    rgb = colors.from_oklab(np.array([from_perceived(color[0]), *color[1:]], np.float32)[None, None])
    luminance = float(colors.linear(np.clip(rgb, 0, 1))[0, 0] @ (np.array([0.2126, 0.7152, 0.0722]) * light))
    return float(perceived(luminance ** (1 / 3)))


@given(codes, lights)
def test_no_colour_is_worn_lighter_than_lit_skin_and_none_lighter_than_it_is(code: tuple[int, int, int], light: np.ndarray) -> None:
    color = seen(code)
    result = worn(color, light)
    assert np.isfinite(result).all()
    assert result[0] <= color[0] + 1e-6
    skin = np.clip(0.57 * float(np.array([0.2126, 0.7152, 0.0722]) @ light), 0, 0.85)
    assert shown(result, light) < 0.94 * float(perceived(skin ** (1 / 3))) + 2e-3
    assert abs(result[1] * color[2] - result[2] * color[1]) < 1e-9  # the hue is the same


@given(st.floats(0, 1), st.floats(0.001, 0.2), lights)
def test_a_lighter_colour_is_worn_lighter(own: float, more: float, light: np.ndarray) -> None:
    darker, lighter = (worn(np.array([min(v, 1.0), 0.0, 0.0]), light)[0] for v in (own, own + more))
    assert lighter >= darker - 1e-6


@pytest.mark.parametrize("code", ["#1c1614", "#33221a", "#6b3fa0", "#a4502c", "#7a5a40"])
def test_dark_and_middling_colours_are_worn_as_they_are(code: str) -> None:
    for light in (0.35, 1.0, 1.6):
        np.testing.assert_allclose(worn(seen(code), np.full(3, light)), seen(code))


def test_in_dimmer_light_hair_is_as_much_dimmer_as_all_the_rest() -> None:
    blonde, dim, normal = seen("#e6c88f"), np.full(3, 0.4), np.ones(3)
    assert abs(worn(blonde, dim)[0] - worn(blonde, normal)[0]) < 0.015


@pytest.fixture(scope="module")
def straight() -> facefx.Scene:
    return facefx.parse(ROOT / "samples" / "straight.jpg")


def median(scene: facefx.Scene, image: np.ndarray) -> np.ndarray:
    inside = np.asarray(scene.faces[0].mask("hair")) >= 0.95
    return np.median(image[inside], axis=0)


@pytest.mark.parametrize(("effect", "code"), [("recolor_hair", "#e6c88f"), ("recolor_hair", "#ffffff"), ("grey_hair", "#e8e6e2")])
def test_light_hair_is_no_lighter_than_the_skin_of_its_face(straight: facefx.Scene, effect: str, code: str) -> None:
    """At its code's own lightness black hair became a lamp."""
    skin = straight.image[np.asarray(straight.faces[0].mask("skin")) >= 0.9]
    lit = float(np.quantile(perceived(colors.to_oklab(skin)[:, 0]), 0.98))
    hair = median(straight, chain(effect, color=code, strength=1.0).edit(straight).image)
    assert float(perceived(colors.to_oklab(hair[None, None])[0, 0, 0])) < 0.92 * lit


def test_absolute_colours_are_what_their_code_says(straight: facefx.Scene) -> None:
    hair = median(straight, chain("recolor_hair", color="#e6c88f", strength=1.0, light="absolute").edit(straight).image)
    assert float(colors.delta_e(hair, np.array(colors.parse("#e6c88f")))) < 4


@pytest.mark.parametrize("pattern", ["ombre", "streaks", "split"])
def test_both_colours_of_a_pattern_are_worn_so(straight: facefx.Scene, pattern: str) -> None:
    look = {"color": "#e6c88f", "second": "#f6e7c0", "pattern": pattern, "strength": 1.0}
    white = replace(straight, faces=tuple(replace(face, steady_lights=EVENLY_WHITE) for face in straight.faces))
    dyes = [chain("recolor_hair", light=light, **look) for light in ("scene", "absolute")]
    limited, plain = (median(white, dye.edit(white).image) for dye in dyes)
    assert limited.mean() < plain.mean() - 0.06


@pytest.fixture(scope="module")
def black() -> facefx.Scene:
    return facefx.parse(ROOT / "samples" / "long_dark.jpg")


@pytest.mark.parametrize("code", ["#cdb18f", "#e6c88f", "#d2b06f"])
@pytest.mark.parametrize("strength", [0.4, 0.5, 0.6])
def test_half_bleached_hair_is_brown(black: facefx.Scene, code: str, strength: float) -> None:
    """It was mauve where the blonde is not as yellow as gold."""
    hair = median(black, chain("recolor_hair", color=code, strength=strength, light="absolute").edit(black).image)
    _, a, b = colors.to_oklab(hair[None, None])[0, 0]
    assert 46 < float(np.degrees(np.arctan2(b, a))) < 74
    assert 0.03 < float(np.hypot(a, b)) < 0.1
