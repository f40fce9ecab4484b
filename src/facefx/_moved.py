"""Modules that lived elsewhere before 0.2: their old names still work, and say where to go.

They go away with 1.0; see docs/versions.md.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

__all__ = ["MOVED", "redirect"]

#: Old name, in facefx → where its names are now. The first one is named in the warning.
MOVED: dict[str, tuple[str, ...]] = {
    "masks": ("pixels.masks", "pixels.full_size"),
    "color": ("pixels.color",),
    "geometry": ("pixels.geometry",),
    "blend": ("pixels.blend",),
    "image_io": ("image.files",),
    "image_modes": ("image.modes",),
    "image_profiles": ("image.profiles",),
    "image_16_bits": ("image.sixteen_bits",),
    "image_metadata": ("image.metadata",),
    "overlay": ("image.overlay",),
    "sheet": ("image.sheet",),
    "types": ("face.values",),
    "scene": ("face.scene", "face.face", "face.mask_style"),
    "landmarks": ("face.landmarks",),
    "iris": ("face.iris",),
    "person": ("face.person",),
    "belonging": ("face.postprocessing",),
    "parameters": ("declare.parameters",),
    "cards": ("inference.cards",),
    "runtime": ("inference.runtime",),
    "classifier": ("inference.classifier",),
    "segmenters": ("inference",),
    "segmenters.onnx": ("inference.segmenter",),
    "segmenters.ensemble": ("inference.ensemble",),
    "detectors": ("inference.detector",),
    "detectors.card": ("inference.cards",),
    "detectors.cascade": ("inference.detector.cascade",),
    "detectors.decode": ("inference.detector.decode",),
    "detectors.onnx": ("inference.detector.onnx",),
    "detectors.tiles": ("inference.detector.tiles",),
    "detectors.whole_frame": ("inference.detector.whole_frame",),
    "hookspecs": ("plugins.hookspecs",),
    "builtin": ("plugins.builtin",),
    "pipeline": ("parsing.pipeline", "plugins.resolve"),
    "painting": ("chains.painting",),
    "warping": ("chains.warping",),
    "portraits": ("chains.references",),
    "reports": ("chains.reports",),
    "ready_looks": ("chains.ready_looks",),
    "effects.brush": ("effects.tools.brush",),
    "effects.dye": ("effects.tools.dye",),
    "effects.layers": ("effects.tools.layers",),
    "effects.makeup": ("effects.tools.makeup",),
    "effects.skin_layers": ("effects.tools.skin",),
    "effects.strands": ("effects.tools.hair",),
    "effects.tone": ("effects.tools.recoloring",),
    "effects.warp_grid": ("effects.tools.warp_grid",),
}


class _Old(ModuleType):
    """What an old name gives: the names of the modules that have taken over."""

    def __getattr__(self, name: str) -> Any:
        for home in MOVED[self.__name__.partition(".")[2]]:
            module = import_module(f"facefx.{home}")
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")


class _Redirect(MetaPathFinder, Loader):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        package, _, old = fullname.partition(".")
        if package != "facefx" or old not in MOVED:
            return None
        return ModuleSpec(fullname, self, is_package=any(name.startswith(f"{old}.") for name in MOVED))

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _Old(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        new = MOVED[module.__name__.partition(".")[2]][0]
        warnings.warn(f"{module.__name__} is facefx.{new} now; its old name goes away in 1.0", DeprecationWarning, stacklevel=2)


def redirect() -> None:
    """Let the old names be imported."""
    if not any(isinstance(finder, _Redirect) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Redirect())  # first: the folder of facefx.inference.detector would give its files twice
