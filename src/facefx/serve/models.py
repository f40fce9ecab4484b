"""The installed models as JSON: what `facefx models` shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..inference.cards import DetectorCard, ModelCard, PersonCard, detectors_among, installed_models, local_models
from ..plugins.installed import registry

__all__ = ["described_models"]


def described_models() -> list[dict[str, Any]]:
    """Segmenters, also of people, and detectors, by their full names, with what their cards say, or a ``problem`` if one is bad."""
    found = [
        _described(name, "segmenter", made if isinstance(made, Path) else None, ModelCard)
        for name, made in sorted(registry().segmenters.items.items())
    ]
    found += [
        _described(name, "person segmenter", made if isinstance(made, Path) else None, PersonCard)
        for name, made in sorted(registry().person_segmenters.items.items())
    ]
    detectors = detectors_among(installed_models()) | detectors_among(local_models())
    return [*found, *(_described(name, "detector", folder, DetectorCard) for name, folder in sorted(detectors.items()))]


def _described(name: str, role: str, folder: Path | None, kind: type[ModelCard] | type[DetectorCard]) -> dict[str, Any]:
    described: dict[str, Any] = {"name": name, "role": role}
    if folder is None:  # it brings its own code
        return described
    try:
        card = kind.read(folder)
    except ModelError:
        return described | {"problem": "its card cannot be read"}
    told = ("summary", "version", "family", "parameters", "license", "data_license", "sha256", "scores")
    said = {key: getattr(card, key, None) for key in told}
    return described | {
        key: dict(value) if isinstance(value, Mapping) else value for key, value in said.items() if value is not None
    }
