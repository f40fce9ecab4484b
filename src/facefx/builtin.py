"""The plugin that facefx itself is: the built-in effects, analyzers, segmenters and detectors, through the hooks that all use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from .analyzers.boxes import eye_boxes, face_boxes, part_boxes
from .analyzers.colors import colors
from .analyzers.contour import face_contour
from .analyzers.irises import irises
from .analyzers.pose import head_pose
from .analyzers.proportions import proportions
from .analyzers.symmetry import symmetry
from .cards import installed_cards
from .declare import AnalyzerSpec, EffectSpec
from .detectors.cascade import CascadeDetector
from .detectors.whole_frame import WholeFrame
from .effects.recolor_hair import recolor_hair
from .effects.recolor_lips import recolor_lips
from .hookspecs import hookimpl
from .types import Detector, Segmenter


@hookimpl
def facefx_effects() -> Iterable[EffectSpec]:
    return [recolor_lips, recolor_hair]


@hookimpl
def facefx_analyzers() -> Iterable[AnalyzerSpec]:
    return [face_boxes, eye_boxes, part_boxes, face_contour, head_pose, proportions, symmetry, colors, irises]


@hookimpl
def facefx_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:
    return dict(installed_cards())


@hookimpl
def facefx_detectors() -> Mapping[str, Callable[[], Detector]]:
    return {"cascade": CascadeDetector, "whole_frame": WholeFrame}
