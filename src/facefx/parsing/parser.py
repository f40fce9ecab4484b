"""The segmenter and the detector that work together, guarded, and what tells them from others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import ParameterError
from ..face.values import Detection, Detector, FaceParsing, GivenBox, Segmenter
from ..image.canvas import Canvas
from ..inference.cards import QUALITIES, ModelCard, Quality
from ..inference.detector.given import GivenBoxes
from ..inference.detector.whole_frame import WholeFrame
from ..inference.ensemble import Ensemble
from ..labels import Label, LabelScheme, Region
from ..plugins.checked import checked_detections, checked_probabilities, checked_segmenter, guarded
from ..plugins.installed import registry
from ..plugins.resolve import DEFAULT_DETECTOR, DEFAULT_SEGMENTER, resolve_detector, resolve_person, resolve_segmenter
from ..shown import shown
from .covering import uncovered
from .people_finder import PeopleFinder
from .small_eyes import with_small_eyes
from .strays import without_strays

__all__ = ["FEATURES", "Parser"]

#: What a face is known by.
FEATURES = (Region.EYES, Region.EYEBROWS, Label.NOSE, Region.LIPS)


@dataclass(frozen=True, eq=False)
class Parser:
    """What finds faces and what parses them. Whatever they raise or return, the answer is right or a `PluginError`.

    Attributes
    ----------
    segmenter, detector : what does it.
    person : what finds whole people, as it was asked for: it is not loaded before it is needed.
    """

    segmenter: Segmenter
    detector: Detector
    _names: tuple[str | None, str | None] = (None, None)  # full ones, where they were asked for by name
    person: str | Path | Segmenter | None = None

    @classmethod
    def of(
        cls,
        segmenter: str | Path | Segmenter | None = None,
        detector: str | Path | Detector | Sequence[GivenBox] | None = None,
        quality: Quality | None = None,
        person: str | Path | Segmenter | None = None,
    ) -> Parser:
        """By name, by a model's folder, or as they are: see `facefx.parse`.

        Raises `UnknownName`, `AmbiguousName`, `ModelError`, `PluginError` or `ParameterError` (for anything else).
        """
        made = _of_quality(resolve_segmenter(segmenter), quality), resolve_detector(detector)
        if person is not None:
            resolve_person(person)  # so that one that there is not is told of now, and not when it is first needed
        found = registry()
        return cls(
            *made,
            (_full_name(found.segmenters, segmenter, DEFAULT_SEGMENTER), _full_name(found.detectors, detector, DEFAULT_DETECTOR)),
            person,
        )

    @property
    def scheme(self) -> LabelScheme:
        """The labels that it tells apart."""
        return self.segmenter.scheme

    @property
    def size(self) -> int:
        """Side in pixels of the crops that it parses."""
        return int(self.segmenter.input_size[0])

    @property
    def is_aligned(self) -> bool:
        """Whether pictures are taken for cut-out, upright portraits: no search, no correction."""
        return isinstance(self.detector, WholeFrame)

    @property
    def is_told(self) -> bool:
        """Whether somebody said where the faces are, so that none is looked for."""
        return isinstance(self.detector, GivenBoxes)

    @cached_property
    def knows_faces(self) -> bool:
        """Whether it can be told from what the segmenter sees that there is a face, and where: not by a mask alone."""
        return all(self.scheme.indices_of(part) for part in (Region.FACE, *FEATURES))

    @cached_property
    def tells_where(self) -> bool:
        """Whether what the segmenter sees says where a face lies, if there is one: its outline and its eyes."""
        return all(self.scheme.indices_of(part) for part in (Region.FACE, Region.EYES))

    @cached_property
    def identity(self) -> str:
        """A line that is the same for what gives the same answers: names, versions, and the sha256 of models."""
        segmenter, detector = self._names
        finder = self.people.segmenter
        people = _identity(finder, None) if finder else "colours"
        return f"segmenter {_identity(self.segmenter, segmenter)}; detector {_identity(self.detector, detector)}; people {people}"

    @cached_property
    def small_eyes(self) -> float:
        """What is added to the logits of eyes for each time that a crop was enlarged twofold."""
        return _small_eyes(self.segmenter)

    def carefully(self, film: bool = False) -> Parser:
        """The same, with a detector that looks so carefully that it hardly misses a face, if it has such a way of looking."""
        careful = getattr(self.detector, "carefully", None)
        if careful is None:
            return self
        with guarded(f"the detector {type(self.detector).__qualname__}"):
            return replace(self, detector=careful(film))

    def detect(self, picture: Canvas | np.ndarray) -> list[Detection]:
        """The faces in a picture, given as a canvas or as (H, W, 3) float32 RGB in [0, 1]."""
        picture = Canvas.of(picture)
        windows_do = getattr(self.detector, "takes_windows", False)
        return checked_detections(self.detector, (picture.stored or picture.image) if windows_do else picture.image)

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, S, S, 3) float32 RGB in [0, 1] → (N, C, S, S) float32, summing to 1 over C."""
        return checked_probabilities(self.segmenter, crops)

    def corrected(self, parsing: FaceParsing, crop: Callable[[], np.ndarray]) -> FaceParsing:
        """What was parsed, with cloth over nose and mouth, small eyes and strays put right; `crop` gives what was seen."""
        bare = uncovered(np.asarray(parsing.probabilities), parsing.scheme, crop)
        return without_strays(with_small_eyes(replace(parsing, probabilities=bare), self.small_eyes))

    @cached_property
    def people(self) -> PeopleFinder:
        """What says how surely each place of a whole picture is part of a person; see there for its errors."""
        return PeopleFinder(self.person)


def _of_quality(segmenter: Segmenter, quality: Quality | None) -> Segmenter:
    if quality is None:
        return segmenter
    if quality not in QUALITIES:
        raise ParameterError(f"quality={shown(quality)} is not allowed; give one of {', '.join(QUALITIES)}")
    if (with_quality := getattr(segmenter, "with_quality", None)) is None:
        raise ParameterError(
            f"quality={shown(quality)} is not allowed for the segmenter {shown(segmenter.name)}, which has no qualities; leave it "
            "out, or take a model's name or folder"
        )
    what = f"the segmenter {shown(segmenter.name)}"
    with guarded(what):
        return checked_segmenter(with_quality(quality), what)


def _small_eyes(segmenter: Segmenter) -> float:
    """As its card has it; of several models, the mean that their answers are."""
    if isinstance(segmenter, Ensemble):
        return sum(w * _small_eyes(member) for member, w in zip(segmenter.members, segmenter.weights, strict=True))
    card = getattr(segmenter, "card", None)
    return card.small_eyes if isinstance(card, ModelCard) else 0.0


def _full_name(names: Any, given: Any, default: str) -> str | None:
    """The full name of what was asked for by name; None if it was asked for otherwise."""
    name = default if given is None else given
    return names.full_name(name) if isinstance(name, str) and name in names else None


def _identity(thing: Any, name: str | None) -> str:
    if isinstance(thing, Ensemble):
        members = zip(thing.members, thing.weights, strict=True)
        return " + ".join(f"{weight:.6g} x {_identity(member, None)}" for member, weight in members)
    kind = f"{type(thing).__module__}.{type(thing).__qualname__}"
    if card := getattr(thing, "card", None):
        return f"{card.identity} ({kind}, {_settings(thing)})"
    if name is not None:
        return f"{name} {registry().version_of(name)}"
    return f"{kind} ({_settings(thing)})"


def _settings(thing: Any) -> str:
    """What an object was made with, as far as that is plain values."""
    held = getattr(thing, "__dict__", {})
    plain = {key: held[key] for key in sorted(held) if isinstance(held[key], bool | int | float | str) and key != "wanted"}
    if isinstance(name := getattr(thing, "name", None), str):
        plain["name"] = name
    return ", ".join(f"{key}={value!r}" for key, value in plain.items())
