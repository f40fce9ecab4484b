"""Editing a frame whose faces were not parsed anew: where an effect allows it, as the frame before was changed by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..chains.painting import chosen, faces_for
from ..chains.sequence import Chain, Declined, Step
from ..declare.declarations import EffectSpec
from ..face.face import Face
from ..face.scene import Scene
from ..image.canvas import Window
from .color_change import ColorChange
from .moves import Moves

__all__ = ["Edited", "edited_like"]


@dataclass(frozen=True, eq=False)
class Edited:
    """A frame that was edited.

    Attributes
    ----------
    scene : with the edited picture.
    declined : what was left alone.
    steps : by their places in the chain, those whose change the next frame may have too.
    """

    scene: Scene
    declined: tuple[Declined, ...] = ()
    steps: Mapping[int, _Changed] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class _Changed:
    """A step and the frame before and after it. What it changed is found out if the next frame needs it."""

    step: Step
    before: Scene
    after: Scene
    without: frozenset[int]

    @cached_property
    def change(self) -> ColorChange | None:
        """None if it changed nothing."""
        window = _painted(self.before, self.after)
        params: dict[str, Any] = dict(self.step.params)
        spec = self.step.spec
        assert isinstance(spec, EffectSpec)
        indices = chosen(faces_for(self.before, spec), params.get("faces", "all"))
        faces = [self.before.faces[index] for index in indices if index not in self.without]
        if window is None or not faces:
            return None
        replaced = _share_of(faces, spec.region_of(params), window) * np.float32(params.get("strength", 1))
        return ColorChange.between(self.before.canvas, self.after.canvas, window, replaced, max(face.box.side for face in faces))


def edited_like(before: Edited | None, moves: Moves | None, chain: Chain, scene: Scene, declined: Sequence[Declined]) -> Edited:
    """What a chain makes of a frame.

    Parameters
    ----------
    before : the frame before; None if there was none.
    moves : how faces moved since then; None if they were looked at anew.
    declined : what `Chain.declined` says of the scene.
    """
    like = before.steps if before and moves and before.declined == tuple(declined) else {}
    steps: dict[int, _Changed] = {}
    carriable = _carriable(chain)
    place = 0
    while place < len(chain.steps):
        if place not in carriable:
            end = next((later for later in carriable if later > place), len(chain.steps))
            scene = chain.edit(scene, declined=declined, start=place, end=end)
            place = end
            continue
        change = like[place].change if place in like else None
        canvas = change.on(scene.canvas, moves) if change and moves else None
        if canvas is None:
            after = chain.edit(scene, declined=declined, start=place, end=place + 1)
            without = frozenset(one.face for one in declined if one.step == place)
            steps[place] = _Changed(chain.steps[place], scene, after, without)
            scene = after
        else:
            scene = replace(scene, canvas=canvas)
        place += 1
    return Edited(scene, tuple(declined), steps)


def _carriable(chain: Chain) -> list[int]:
    """The places of the steps that may be carried: those that say so, before anything in the chain moves pixels or draws."""
    places = []
    for place, step in enumerate(chain.steps):
        if isinstance(step.spec, EffectSpec):
            if step.spec.kind != "paint":
                break
            if step.spec.carried:
                places.append(place)
    return places


def _painted(before: Scene, after: Scene) -> Window | None:
    """The window round what was painted on the one to make the other; None if nothing was."""
    if after.canvas is before.canvas:
        return None
    old, new = (scene.canvas.patches for scene in (before, after))
    windows = [window for window, pixels in new if not any(pixels is other for _, other in old)]
    return min(w[0] for w in windows), min(w[1] for w in windows), max(w[2] for w in windows), max(w[3] for w in windows)


def _share_of(faces: Sequence[Face], region: str, window: Window) -> np.ndarray:
    """The masks of faces in a window, (h, w) float32."""
    left, top, right, bottom = window
    result = np.zeros((bottom - top, right - left), np.float32)
    for face in faces:
        (x0, y0, x1, y1), mask = face.patch(region)
        inner = max(x0, left), max(y0, top), min(x1, right), min(y1, bottom)
        if inner[0] < inner[2] and inner[1] < inner[3]:
            part = result[inner[1] - top : inner[3] - top, inner[0] - left : inner[2] - left]
            np.maximum(part, mask[inner[1] - y0 : inner[3] - y0, inner[0] - x0 : inner[2] - x0], out=part)
    return result
