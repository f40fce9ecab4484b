"""Running one effect on the faces of a picture: the core cuts the crop, makes the mask, calls the effect and blends.

So no effect, whoever wrote it, can touch a pixel outside its mask, the caller's arrays, or another face.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .blend import composite
from .declare import EffectSpec
from .errors import EffectError, FacefxError
from .scene import Face

__all__ = ["paint"]


def paint(
    rgb: np.ndarray, faces: Sequence[Face], spec: EffectSpec, params: Mapping[str, Any], key: np.random.SeedSequence
) -> np.ndarray:
    """The picture with the effect on every face; `rgb` itself if it changes nothing. (H, W, 3) float32 in and out."""
    result = rgb
    for index, face in enumerate(faces):
        window, mask = face.patch(spec.region)
        if mask.size == 0:
            continue
        (x0, y0, x1, y1), mask = _with_margin(window, mask, spec.margin * face.box.side, rgb.shape)
        crop = _read_only(result[y0:y1, x0:x1])
        supplied = {"image": crop, "mask": _read_only(mask), "unit": face.box.side}
        arguments: dict[str, Any] = {name: supplied[name] for name in spec.supplies}
        if spec.random:
            arguments["rng"] = np.random.default_rng([*key.generate_state(4), index])
        painted = _checked(_call(spec, arguments, params), crop.shape, spec.name)
        if result is rgb:
            result = rgb.copy()
        result[y0:y1, x0:x1] = composite(crop, painted, mask)
    return result


def _call(spec: EffectSpec, arguments: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    try:
        return spec.function(**arguments, **params)
    except FacefxError:
        raise
    except Exception as error:  # a plugin may raise anything at all
        raise EffectError(f"the effect {spec.name} failed: {type(error).__name__}: {error}") from error


def _with_margin(
    window: tuple[int, int, int, int], mask: np.ndarray, margin: float, shape: tuple[int, ...]
) -> tuple[tuple[int, int, int, int], np.ndarray]:
    """The window made larger on each side as far as the picture goes, and the mask with zeros there."""
    reach = int(np.ceil(margin))
    x0, y0, x1, y1 = window
    wide = max(x0 - reach, 0), max(y0 - reach, 0), min(x1 + reach, shape[1]), min(y1 + reach, shape[0])
    if wide == window:
        return window, mask
    return wide, np.pad(mask, ((y0 - wide[1], wide[3] - y1), (x0 - wide[0], wide[2] - x1)))


def _read_only(array: np.ndarray) -> np.ndarray:
    """A copy in one piece that cannot be written to: what an effect gets is its to read, not to change."""
    copy = np.array(array, np.float32, order="C")
    copy.flags.writeable = False
    return copy


def _checked(painted: Any, shape: tuple[int, ...], name: str) -> np.ndarray:
    if not isinstance(painted, np.ndarray) or painted.shape != shape or painted.dtype.kind != "f":
        given = f"{painted.dtype} of shape {painted.shape}" if isinstance(painted, np.ndarray) else type(painted).__name__
        raise EffectError(f"the effect {name} returned {given}; it must return floats of the crop's shape {shape}")
    if not np.isfinite(painted).all():
        raise EffectError(f"the effect {name} returned NaN or infinity")
    return painted.astype(np.float32, copy=False)
