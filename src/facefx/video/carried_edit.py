"""Editing a frame whose faces were followed: where an effect allows it, as a frame shortly before was changed by it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from typing import Any

import numpy as np

from ..chains.painting import chosen, faces_for
from ..chains.sequence import Chain, Declined, Step
from ..declare.declarations import EffectSpec
from ..face.face import Face, FaceView
from ..face.scene import Scene
from ..image.canvas import Window
from .color_change import ColorChange, Shares, nowhere
from .moves import Journey, Moves

__all__ = ["Edited", "edited_like"]

#: So many parses after the frame in which a change was worked out it is carried on, if they show the region where it went.
_PARSES = 2


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
    steps: Mapping[int, _Since] = field(default_factory=dict)


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
        faces, region = _faces_of(self.step, self.before, self.without)
        if window is None or not faces:
            return None
        replaced = _share_of(faces, region, window) * np.float32(dict(self.step.params).get("strength", 1))
        canvases = self.before.canvas, self.after.canvas
        return ColorChange.between(*canvases, window, replaced, max(face.box.side for face in faces), _shares(faces, region))


@dataclass(frozen=True, eq=False)
class _Since:
    """A step's change, and how faces moved since it was worked out."""

    changed: _Changed
    journey: Journey = field(default_factory=Journey)

    def next(self, moves: Moves) -> _Since | None:
        """In the next frame; None if it is too old for that."""
        journey = self.journey.further(moves)
        return replace(self, journey=journey) if journey.parses <= _PARSES else None

    def on(self, scene: Scene) -> Scene | None:
        """The step's change in that frame; None if it is not to be had."""
        change, legs = self.changed.change, self.journey.legs
        if change is None:
            return None
        faces, region = _faces_of(self.changed.step, scene, self.changed.without)
        canvas = change.on(scene.canvas, self.journey, _shares(faces, region) if legs[-1].parsed else None)
        return None if canvas is None else replace(scene, canvas=canvas)


def edited_like(
    before: Callable[[], Edited | None], moves: Moves | None, chain: Chain, scene: Scene, declined: Sequence[Declined]
) -> Edited:
    """What a chain makes of a frame.

    Parameters
    ----------
    before : gives the frame before, None if there was none; asked once steps come that may be carried, since another thread may
        still be at work on it.
    moves : how faces moved since then; None if that is not known.
    declined : what `Chain.declined` says of the scene.
    """
    steps: dict[int, _Since] = {}
    carriable = _carriable(chain)
    like: Mapping[int, _Since] | None = None if moves and carriable else {}
    place = 0
    while place < len(chain.steps):
        if place not in carriable:
            end = next((later for later in carriable if later > place), len(chain.steps))
            scene = chain.edit(scene, declined=declined, start=place, end=end)
            place = end
            continue
        if like is None:
            last = before()
            like = last.steps if last and last.declined == tuple(declined) else {}
        since = like[place].next(moves) if moves and place in like else None
        after = since.on(scene) if since else None
        if after is None:
            after = chain.edit(scene, declined=declined, start=place, end=place + 1)
            without = frozenset(one.face for one in declined if one.step == place)
            since = _Since(_Changed(chain.steps[place], scene, after, without))
        assert since is not None
        steps[place] = since
        scene = after
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


def _faces_of(step: Step, scene: Scene, without: frozenset[int]) -> tuple[list[Face], str]:
    """The faces that a step works on, and the region of them."""
    spec, params = step.spec, dict[str, Any](step.params)
    assert isinstance(spec, EffectSpec)
    indices = chosen(faces_for(scene, spec), params.get("faces", "all"))
    return [scene.faces[index] for index in indices if index not in without], spec.region_of(params)


def _shares(faces: Sequence[Face], region: str) -> Shares:
    """Gives where the region of the faces was parsed."""

    def seen(window: Window, cell: int) -> np.ndarray:
        every = (FaceView(face, window).roughly(region, cell) for face in faces)
        return np.asarray(reduce(np.maximum, every, nowhere(window, cell)))

    return seen


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
