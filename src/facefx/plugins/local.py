"""The user's models, in the folders that FACEFX_MODELS names and in `home`, as a plugin of their own: ``local:NAME``.

So a folder that is called like one of facefx's models takes nobody's place: the short name is ambiguous then, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ..face.values import Detector, Segmenter
from ..inference.cards import detectors_among, local_models, person_segmenters_among, segmenters_among
from .hookspecs import hookimpl

__all__ = ["DISTRIBUTION"]

DISTRIBUTION = "local"


@hookimpl
def facefx_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:
    return dict(segmenters_among(local_models()))


@hookimpl
def facefx_detectors() -> Mapping[str, Path | Callable[[], Detector]]:
    return dict(detectors_among(local_models()))


@hookimpl
def facefx_person_segmenters() -> Mapping[str, Path | Callable[[], Segmenter]]:
    return dict(person_segmenters_among(local_models()))
