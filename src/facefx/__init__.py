"""Parse faces into soft regions and run chains of effects on them, offline.

>>> from facefx import chain
>>> chain("recolor_lips", color="#c00")("portrait.jpg").save("red.png")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ._moved import MOVED, redirect

if TYPE_CHECKING:
    from .chains.ready_looks import looks
    from .chains.reports import Report, analyze
    from .chains.sequence import Chain, Declined, Result, Step, chain, load_look
    from .chains.transform import FaceFx
    from .declare.declarations import AnalyzerSpec, EffectSpec, analyzer, effect
    from .declare.parameters import Color, CubeFile, PictureFile, Range
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
    from .face.face import Face, FaceView
    from .face.scene import Scene
    from .face.values import Box, Detection, Detector, FaceParsing, Mask, Segmenter
    from .image.picture import Picture, open_image, save_image
    from .labels import Label, LabelScheme, Region
    from .parsing.parser import Parser
    from .parsing.pipeline import parse
    from .plugins.hookspecs import hookimpl
    from .plugins.installed import register

    __version__: str

redirect()

# Names are fetched when they are first used: `import facefx` and `facefx --help` must not wait for OpenCV.
_HOMES = {
    "chains.sequence": ("Chain", "Declined", "Result", "Step", "chain", "load_look"),
    "declare.declarations": ("AnalyzerSpec", "EffectSpec", "analyzer", "effect"),
    "declare.parameters": ("Color", "CubeFile", "PictureFile", "Range"),
    "errors": (
        "AmbiguousName", "EffectError", "FacefxError", "ImageError", "LookError", "MissingExtra", "ModelError", "NoFaceFound",
        "OutputError", "ParameterError", "PluginError", "RegionUnavailable", "UnknownName",
    ),
    "plugins.hookspecs": ("hookimpl",),
    "plugins.installed": ("register",),
    "image.picture": ("Picture", "open_image", "save_image"),
    "labels": ("Label", "LabelScheme", "Region"),
    "parsing.parser": ("Parser",),
    "parsing.pipeline": ("parse",),
    "chains.ready_looks": ("looks",),
    "chains.reports": ("Report", "analyze"),
    "chains.transform": ("FaceFx",),
    "face.face": ("Face", "FaceView"),
    "face.scene": ("Scene",),
    "face.values": ("Box", "Detection", "Detector", "FaceParsing", "Mask", "Segmenter"),
}  # fmt: skip
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [  # noqa: RUF022  (in the order of _HOMES; a test holds the two together)
    "Chain", "Declined", "Result", "Step", "chain", "load_look",
    "AnalyzerSpec", "EffectSpec", "analyzer", "effect",
    "Color", "CubeFile", "PictureFile", "Range",
    "AmbiguousName", "EffectError", "FacefxError", "ImageError", "LookError", "MissingExtra", "ModelError", "NoFaceFound",
    "OutputError", "ParameterError", "PluginError", "RegionUnavailable", "UnknownName",
    "hookimpl",
    "register",
    "Picture", "open_image", "save_image",
    "Label", "LabelScheme", "Region",
    "Parser",
    "parse",
    "looks",
    "Report", "analyze",
    "FaceFx",
    "Face", "FaceView",
    "Scene",
    "Box", "Detection", "Detector", "FaceParsing", "Mask", "Segmenter",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return _version()
    if name in MOVED:
        return import_module(f"{__name__}.{name}")
    if name not in _HOME_OF:
        raise AttributeError(f"module 'facefx' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME_OF[name]}", __name__), name)
    globals()[name] = value
    return value


def _version() -> str:
    """The distribution's version, which pyproject.toml alone states; ``0+unknown`` in a checkout that is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("facefx")
    except PackageNotFoundError:
        return "0+unknown"


def __dir__() -> list[str]:
    return sorted(__all__)
