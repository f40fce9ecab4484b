"""One step of a chain: an effect or analyzer, found by its name or given as it was declared, with all its parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..declare.declarations import AnalyzerSpec, EffectSpec
from ..errors import AmbiguousName, ParameterError, UnknownName
from ..plugins.installed import registry

__all__ = ["Step", "full_name_of", "make_step"]


@dataclass(frozen=True)
class Step:
    """One effect or analyzer of a chain, by its full name, with all its parameters.

    Attributes
    ----------
    name : ``distribution:name``; ``"name"`` alone for one that was given as it was declared and belongs to no plugin.
    """

    name: str
    spec: EffectSpec | AnalyzerSpec = field(repr=False)
    params: Mapping[str, bool | int | float | str]

    def __hash__(self) -> int:
        return hash((self.name, tuple(sorted(self.params.items()))))

    @property
    def needs_faces(self) -> bool:
        """Whether it has nothing to do in a picture without a face."""
        return not isinstance(self.spec, EffectSpec) or self.spec.needs_faces(self.params)

    @property
    def has_home(self) -> bool:
        """Whether it can be found again by its name."""
        return ":" in self.name


def make_step(use: str | EffectSpec | AnalyzerSpec, params: Mapping[str, Any]) -> Step:
    """A step with its parameters checked. Raises `UnknownName`, `AmbiguousName` or `ParameterError`."""
    if isinstance(use, EffectSpec | AnalyzerSpec):
        full, spec = _home_of(use) or use.name, use
    elif isinstance(use, str):
        full = full_name_of(use)
        spec = registry().effects.items.get(full) or registry().analyzers.items[full]
    else:
        raise ParameterError(
            f"a step is an effect's or analyzer's name, or a function under @effect or @analyzer; given was a {type(use).__name__}"
        )
    return Step(full, spec, MappingProxyType(spec.resolve(params)))


def full_name_of(name: str) -> str:
    """The full name of an effect or, if there is none, of an analyzer. Raises `UnknownName` or `AmbiguousName`."""
    found = registry()
    for names in (found.effects, found.analyzers):
        try:
            return names.full_name(name)
        except AmbiguousName:
            raise
        except UnknownName:
            continue
    known = [full.partition(":")[2] for full in (*found.effects.items, *found.analyzers.items)]
    raise UnknownName("effect or analyzer", name, known)


def _home_of(spec: EffectSpec | AnalyzerSpec) -> str | None:
    """The full name under which a declared function is registered; None if it is not."""
    found = registry()
    items = {**found.effects.items, **found.analyzers.items}
    return next((full for full, item in items.items() if item is spec), None)
