"""What there is to choose from, as the page shows it: effects with their forms, looks, regions. All of it from declarations."""

from __future__ import annotations

from typing import Any

from ..chains.ready_looks import looks
from ..chains.sequence import load_look
from ..declare.declarations import EffectSpec
from ..labels import Label, labels_of
from ..plugins.installed import registry
from .steps import steps_for_page

__all__ = ["catalog"]


def catalog() -> dict[str, Any]:
    """Effects, ready looks and parts."""
    found = registry()
    return {
        "version": found.version_of("facefx:"),
        "effects": [_effect(full, spec) for full, spec in sorted(found.effects.items.items(), key=lambda item: item[1].name)],
        "looks": [{"name": name, "summary": said, "steps": steps_for_page(load_look(name))} for name, said in looks().items()],
        "parts": [label.value for label in Label],
    }


def _effect(full: str, spec: EffectSpec) -> dict[str, Any]:
    return {
        "use": full,
        "name": spec.name,
        "from": full.partition(":")[0],
        "summary": spec.summary,
        "kind": spec.kind,
        "region": spec.region,
        "parts": sorted(_parts(spec)),
        "schema": spec.json_schema["properties"],
        "files": {name: p.kind for name, p in spec.parameters.items() if p.kind in ("picture", "cube")},
        "defaults": spec.resolve({}),
    }


def _parts(spec: EffectSpec) -> set[str]:
    """The labels that it is for: of what it works on and what it must see the narrower; none if it works on the whole picture."""
    choice = spec.parameters.get("region")
    if choice:
        regions = [labels_of(region) for region in (choice.choices if choice.kind == "choice" else [str(choice.default)])]
        found = frozenset[Label]().union(*(labels for labels in regions if len(labels) < len(Label)))
    else:
        found = min((labels_of(region) for region in (spec.region, spec.needs or spec.region)), key=len)
    return {label.value for label in found} if len(found) < len(Label) else set()
