"""Parse faces into soft regions and run chains of effects on them, offline.

>>> from facefx import chain
>>> chain("recolor_lips", color="#c00")("portrait.jpg").save("red.png")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chains import Chain, Declined, Result, Step, chain, load_look
    from .declare import AnalyzerSpec, Color, EffectSpec, Range, analyzer, effect
    from .errors import (
        AmbiguousName,
        EffectError,
        FacefxError,
        ImageError,
        LookError,
        MissingExtra,
        ModelError,
        NoFaceFound,
        OutputError,
        ParameterError,
        PluginError,
        RegionUnavailable,
        UnknownName,
    )
    from .hookspecs import hookimpl
    from .image import Picture, open_image, save_image
    from .labels import Label, LabelScheme, Region
    from .pipeline import parse
    from .ready_looks import looks
    from .reports import Report, analyze
    from .scene import Face, Scene
    from .types import Box, Detection, Detector, FaceParsing, Mask, Segmenter

# Names are fetched when they are first used: `import facefx` and `facefx --help` must not wait for OpenCV.
_HOMES = {
    "chains": ("Chain", "Declined", "Result", "Step", "chain", "load_look"),
    "declare": ("AnalyzerSpec", "Color", "EffectSpec", "Range", "analyzer", "effect"),
    "errors": (
        "AmbiguousName", "EffectError", "FacefxError", "ImageError", "LookError", "MissingExtra", "ModelError", "NoFaceFound",
        "OutputError", "ParameterError", "PluginError", "RegionUnavailable", "UnknownName",
    ),
    "hookspecs": ("hookimpl",),
    "image": ("Picture", "open_image", "save_image"),
    "labels": ("Label", "LabelScheme", "Region"),
    "pipeline": ("parse",),
    "ready_looks": ("looks",),
    "reports": ("Report", "analyze"),
    "scene": ("Face", "Scene"),
    "types": ("Box", "Detection", "Detector", "FaceParsing", "Mask", "Segmenter"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022  (in the order of _HOMES; a test holds the two together)
    "Chain", "Declined", "Result", "Step", "chain", "load_look",
    "AnalyzerSpec", "Color", "EffectSpec", "Range", "analyzer", "effect",
    "AmbiguousName", "EffectError", "FacefxError", "ImageError", "LookError", "MissingExtra", "ModelError", "NoFaceFound",
    "OutputError", "ParameterError", "PluginError", "RegionUnavailable", "UnknownName",
    "hookimpl",
    "Picture", "open_image", "save_image",
    "Label", "LabelScheme", "Region",
    "parse",
    "looks",
    "Report", "analyze",
    "Face", "Scene",
    "Box", "Detection", "Detector", "FaceParsing", "Mask", "Segmenter",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'facefx' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
