"""Segmenters, of faces and of people, and detectors by their names, by a model's folder, or as they are."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from ..errors import ParameterError
from ..face.values import Detector, GivenBox, Segmenter
from ..inference.cards import PersonCard
from ..inference.detector.given import GivenBoxes
from ..inference.detector.onnx import OnnxDetector
from ..inference.ensemble import Ensemble
from ..inference.segmenter import OnnxSegmenter
from ..shown import shown
from .checked import checked_person_segmenter, checked_segmenter, guarded
from .installed import registry

__all__ = [
    "COLOURS",
    "DEFAULT_DETECTOR",
    "DEFAULT_PERSON",
    "DEFAULT_SEGMENTER",
    "resolve_detector",
    "resolve_person",
    "resolve_segmenter",
]

DEFAULT_SEGMENTER = "unet-lite0"
DEFAULT_DETECTOR = "finder"
DEFAULT_PERSON = "person"
#: In place of a person segmenter's name: none, people are found below their faces by colours.
COLOURS = "colours"
#: What finds people where nobody says otherwise: a name, or the path of a model's folder.
PERSON_ENVIRONMENT = "FACEFX_PERSON"
_ENSEMBLE = "ensemble:"


def resolve_segmenter(segmenter: str | Path | Segmenter | None) -> Segmenter:
    """A segmenter by name, by its model's folder, several as an ensemble, or as it is; models are loaded once."""
    match segmenter:
        case None:
            return registry().segmenter(f"facefx:{DEFAULT_SEGMENTER}")
        case Path():
            return _from_folder(_resolved(segmenter))
        case str() if segmenter.startswith(_ENSEMBLE):
            return Ensemble([resolve_segmenter(name) for name in segmenter.removeprefix(_ENSEMBLE).split("+")])
        case str():
            return _from_folder(_resolved(Path(segmenter))) if _is_folder(segmenter) else registry().segmenter(segmenter)
    if not callable(getattr(segmenter, "probabilities", None)) or isinstance(segmenter, type):
        raise ParameterError(
            f"segmenter={shown(segmenter)} is not allowed; give a name, the path of a model folder, or a Segmenter"
        )
    return checked_segmenter(segmenter, f"the segmenter {type(segmenter).__qualname__}")


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError, ValueError) as error:  # a byte of zero, a circle of links
        raise ParameterError(
            f"the model folder {shown(str(folder))} is not allowed: {error}; give the path of a model folder"
        ) from None


@lru_cache(maxsize=8)
def _from_folder(folder: Path) -> Segmenter:
    return OnnxSegmenter.from_folder(folder)


@lru_cache(maxsize=8)
def _detector_from_folder(folder: Path) -> Detector:
    return OnnxDetector.from_folder(folder)


def resolve_person(person: str | Path | Segmenter | None) -> Segmenter | None:
    """What finds whole people, by name, by its model's folder, or as it is; None for `COLOURS`, or where nothing is installed.

    Without a choice it is the one that ``FACEFX_PERSON`` names, or else facefx's own.
    """
    person = person or os.environ.get(PERSON_ENVIRONMENT) or None
    if person == COLOURS:
        return None
    if person is None:
        default = f"facefx:{DEFAULT_PERSON}"
        return registry().person_segmenter(default) if default in registry().person_segmenters else None
    if isinstance(person, Path) or (isinstance(person, str) and _is_folder(person)):
        return _person_from_folder(_resolved(Path(person)))
    if isinstance(person, str):
        return registry().person_segmenter(person)
    if not callable(getattr(person, "probabilities", None)) or isinstance(person, type):
        raise ParameterError(
            f"person={shown(person)} is not allowed; give a name, the path of a model folder, {COLOURS!r}, or a Segmenter"
        )
    return checked_person_segmenter(person, f"the person segmenter {type(person).__qualname__}")


@lru_cache(maxsize=8)
def _person_from_folder(folder: Path) -> Segmenter:
    return OnnxSegmenter(PersonCard.read(folder))


def _is_folder(name: str) -> bool:
    """Whether what was given is a path; a folder right here is ``./NAME``."""
    return "/" in name or "\\" in name


def resolve_detector(detector: str | Path | Detector | Sequence[GivenBox] | None) -> Detector:
    """A detector by name, by its model's folder, one's own boxes as one, or as it is; models are loaded once."""
    if detector is None:
        return registry().detector(f"facefx:{DEFAULT_DETECTOR}")
    if isinstance(detector, Path):
        return _detector_from_folder(_resolved(detector))
    if isinstance(detector, str):
        return _detector_from_folder(_resolved(Path(detector))) if _is_folder(detector) else registry().detector(detector)
    if isinstance(detector, list | tuple):
        return GivenBoxes(detector)
    with guarded(f"the detector {type(detector).__qualname__}"):
        if not callable(getattr(detector, "detect", None)) or isinstance(detector, type):
            raise ParameterError(
                f"detector={type(detector).__name__} is not allowed; give a name, the path of a model folder, a list of boxes, "
                "or an object with a method detect"
            )
    return detector  # type: ignore[return-value]
