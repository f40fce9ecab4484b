"""What analyzers measured of one face."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from ..declare.declarations import AnalyzerSpec
from ..errors import EffectError, RegionUnavailable
from ..face.face import Face
from ..face.values import Detector, Segmenter
from ..image.picture import Picture, Source
from ..inference.cards import Quality
from ..parsing.pipeline import parse
from ..plugins.checked import guarded
from ..plugins.installed import registry

__all__ = ["Report", "analyze", "installed_analyzers", "measure"]


@dataclass(frozen=True)
class Report(Mapping[str, Any]):
    """The measurements of one face: ``report["eye_boxes"]`` is what the analyzer of that name returned.

    Attributes
    ----------
    face : the face's index in the scene, 0 for the largest.
    """

    face: int
    _values: Mapping[str, str] = field(repr=False)  # as JSON: nobody can change what was measured

    def __getitem__(self, name: str) -> Any:
        return json.loads(self._values[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __reduce__(self) -> tuple[Any, ...]:
        return _report, (self.face, dict(self._values))

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {"face": self.face, **{name: self[name] for name in self}}


def _report(face: int, values: Mapping[str, str]) -> Report:
    return Report(face, MappingProxyType(values))


def measure(
    face: Face, index: int, analyzers: Mapping[str, tuple[AnalyzerSpec, Mapping[str, Any]]], *, skip_unavailable: bool = False
) -> Report:
    """Run analyzers, by the names their results shall have, on one face.

    ``skip_unavailable`` leaves out those that ask for regions which the segmenter does not know.
    """
    values = {}
    for name, (spec, params) in analyzers.items():
        try:
            with guarded(f"the analyzer {spec.name}", EffectError):
                values[name] = _as_json(spec, spec.function(face, **params))
        except RegionUnavailable:
            if not skip_unavailable:
                raise
    return _report(index, values)


def _as_json(spec: AnalyzerSpec, measured: Any) -> str:
    """What an analyzer returned. Raises `EffectError` if it is not a table of what JSON can hold."""
    if not isinstance(measured, Mapping):
        raise EffectError(f"the analyzer {spec.name} returned a {type(measured).__name__}; it must return a dict")
    try:
        return json.dumps(dict(measured), allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        raise EffectError(
            f"the analyzer {spec.name} returned what JSON cannot hold: {error}; give numbers, texts, lists and dicts, "
            "and None for what is not seen"
        ) from None


def _plain(value: Any) -> Any:
    """numpy's numbers and arrays as Python's."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"a {type(value).__name__}")


def analyze(
    image: Source | Picture,
    *,
    segmenter: str | Path | Segmenter | None = None,
    detector: str | Path | Detector | None = None,
    quality: Quality | None = None,
) -> list[Report]:
    """Measure every face with every analyzer that is installed and that the segmenter's labels allow.

    Parameters and errors are those of `facefx.parse`.

    Returns
    -------
    list of Report
        One per face, largest first; empty if there is none. Two plugins' analyzers of one name appear under their full names.
    """
    scene = parse(image, segmenter=segmenter, detector=detector, quality=quality)
    named = installed_analyzers()
    return [measure(face, index, named, skip_unavailable=True) for index, face in enumerate(scene.faces)]


def installed_analyzers() -> dict[str, tuple[AnalyzerSpec, Mapping[str, Any]]]:
    """All of them, by the names that their results have in a report, with their defaults: what `measure` takes."""
    specs = registry().analyzers.items
    short = [full.partition(":")[2] for full in specs]
    return {
        (name if short.count(name) == 1 else full): (spec, spec.resolve({}))
        for (full, spec), name in zip(specs.items(), short, strict=True)
    }
