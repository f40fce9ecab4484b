"""Foundation."""

from __future__ import annotations

from typing import Annotated, Literal

import cv2
import numpy as np

from ...declare.declarations import Color, Range, effect
from ...face.face import FaceView
from ...pixels import color as colors
from ..tools.brow_hairs import around_brows, hairs_of_brows
from ..tools.recoloring import soft_limit
from ..tools.skin import PartOf, Skin, added, away_from_features, broad_color, even_layer, lit_color, local_mean, skin_of

__all__ = ["apply_foundation"]

#: How much of what is lighter than the skin around it each finish takes away or adds.
_SHINE = {"matte": -0.5, "natural": -0.1, "dewy": 0.35}
#: Skin under a brow changes as that beside it: a Gaussian's standard deviation, in face units.
_BESIDE = 0.03


# Brows too, since skin shows between their hairs.
@effect(region="all_skin+eyebrows", needs="all_skin", margin=0.02, light="scene")
def apply_foundation(
    image: np.ndarray,
    face: FaceView,
    *,
    tone: Annotated[float, Range(-1, 1), "deeper (-1) or lighter (1) than the skin's own"] = 0.0,
    warmth: Annotated[float, Range(-1, 1), "rosier (-1) or more golden (1) than the skin's own"] = 0.0,
    color: Color = "#c68e6c",
    match: Annotated[float, Range(0, 1), "how far from the skin's own colour to `color`; 0 needs none"] = 0.0,
    coverage: Annotated[float, Range(0, 1), "how much of redness and blotches is covered"] = 0.5,
    finish: Annotated[Literal["matte", "natural", "dewy"], "how much the skin shines"] = "natural",
    strength: Annotated[float, Range(0, 1), "how much of all that"] = 0.8,
) -> np.ndarray:
    """Put foundation on face, ears and neck: even colour, in the skin's own tone unless another is asked for.

    No one colour suits most people, so by default it covers in what it finds: the skin's colour at each place's light, without
    redness and blotches. `tone` and `warmth` shift it, and `match=1` takes it to `color` (which has no say without),
    shadows and lights with it.
    """
    bare = face.mask("all_skin")
    skin = skin_of(image, bare, face)
    light = local_mean(skin.lab, skin.weight, 0.008 * skin.unit)
    even = light + np.float32(coverage) * (_even(light, skin, face) - light)
    shiny = np.maximum(even[..., 0] - local_mean(even[..., 0], skin.weight, 0.12 * skin.unit), 0)
    even[..., 0] += np.float32(_SHINE[finish]) * shiny
    own = lit_color(skin, face)
    worn = _in_tone(even, own, _target(own, tone, warmth, color, match))
    change = (1 - 0.8 * skin.beard)[..., None] * (worn - light)
    change, share = _under_brows(change, skin, bare, face, image)
    return added(image, np.float32(strength) * change, share)


def _even(light: np.ndarray, skin: Skin, face: FaceView) -> np.ndarray:
    """The skin without blotches and redness, but for a narrow seam at its features: (h, w, 3) OKLab."""
    even = light.copy()
    even[..., 0] = even_layer(light[..., 0], skin.weight, 0.04 * skin.unit, 0.045)
    even[..., 1:] = broad_color(skin, even[..., 0])
    return np.asarray(light + away_from_features(face, skin, 0.02)[..., None] * (even - light), np.float32)


def _under_brows(
    change: np.ndarray, skin: Skin, bare: np.ndarray, face: FaceView, image: np.ndarray
) -> tuple[np.ndarray, PartOf | None]:
    """The change of skin, gone on with under the brows, and how much of each pixel round them is not hair; None if none."""
    brows = face.mask("eyebrows")
    part = around_brows(brows, face.unit)
    if part is None:
        return change, None
    share, _ = hairs_of_brows(colors.to_oklab(image[part]), brows[part], bare[part], face.unit)
    hairy = cv2.resize(brows, change.shape[1::-1], interpolation=cv2.INTER_AREA)[..., None]
    beside = local_mean(change, skin.weight, _BESIDE * skin.unit)
    return np.asarray(change + hairy * (beside - change), np.float32), (part, np.asarray(1 - share, np.float32))


def _target(own: np.ndarray, tone: float, warmth: float, color: str, match: float) -> np.ndarray:
    """The colour that is asked for, (3,) OKLab, in the light that the skin's own is seen in."""
    target = own + np.float32(match) * (colors.to_oklab(np.array(colors.parse(color))) - own)
    target[0] += 0.09 * tone
    target[1:] += warmth * np.array([-0.004, 0.015], np.float32)
    return target


def _in_tone(lab: np.ndarray, own: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Skin of one colour as skin of another in the same light, (h, w, 3) OKLab.

    Of the light at a place each sends back its share, in shadows too. What is brighter than lit skin partly shines, and shine is
    the lamp's, so that a deeper tone keeps more of that: the root of its share.
    """
    if np.array_equal(own, target):
        return lab
    lit, worn = (np.maximum(colors.linear(colors.from_oklab(color)), 1e-4) for color in (own, target))
    light = colors.linear(colors.from_oklab(lab))
    share = worn / lit
    shine = np.maximum(light - lit, 0) * np.maximum(share, np.sqrt(share))
    bent = [soft_limit(shine[..., channel], 1 - float(worn[channel])) for channel in range(3)]
    return colors.to_oklab(colors.from_linear(np.minimum(light, lit) * share + np.stack(bent, axis=-1)))
