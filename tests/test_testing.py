"""`facefx.testing` finds what is wrong with an effect."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated, Literal

import numpy as np
import pytest
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st

from facefx.declare.declarations import Color, EffectSpec, Range, effect
from facefx.errors import EffectError, MissingExtra
from facefx.testing import check_effect, parameters


@effect(region="lips")
def everything(
    image: np.ndarray,
    mask: np.ndarray,
    unit: float,
    *,
    color: Color = "plum",
    strength: Annotated[float, Range(0, 1), "how much"] = 0.5,
    count: Annotated[int, Range(1, 3), "how many"] = 2,
    shiny: Annotated[bool, "whether it shines"] = False,
    finish: Annotated[Literal["matte", "gloss"], "which"] = "matte",
    rng: np.random.Generator,
) -> np.ndarray:
    """Use all that there is."""
    return image + np.float32(strength) * (rng.random(image.shape, np.float32) - image)


def test_a_good_effect_passes() -> None:
    check_effect(everything)


@given(st.data())
def test_parameters_are_those_that_are_allowed(data: st.DataObject) -> None:
    params = data.draw(parameters(everything))
    resolved = everything.resolve(params)
    assert set(params) == set(everything.parameters)
    assert everything.resolve(resolved) == resolved


@pytest.mark.parametrize("bound", [0.0, 1.0])
def test_bounds_are_tried(bound: float) -> None:
    found = find(parameters(everything), lambda p: p["strength"] == bound, settings=settings(phases=[Phase.generate]))
    assert found["strength"] == bound


def writes(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    image[:] = 0
    return image


def forgets_the_alpha(image: np.ndarray) -> np.ndarray:
    return image[..., :2]


def integers(image: np.ndarray) -> np.ndarray:
    return (image * 255).astype(np.uint8)


def divides(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    with np.errstate(all="ignore"):
        return image / mask[..., None] * mask[..., None]


def wants_three_pixels(image: np.ndarray, mask: np.ndarray) -> np.ndarray:
    return image * np.sort(mask.ravel())[-3]


def counts(image: np.ndarray) -> np.ndarray:
    counts.calls += 1  # type: ignore[attr-defined]
    return np.full_like(image, counts.calls % 7 / 7)  # type: ignore[attr-defined]


counts.calls = 0  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (writes, EffectError, "read-only"),
        (forgets_the_alpha, EffectError, "must return floats of shape"),
        (integers, EffectError, "returned uint8"),
        (divides, EffectError, "NaN"),
        (wants_three_pixels, EffectError, "wants_three_pixels failed .*: IndexError"),
        (counts, AssertionError, "two pictures for the same arguments"),
    ],
)
def test_a_bad_effect_fails(function: Callable[..., np.ndarray], error: type[Exception], message: str) -> None:
    spec: EffectSpec = effect(region="lips")(function)
    with pytest.raises(error, match=message):
        check_effect(spec, examples=60)


def test_no_scene_is_left_to_chance() -> None:
    with pytest.raises(EffectError) as raised:
        check_effect(effect(region="lips")(wants_three_pixels), examples=1)
    assert raised.value.__notes__ == ["with its defaults, in the scene 'one pixel'"]


def test_without_hypothesis_the_pip_line_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    with pytest.raises(MissingExtra, match=r"facefx\[test\]"):
        check_effect(everything)
    with pytest.raises(MissingExtra, match=r"facefx\[test\]"):
        parameters(everything)
