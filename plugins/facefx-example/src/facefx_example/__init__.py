"""An example of a facefx plugin: one effect. The README walks through it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import numpy as np

from facefx import EffectSpec, Range, effect, hookimpl

__all__ = ["facefx_effects", "frost_hair"]


@effect(region="hair")
def frost_hair(
    image: np.ndarray,
    mask: np.ndarray,
    *,
    strength: Annotated[float, Range(0, 1), "how much frost"] = 0.7,
    grain: Annotated[float, Range(0, 1), "how much the flakes glitter"] = 0.3,
    rng: np.random.Generator,
) -> np.ndarray:
    """Cover the hair with frost: pale, a little blue, and glittering."""
    light = image.mean(axis=-1, keepdims=True)
    flakes = grain * rng.random(light.shape, np.float32) ** 8
    frost = (0.35 + 0.6 * light + flakes) * np.array([0.92, 0.97, 1.06], np.float32)
    return image + np.float32(strength) * (np.clip(frost, 0, 1) - image)


@hookimpl
def facefx_effects() -> Iterable[EffectSpec]:
    return [frost_hair]
