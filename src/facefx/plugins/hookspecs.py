"""Everything a plugin can offer, on one screen.

A plugin is a module (or object) named by an entry point in the group ``facefx``. It implements any of these hooks, each marked with
`hookimpl` and each returning what it offers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import pluggy

from ..declare.declarations import AnalyzerSpec, EffectSpec
from ..face.values import Detector, Segmenter

__all__ = [
    "facefx_analyzers",
    "facefx_detectors",
    "facefx_effects",
    "facefx_person_segmenters",
    "facefx_segmenters",
    "hookimpl",
]

hookspec = pluggy.HookspecMarker("facefx")
hookimpl = pluggy.HookimplMarker("facefx")


@hookspec
def facefx_effects() -> Iterable[EffectSpec]:  # type: ignore[empty-body]
    """Effects: functions under `facefx.effect`."""


@hookspec
def facefx_analyzers() -> Iterable[AnalyzerSpec]:  # type: ignore[empty-body]
    """Analyzers: functions under `facefx.analyzer`."""


@hookspec
def facefx_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:  # type: ignore[empty-body]
    """Segmenters by name: the folder of an ONNX model with its card, or a function that makes a `Segmenter`."""


@hookspec
def facefx_detectors() -> Mapping[str, Path | Callable[[], Detector]]:  # type: ignore[empty-body]
    """Detectors by name: the folder of a trained one with its card, or a function that makes a `Detector`."""


@hookspec
def facefx_person_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:  # type: ignore[empty-body]
    """What finds whole people, by name: the folder of an ONNX model with its card, or a function that makes a `Segmenter`.

    It is given whole pictures, in the middle of its input's square and grey beside them, and its scheme tells ``"person"``.
    """
