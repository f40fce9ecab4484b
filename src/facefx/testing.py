"""For authors of plugins: hold an effect to the contract that facefx's own effects keep.

>>> from facefx.testing import check_effect
>>> def test_my_effect():
...     check_effect(my_effect)

It needs Hypothesis: ``pip install 'facefx[test]'``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from .color import hex_code
from .declare import AnalyzerSpec, EffectSpec, Parameter
from .errors import MissingExtra
from .painting import paint
from .scene import Face
from .types import Box

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["check_effect", "parameters"]

#: (height, width) of the pictures: a pixel, a line, odd, square.
SHAPES = [(1, 1), (1, 9), (7, 1), (13, 18), (33, 41), (64, 64)]
PICTURES = ["noise", "black", "white", "gradient"]
MASKS = ["empty", "full", "pixel", "disc", "faint", "noise", "cut by the border"]


def _hypothesis() -> Any:
    try:
        import hypothesis
    except ImportError:
        raise MissingExtra("hypothesis, which facefx.testing draws its examples with,", "test") from None
    return hypothesis


def parameters(spec: EffectSpec | AnalyzerSpec) -> SearchStrategy[dict[str, Any]]:
    """A Hypothesis strategy for all the parameters that a declaration allows, its bounds among them.

    Raises `MissingExtra` if Hypothesis is not installed.
    """
    strategies = _hypothesis().strategies
    return cast(
        "SearchStrategy[dict[str, Any]]", strategies.fixed_dictionaries({n: _values(p) for n, p in spec.parameters.items()})
    )


def _values(parameter: Parameter) -> Any:
    strategies = _hypothesis().strategies
    match parameter.kind:
        case "bool":
            return strategies.booleans()
        case "choice":
            return strategies.sampled_from(parameter.choices)
        case "color":
            channel = strategies.integers(0, 255)
            anything = strategies.tuples(channel, channel, channel).map(lambda rgb: hex_code(np.array(rgb) / 255))
            return strategies.sampled_from(["#000000", "#ffffff", "plum"]) | anything
    if parameter.range is None:
        return strategies.integers() if parameter.kind == "int" else strategies.floats(allow_nan=False, allow_infinity=False)
    low, high = parameter.range.low, parameter.range.high
    if parameter.kind == "int":
        return strategies.integers(int(np.ceil(low)), int(np.floor(high)))
    return strategies.sampled_from([float(low), float(high)]) | strategies.floats(low, high)


def check_effect(spec: EffectSpec, examples: int = 50) -> None:
    """Run an effect on many pictures, masks and parameters, through the core as in a chain, and hold it to the contract.

    It changes neither its arguments nor a pixel outside its mask; it returns finite floats of its crop's shape; with the same
    arguments it gives the same picture; ``strength=0`` changes nothing, if it has a strength that goes down to 0; its parameters
    survive JSON; and empty, full, faint and one-pixel masks and pictures of any size do not trouble it.

    Parameters
    ----------
    spec : the declared effect.
    examples : how many to try.

    Raises
    ------
    AssertionError, EffectError
        If it breaks the contract; Hypothesis prints the smallest example that it found.
    MissingExtra
        If Hypothesis is not installed.
    """
    hypothesis = _hypothesis()
    draw = hypothesis.strategies

    def contract(params: dict[str, Any], shape: tuple[int, int], picture: str, mask: str, unit: float) -> None:
        _check_parameters(spec, params)
        _check_painting(spec, spec.resolve(params), _picture(picture, shape), _PretendedFace(_mask(mask, shape), unit))

    given = hypothesis.given(
        params=parameters(spec),
        shape=draw.sampled_from(SHAPES),
        picture=draw.sampled_from(PICTURES),
        mask=draw.sampled_from(MASKS),
        unit=draw.sampled_from([1.0, 24.5, 3000.0]),
    )
    settings = hypothesis.settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
    )
    settings(given(contract))()


def _check_parameters(spec: EffectSpec, params: dict[str, Any]) -> None:
    resolved = spec.resolve(params)
    assert spec.resolve(json.loads(json.dumps(resolved))) == resolved, f"{spec.name}: its parameters do not survive JSON"


def _check_painting(spec: EffectSpec, params: dict[str, Any], rgb: np.ndarray, face: _PretendedFace) -> None:
    before = rgb.copy()

    def painted(**changes: Any) -> np.ndarray:
        return paint(rgb, [cast("Face", face)], spec, params | changes, np.random.SeedSequence(7))

    result = painted()
    assert np.array_equal(rgb, before), f"{spec.name} changed the picture that it was given"
    assert result.dtype == np.float32, f"{spec.name} gave {result.dtype}"
    assert result.min() >= 0, f"{spec.name} gave values below 0"
    assert result.max() <= 1, f"{spec.name} gave values above 1"
    outside = face.mask == 0
    assert np.array_equal(result[outside], rgb[outside]), f"{spec.name} changed pixels outside of its mask"
    assert np.array_equal(painted(), result), f"{spec.name} gave two pictures for the same arguments"
    strength = spec.parameters.get("strength")
    if strength and strength.range and strength.range.low == 0:
        assert np.array_equal(painted(strength=0.0), rgb), f"{spec.name} changed the picture at strength 0"


@dataclass(frozen=True)
class _PretendedFace:
    """As much of a `Face` as painting needs: any region's mask is the given one."""

    mask: np.ndarray
    unit: float

    @property
    def box(self) -> Box:
        return Box(0, 0, self.unit, self.unit)

    def patch(self, region: str) -> tuple[tuple[int, int, int, int], np.ndarray]:
        height, width = self.mask.shape
        return (0, 0, width, height), self.mask


def _picture(kind: str, shape: tuple[int, int]) -> np.ndarray:
    match kind:
        case "black" | "white":
            return np.full((*shape, 3), kind == "white", np.float32)
        case "gradient":
            ramp = np.linspace(0, 1, shape[0] * shape[1], dtype=np.float32).reshape(shape)
            return np.stack([ramp, ramp[::-1], ramp[:, ::-1]], axis=-1)
    return np.random.default_rng(0).random((*shape, 3), np.float32)


def _mask(kind: str, shape: tuple[int, int]) -> np.ndarray:
    height, width = shape
    y, x = np.mgrid[:height, :width]
    match kind:
        case "empty" | "full":
            return np.full(shape, kind == "full", np.float32)
        case "pixel":
            return np.asarray((y == height // 2) & (x == width // 2), np.float32)
        case "noise":
            return np.random.default_rng(1).random(shape, np.float32)
    center = 0.0 if kind == "cut by the border" else width / 2
    disc = 1.5 - 5 * np.hypot((x + 0.5 - center) / width, (y + 0.5 - height / 2) / height)
    return np.clip(disc, 0, 0.3 if kind == "faint" else 1).astype(np.float32)
