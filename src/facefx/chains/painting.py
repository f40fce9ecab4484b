"""Running one effect on a scene: the core cuts the crop, makes the mask, calls the effect and blends.

So no effect, whoever wrote it, can touch a pixel outside its mask, the caller's arrays, or another face.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..declare.declarations import EffectSpec
from ..declare.faces_choice import FacesChoice
from ..errors import EffectError
from ..face.face import Face, FaceView
from ..face.light import WHITE
from ..face.scene import Scene
from ..image.canvas import Canvas, Window
from ..labels import Label, is_scene_wide, labels_of
from ..pixels.blend import composite
from ..pixels.relight import in_its_light, in_white_light, lit_by
from ..plugins.checked import guarded
from .hidden import is_hidden, with_hidden, with_hidden_whole, without_hidden
from .warping import warped

__all__ = ["Declined", "apply_effect", "chosen", "faces_for", "unsure"]


@dataclass(frozen=True)
class Declined:
    """A face that a step left alone, because the segmenter was not sure enough of the region that the step needs.

    Attributes
    ----------
    step : the step's place in the chain, from 0.
    effect : its full name.
    face : the face's index in the scene, 0 for the largest.
    region : what the effect needs to see.
    confidence : what `Face.confidence` says of it.
    asked : the run's ``min_confidence``.
    """

    step: int
    effect: str
    face: int
    region: str
    confidence: float
    asked: float

    def __str__(self) -> str:
        return (
            f"{self.effect} (step {self.step}) left face {self.face} alone: confidence in its region {self.region!r} is "
            f"{self.confidence:.2f}, asked was {self.asked:.2f}"
        )


def apply_effect(
    scene: Scene,
    spec: EffectSpec,
    params: Mapping[str, Any],
    key: np.random.SeedSequence,
    portrait: Face | None = None,
    without: Collection[int] = (),
) -> Scene:
    """The scene with the effect on those of its faces that ``params["faces"]`` chooses; itself if nothing changes.

    Parameters
    ----------
    params : as `EffectSpec.resolve` gives them.
    key : what the effect's random numbers start from.
    portrait : what an effect that copies from another picture copies from.
    without : indices of faces to leave alone. An effect that is called once for all of them cannot do so, and does nothing at all.
    """
    params = dict(params)
    alone = spec.takes_people_without(params)
    indices = [index for index in chosen(faces_for(scene, spec), params.pop("faces", "all")) if index not in without]
    if params.get("strength") == 0 or (spec.needs_faces(params) and not indices and not (alone and scene.has_people_alone)):
        return scene
    once_for_all = spec.kind == "cutout" or is_scene_wide(spec.region_of(params))
    if once_for_all and without:
        return scene
    run = _Run(spec, params, key, portrait)
    if spec.kind == "overlay":
        return run.draw(scene, indices)
    if spec.kind == "warp":
        for index in indices:
            scene = run.warp(scene, index)
        return scene
    if once_for_all:
        return run.paint_widely(scene, indices)
    return run.paint(scene, indices)


def faces_for(scene: Scene, spec: EffectSpec) -> tuple[Face, ...]:
    """The faces that an effect may work on: those that were parsed and, for one that hides, those that were only seen."""
    return scene.everyone if spec.private else scene.faces


def chosen(faces: Sequence[Face], choice: str | int) -> list[int]:
    """Indices of the faces that a parameter ``faces`` names; empty if there is none such.

    A face that is followed through a film goes by its own number, others by their index.
    """
    meant = FacesChoice.of(choice)
    assert meant is not None  # the parameter was checked
    numbers = [index if face.number is None else face.number for index, face in enumerate(faces)]
    return meant.indices([face.box for face in faces], numbers)


def unsure(scene: Scene, spec: EffectSpec, params: Mapping[str, Any], asked: float) -> dict[int, float]:
    """Which of the faces that an effect would work on show what it needs with less confidence than asked, and with how much.

    Of one that hides people it is never asked: being unsure is no reason to show a face.

    Raises `RegionUnavailable` if the segmenter does not know that region.
    """
    if asked <= 0 or spec.private or not spec.needs_faces(params):
        return {}
    needed = spec.needed(params)
    sure = {index: scene.faces[index].confidence(needed) for index in chosen(scene.faces, params.get("faces", "all"))}
    return {index: confidence for index, confidence in sure.items() if confidence < asked}


class _Run:
    """One effect with its parameters, about to be called."""

    def __init__(self, spec: EffectSpec, params: dict[str, Any], key: np.random.SeedSequence, portrait: Face | None) -> None:
        self.spec, self.params, self.key, self.portrait = spec, params, key, portrait
        self.shape = {name: float(params.pop(name)) for name in spec.shaping}  # of the mask's edge
        self.in_scene_light = bool(spec.light) and params.pop("light") == "scene"

    def paint(self, scene: Scene, indices: Sequence[int]) -> Scene:
        canvas, hidden = scene.canvas, scene.hidden
        for index in indices:
            face = faces_for(scene, self.spec)[index]
            region = self.spec.region_of(self.params)
            window, mask = face.hiding_patch(region) if self.spec.private else face.patch(region, **self.shape)
            if mask.size == 0:
                continue
            window, mask = _with_margin(window, mask, self.spec.margin * face.box.side, scene.size)
            if hidden is not None and not self.spec.private:
                mask = without_hidden(mask, hidden, window)
                if not mask.any():
                    continue
            crop, view = self._crop(canvas, window), FaceView(face, window, self.light_on(face))
            before, canvas = canvas, self._painted(canvas, window, crop, mask, face.box.side, index, view)
            if self.spec.private:
                hidden = with_hidden(hidden, before, canvas, window)
        return scene if canvas is scene.canvas else replace(scene, canvas=canvas, hidden=hidden)

    def light_on(self, face: Face) -> np.ndarray | None:
        """What light the region is in that an effect is to paint on, if it is to paint in it."""
        return face.light_on(self.spec.region_of(self.params)) if self.in_scene_light else None

    def paint_widely(self, scene: Scene, indices: Sequence[int]) -> Scene:
        people = scene.of([scene.faces[index] for index in indices])
        before = scene.canvas.origin[:, :]  # held, so that the canvas makes it once for mask and effect
        region = self.spec.region_of(self.params)
        mask = np.asarray(people.mask(region, **self.shape))
        if scene.hidden is not None and labels_of(region) != set(Label):  # what treats all of the picture alike draws nobody
            mask = with_hidden_whole(mask, scene.hidden, in_it=self.spec.kind == "cutout")
        if not mask.any():
            return scene
        everything = 0, 0, scene.size[1], scene.size[0]
        crop = self._crop(scene.canvas, everything)
        del before
        canvas = self._painted(scene.canvas, everything, crop, mask, people.unit, 0, None)
        if self.spec.kind == "cutout":
            alpha = mask if scene.alpha is None else scene.alpha * mask
            return replace(scene, canvas=canvas, alpha=np.asarray(alpha))
        return replace(scene, canvas=canvas)

    def warp(self, scene: Scene, index: int) -> Scene:
        face = scene.faces[index]
        reach = self.spec.margin * face.box.side
        x0, y0 = (max(int(np.floor(v - reach)), 0) for v in (face.box.x0, face.box.y0))
        x1, y1 = (min(int(np.ceil(v + reach)), n) for v, n in zip((face.box.x1, face.box.y1), scene.size[::-1], strict=True))
        if x1 - x0 < 2 or y1 - y0 < 2:
            return scene
        window = x0, y0, x1, y1
        if scene.hidden is not None and is_hidden(face, scene.hidden):
            return scene
        supplied = {
            "image": scene.canvas[y0:y1, x0:x1],
            "unit": face.box.side,
            "face": FaceView(face, window),
        }
        field = self._checked(self._call(supplied, index), (y1 - y0, x1 - x0, 2))
        return warped(scene, window, field) if field.any() else scene

    def draw(self, scene: Scene, indices: Sequence[int]) -> Scene:
        faces = faces_for(scene, self.spec)
        people = scene.of([faces[index] for index in indices])
        drawn = self._checked(self._call({"scene": people, "unit": people.unit}, 0), scene.canvas.shape)
        return replace(scene, canvas=scene.canvas.painted((0, 0, scene.size[1], scene.size[0]), np.clip(drawn, 0, 1)))

    @property
    def _is_laid_on(self) -> bool:
        """Whether what it paints is blended with what was there."""
        return self.spec.kind == "paint" and not self.spec.private

    def _crop(self, canvas: Canvas, window: Window) -> np.ndarray:
        """A window of the canvas; one that is ours alone where it is to be painted on."""
        x0, y0, x1, y1 = window
        return canvas.copied(window) if self._is_laid_on else canvas[y0:y1, x0:x1]

    def _painted(
        self, canvas: Canvas, window: Window, crop: np.ndarray, mask: np.ndarray, unit: float, index: int, face: FaceView | None
    ) -> Canvas:
        """The canvas with the effect in a window of it, `crop`, which may be changed."""
        crop.flags.writeable = False  # not by the effect, however it tries
        light = WHITE if face is None or face.light is None else face.light
        is_lit = not np.array_equal(light, WHITE)
        seen_white = in_white_light(crop, light) if is_lit else crop
        shown = {"image": _read_only(seen_white), "mask": _read_only(mask)}
        supplied = shown | {"unit": unit, "face": face, "portrait": self.portrait}
        painted = self._checked(self._call(supplied, index), crop.shape)
        if self._is_laid_on:
            lit, into = lit_by(light), None if np.may_share_memory(crop, painted) else crop
            crop.flags.writeable = True
            shown_in = (lambda tile: lit(crop[tile], seen_white[tile], painted[tile])) if is_lit else None
            return canvas.painted(window, composite(crop, painted, mask, shown_in, into=into))
        if is_lit:
            painted = in_its_light(crop, seen_white, painted, light, mask > 0)
        # What a cutout gives is the colour of what is in front, and shows in full behind its own alpha.
        if self.spec.kind == "cutout":  # and where there is nothing in front, nothing of what was behind may stay beneath the alpha
            seen = mask >= np.float32(0.5 / 255)  # less is none in 8 bits
            return canvas.painted(window, composite(np.zeros_like(crop), painted, seen.astype(np.float32)))
        return canvas.painted(window, np.clip(painted, 0, 1))  # a share of the old picture at soft edges would show it

    def _call(self, supplied: Mapping[str, Any], index: int) -> Any:
        arguments = {name: supplied[name] for name in self.spec.supplies}
        if self.spec.random:
            arguments["rng"] = np.random.default_rng([*self.key.generate_state(4), index])
        with guarded(f"the effect {self.spec.name}", EffectError):
            return self.spec.function(**arguments, **self.params)

    def _checked(self, answer: Any, shape: tuple[int, ...]) -> np.ndarray:
        if not isinstance(answer, np.ndarray) or answer.shape != shape or answer.dtype.kind != "f":
            given = f"{answer.dtype} of shape {answer.shape}" if isinstance(answer, np.ndarray) else type(answer).__name__
            raise EffectError(f"the effect {self.spec.name} returned {given}; it must return floats of shape {shape}")
        if not np.isfinite(answer).all():
            raise EffectError(f"the effect {self.spec.name} returned NaN or infinity")
        return answer.astype(np.float32, copy=False)


def _with_margin(window: Window, mask: np.ndarray, margin: float, size: tuple[int, int]) -> tuple[Window, np.ndarray]:
    """The window made larger on each side as far as the picture goes, and the mask with zeros there."""
    reach = int(np.ceil(margin))
    x0, y0, x1, y1 = window
    wide = max(x0 - reach, 0), max(y0 - reach, 0), min(x1 + reach, size[1]), min(y1 + reach, size[0])
    if wide == window:
        return window, mask
    return wide, np.pad(mask, ((y0 - wide[1], wide[3] - y1), (x0 - wide[0], wide[2] - x1)))


def _read_only(array: np.ndarray) -> np.ndarray:
    """A view that cannot be written to: an effect may read what it gets, not change it. A copy of a large photo would be large."""
    view = array.view()
    view.flags.writeable = False
    return view
