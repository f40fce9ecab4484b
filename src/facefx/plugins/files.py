"""Plugins that are not installed: a file of one's own, and functions declared in this process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

from ..declare.declarations import AnalyzerSpec, EffectSpec
from ..errors import PluginError
from .hookspecs import hookimpl

__all__ = ["ENVIRONMENT", "load_file", "plugin_files", "plugin_of"]

#: Python files that are plugins: paths in the style of PATH. The command line's --plugin adds to it, so that workers see it too.
ENVIRONMENT = "FACEFX_PLUGIN_FILES"


def plugin_files() -> Iterator[Path]:
    """The files that the environment names."""
    yield from (Path(path) for path in os.environ.get(ENVIRONMENT, "").split(os.pathsep) if path)


def load_file(path: Path) -> ModuleType | SimpleNamespace:
    """A Python file as a plugin: with its hooks, or, if it has none, with all that it declares. Raises whatever the file raises."""
    name = f"facefx_plugin_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise PluginError(f"{str(path)!r} is no Python file; give one that ends in .py")
    module = module_from_spec(spec)
    sys.modules[name] = module  # annotations are looked up there
    spec.loader.exec_module(module)
    if any(hasattr(value, "facefx_impl") for value in vars(module).values()):
        return module
    declared = [value for value in vars(module).values() if isinstance(value, EffectSpec | AnalyzerSpec)]
    if not declared:
        raise PluginError(f"{str(path)!r} declares nothing: put @facefx.effect or @facefx.analyzer above a function")
    return plugin_of(*declared)


def plugin_of(*declared: EffectSpec | AnalyzerSpec) -> SimpleNamespace:
    """A plugin that offers some declared functions."""
    return SimpleNamespace(
        facefx_effects=hookimpl(lambda: [spec for spec in declared if isinstance(spec, EffectSpec)]),
        facefx_analyzers=hookimpl(lambda: [spec for spec in declared if isinstance(spec, AnalyzerSpec)]),
    )
