"""Chains of steps: composed, run on a picture, saved as a look and loaded again."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..declare.declarations import AnalyzerSpec, EffectSpec
from ..declare.faces_choice import FacesChoice
from ..errors import NoFaceFound, ParameterError
from ..face.scene import Move, Scene
from ..face.values import Detector, GivenBox, Segmenter
from ..image.picture import Picture, Source, open_image
from ..inference.cards import Quality
from ..parsing.parser import Parser
from ..parsing.pipeline import parse_picture
from ..shown import shown
from .look_file import look_of, read_look, steps_of, write_look
from .painting import Declined, apply_effect, chosen, faces_for, unsure
from .ready_looks import look_file
from .references import portrait_in
from .reports import Report, measure
from .steps import Step, make_step

__all__ = ["Chain", "Declined", "Result", "Step", "chain", "check_confidence", "load_look"]


@dataclass(frozen=True)
class Result:
    """What a run gives.

    Attributes
    ----------
    image : of the kind that was given.
    reports : one per face, largest first, with what the chain's analyzers measured; empty if it has none.
    scene : the faces, and the picture before the effects.
    picture : the same as `image`, with what `facefx.save_image` needs to keep the file's metadata.
    declined : which effect left which face alone, since the run's `min_confidence` asked for more than the segmenter was sure of.
    moves : the warps that the picture has been through; `facefx.chains.moved` takes masks, points and boxes along.
    dropped : the names of what stood beside the pixels and was left out since the chain hides people: previews, names.
    """

    image: Any
    reports: tuple[Report, ...]
    scene: Scene
    picture: Picture = field(repr=False)
    declined: tuple[Declined, ...] = ()
    moves: tuple[Move, ...] = field(default=(), repr=False)
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Chain:
    """A sequence of steps. Never changes: `then` and ``|`` make longer ones.

    Attributes
    ----------
    steps : in the order they run.
    seed : what the effects that draw random numbers start from.
    """

    steps: tuple[Step, ...] = ()
    seed: int = 0

    def then(self, use: str | EffectSpec | AnalyzerSpec, /, **params: Any) -> Chain:
        """This chain with one more step: an effect or analyzer by name, or as it was declared.

        Raises `UnknownName` or `ParameterError` at once, not when it runs.
        """
        return replace(self, steps=(*self.steps, make_step(use, params)))

    def __or__(self, other: Chain) -> Chain:
        if not isinstance(other, Chain):
            return NotImplemented
        return replace(self, steps=self.steps + other.steps)

    def __call__(self, image: Source | Picture) -> Any:
        """The edited picture, of the kind that was given. See `run`."""
        return self.run(image).image

    def run(
        self,
        image: Source | Picture,
        *,
        segmenter: str | Path | Segmenter | None = None,
        detector: str | Path | Detector | Sequence[GivenBox] | None = None,
        quality: Quality | None = None,
        person: str | Path | Segmenter | None = None,
        require_face: bool = True,
        min_confidence: float = 0.0,
    ) -> Result:
        """Run all steps: one decode, one detection, one parse per face.

        Parameters
        ----------
        image : a path, bytes, a file object, a PIL image or an array; it is not changed.
        segmenter, detector, quality, person : as for `facefx.parse`.
        require_face : whether a picture without a face is an error; else it is passed through.
        min_confidence : from 0 to 1. An effect leaves a face alone if the segmenter is less sure of what the effect needs to see
            (`EffectSpec.needed`, `Face.confidence`), and `Result.declined` says so. One that works on background or people as a
            whole does nothing if it would have to leave one of them alone; one on the picture always works. Analyzers always
            measure. 0 asks for nothing.

        Raises
        ------
        ImageError, NoFaceFound, ParameterError, RegionUnavailable, EffectError
        """
        check_confidence(min_confidence)
        picture = open_image(image)
        if any(step.needs_faces for step in self.steps):
            scene = parse_picture(picture.canvas, Parser.of(segmenter, detector, quality, person), private=self.private)
        else:
            scene = Scene(picture.canvas, ())
        return self.run_parsed(picture, scene, require_face=require_face, min_confidence=min_confidence)

    def edit(
        self,
        scene: Scene,
        *,
        min_confidence: float = 0.0,
        declined: Sequence[Declined] | None = None,
        start: int = 0,
        end: int | None = None,
    ) -> Scene:
        """Run the effects on a picture that is parsed already; steps whose faces are not there change nothing.

        `min_confidence` is as for `run`; `declined` is what `declined` said of it, if that was asked before. The steps before
        `start` are not run: the scene is what they gave; nor are those from `end` on.

        Raises
        ------
        ParameterError, RegionUnavailable, EffectError
        """
        refusals = self.declined(scene, min_confidence) if declined is None else declined
        seen: dict[str, int] = {}
        for place, step in enumerate(self.steps):
            if isinstance(step.spec, EffectSpec):
                occurrence = seen[step.name] = seen.get(step.name, -1) + 1
                if place < start or (end is not None and place >= end):
                    continue
                portrait = portrait_in(str(step.params["reference"])) if "portrait" in step.spec.supplies else None
                without = {refusal.face for refusal in refusals if refusal.step == place}
                scene = apply_effect(scene, step.spec, step.params, _key(self.seed, step.name, occurrence), portrait, without)
        return scene

    @property
    def needed(self) -> frozenset[str]:
        """The regions of a face that its effects must see to do their work, see `EffectSpec.needed`."""
        effects = ((step.spec, step.params) for step in self.steps if isinstance(step.spec, EffectSpec))
        return frozenset(spec.needed(params) for spec, params in effects if spec.needs_faces(params))

    def finds_work(self, scene: Scene) -> bool:
        """Whether there is in a picture what its steps need: a face, or, if all work on whole people and on what is behind them,
        a person of any look; whatever there is, if none needs any.
        """
        if not any(step.needs_faces for step in self.steps) or (scene.everyone if self.private else scene.faces):
            return True
        return self._takes_people_without and scene.has_people_alone

    @property
    def _takes_people_without(self) -> bool:
        needing = [step for step in self.steps if step.needs_faces]
        return all(isinstance(step.spec, EffectSpec) and step.spec.takes_people_without(step.params) for step in needing)

    @property
    def private(self) -> bool:
        """Whether one of its effects hides people, so that no face may be missed."""
        return any(isinstance(step.spec, EffectSpec) and step.spec.private for step in self.steps)

    @property
    def cuts_out(self) -> bool:
        """Whether one of its effects makes part of the picture transparent."""
        return any(isinstance(step.spec, EffectSpec) and step.spec.kind == "cutout" for step in self.steps)

    def declined(self, scene: Scene, min_confidence: float) -> tuple[Declined, ...]:
        """What `edit` would leave alone in a scene at that `min_confidence`. Raises `RegionUnavailable` or `ParameterError`."""
        check_confidence(min_confidence)
        return tuple(
            Declined(place, step.name, face, step.spec.needed(step.params), sure, min_confidence)
            for place, step in enumerate(self.steps)
            if isinstance(step.spec, EffectSpec)
            for face, sure in unsure(scene, step.spec, step.params, min_confidence).items()
        )

    def run_parsed(self, picture: Picture, scene: Scene, *, require_face: bool = True, min_confidence: float = 0.0) -> Result:
        """`run` for a picture that is parsed already, as an editor does that runs one chain after the other.

        Parameters
        ----------
        picture : as `facefx.open_image` gives it.
        scene : what `facefx.parse` said of it; for a chain that is `private` with all who must not be missed, as `run` finds them.
        require_face, min_confidence : as for `run`.

        Raises
        ------
        NoFaceFound, ParameterError, RegionUnavailable, EffectError
        """
        if require_face:
            self._check_faces(scene)
        declined = self.declined(scene, min_confidence)
        edited = self.edit(scene.seen_through(picture.alpha), declined=declined)
        measuring = {step.name: (step.spec, step.params) for step in self.steps if isinstance(step.spec, AnalyzerSpec)}
        short = [full.rpartition(":")[2] for full in measuring]
        analyzers = {n if short.count(n) == 1 else full: measuring[full] for full, n in zip(measuring, short, strict=True)}
        reports = tuple(measure(face, index, analyzers) for index, face in enumerate(scene.faces)) if analyzers else ()
        unchanged = edited.canvas is picture.canvas and edited.alpha is picture.alpha
        done = picture if unchanged else picture.with_canvas(edited.canvas, edited.alpha)
        dropped: tuple[str, ...] = ()
        if self.private:  # a photo in which nobody was found may name them all the same
            done, dropped = done.without_people()
        cut_out = self.cuts_out and not unchanged
        return Result(done.handed_back(cut_out=cut_out), reports, scene, done, declined, edited.moves, dropped)

    def _check_faces(self, scene: Scene) -> None:
        """Raise `NoFaceFound` if there is no face for a step that needs one."""
        needing = [step for step in self.steps if step.needs_faces]
        if not self.finds_work(scene):
            height, width = scene.size
            nor = ", nor a person without one" if self._takes_people_without else ""
            raise NoFaceFound(
                f"no face was found in the picture of {width} x {height} pixels{nor}; "
                "for an aligned portrait, or hair seen from behind, try detector='whole_frame', "
                "or pass such pictures through with require_face=False"
            )
        for step in needing:
            asked = FacesChoice.of(step.params.get("faces", "all"))
            if not isinstance(step.spec, EffectSpec) or asked is None or not asked.is_picky:
                continue
            if not chosen(faces_for(scene, step.spec), asked.canonical):
                there = len(faces_for(scene, step.spec))
                raise NoFaceFound(
                    f"{step.name}: faces={step.params['faces']} is not in the picture, which has {there} that it can work on; "
                    f"their numbers are {', '.join(map(str, range(there))) or 'none'}"
                )

    def __reduce__(self) -> tuple[Any, ...]:
        return Chain.from_dict, (self.to_dict(),)

    def to_dict(self) -> dict[str, Any]:
        """The look as JSON can hold it: full names, versions, and every parameter. Raises `LookError`."""
        return look_of(self.steps, self.seed)

    @classmethod
    def from_dict(cls, look: Any) -> Chain:
        """The chain that `to_dict` wrote. Raises `LookError` if it cannot be run as it was meant."""
        return cls(*steps_of(look))

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Write the look to a ``.json``, ``.yaml`` or ``.yml`` file.

        Raises `OutputError` if it exists, unless `force`, and `LookError` if it has a step that belongs to no plugin.
        """
        return write_look(self.to_dict(), path, force=force)

    @classmethod
    def load(cls, path: str | Path) -> Chain:
        """The chain that was saved at `path`. Raises `LookError`."""
        return cls(*read_look(path))


def chain(use: str | EffectSpec | AnalyzerSpec, /, **params: Any) -> Chain:
    """A chain of one step: an effect or analyzer by name, or as it was declared, with its parameters.

    Raises `UnknownName` if none has that name, `ParameterError` if a parameter is unknown or not allowed.
    """
    return Chain().then(use, **params)


def load_look(look: str | Path) -> Chain:
    """One of the ready `looks` by its name, or the chain that `Chain.save` wrote to a path (``"./plum"`` for a file called plum).

    Raises `LookError`.
    """
    return Chain.load(look_file(str(look)) or look)


def check_confidence(asked: float) -> None:
    """Raise `ParameterError` unless it is a number from 0 to 1."""
    if not isinstance(asked, int | float) or not 0 <= asked <= 1:
        raise ParameterError(f"min_confidence={shown(asked)} is not allowed; give a number from 0 (asks for nothing) to 1")


def _key(seed: int, name: str, occurrence: int) -> np.random.SeedSequence:
    digest = hashlib.sha256(name.encode()).digest()[:8]
    return np.random.SeedSequence([seed & (2**63 - 1), int.from_bytes(digest, "big"), occurrence])
