"""What analyzers measured of one face."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..declare.declarations import AnalyzerSpec
from ..errors import EffectError, RegionUnavailable
from ..face.face import Face
from ..face.values import Detector, Segmenter
from ..image.picture import Picture, Source
from ..parsing.pipeline import parse
from ..plugins.installed import registry

__all__ = ["Report", "analyze", "measure"]


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

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {"face": self.face, **{name: self[name] for name in self}}


def measure(
    face: Face, index: int, analyzers: Mapping[str, tuple[AnalyzerSpec, Mapping[str, Any]]], *, skip_unavailable: bool = False
) -> Report:
    """Run analyzers, by the names their results shall have, on one face.

    ``skip_unavailable`` leaves out those that ask for regions which the segmenter does not know.
    """
    values = {}
    for name, (spec, params) in analyzers.items():
        try:
            values[name] = json.dumps(spec.function(face, **params), allow_nan=False)
        except RegionUnavailable:
            if not skip_unavailable:
                raise
        except Exception as error:  # a plugin may raise anything at all, or return what JSON cannot hold
            raise EffectError(f"the analyzer {spec.name} failed: {type(error).__name__}: {error}") from error
    return Report(index, MappingProxyType(values))


def analyze(
    image: Source | Picture, *, segmenter: str | Path | Segmenter | None = None, detector: str | Detector | None = None
) -> list[Report]:
    """Measure every face with every analyzer that is installed and that the segmenter's labels allow.

    Parameters and errors are those of `facefx.parse`.

    Returns
    -------
    list of Report
        One per face, largest first; empty if there is none. Two plugins' analyzers of one name appear under their full names.
    """
    scene = parse(image, segmenter=segmenter, detector=detector)
    specs = registry().analyzers.items
    short = [full.partition(":")[2] for full in specs]
    named = {
        (name if short.count(name) == 1 else full): (spec, spec.resolve({}))
        for (full, spec), name in zip(specs.items(), short, strict=True)
    }
    return [measure(face, index, named, skip_unavailable=True) for index, face in enumerate(scene.faces)]
