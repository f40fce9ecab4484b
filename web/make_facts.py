"""Write what the browser must know as Python does: labels, regions, the effects with their parameters, and names of colours.

    python web/make_facts.py

into ``web/src/facts.json``, which is kept, so that a build needs no Python. What is usual in hair is copied beside its effect.
`tests/test_web_facts.py` holds it to the code.
"""

from __future__ import annotations

import hashlib
import json
from importlib import resources
from pathlib import Path
from typing import Any

from PIL.ImageColor import colormap

from facefx.declare.declarations import EffectSpec
from facefx.labels import Label, Region
from facefx.plugins.installed import registry

TARGET = Path(__file__).parent / "src" / "facts.json"
HAIR = Path(__file__).parent / "src" / "effects" / "hairSpread.json"
#: What `web/src/effects` has. All other effects are known by their names, so that a look that has one is told of it.
HERE = ("recolor_lips", "recolor_hair", "smooth_skin", "blur_background", "anonymize")


def facts() -> dict[str, Any]:
    """All of it, as JSON can hold it."""
    effects = {name.partition(":")[2]: spec for name, spec in registry().effects.items.items() if name.startswith("facefx:")}
    return {
        "labels": [label.value for label in Label],
        "regions": {region.value: [label.value for label in Label if label in region.labels] for region in Region},
        "effects": {name: _effect(name, effects[name]) for name in HERE},
        "elsewhere": sorted(set(effects) - set(HERE)),
        "colors": {name: _hex(value) for name, value in sorted(colormap.items())},
    }


def _effect(name: str, spec: EffectSpec) -> dict[str, Any]:
    parameters = [
        {
            "name": p.name,
            "kind": p.kind,
            "default": p.default,
            **({"low": p.range.low, "high": p.range.high} if p.range else {}),
            **({"choices": list(p.choices)} if p.kind == "choice" else {}),
            **({"once": p.once} if p.once is not None else {}),
        }
        for p in spec.parameters.values()
    ]
    return {
        "version": spec.version,
        "summary": spec.summary,
        "region": spec.region,
        "margin": spec.margin,
        "private": spec.private,
        "key": hashlib.sha256(f"facefx:{name}".encode()).hexdigest()[:16],  # what `chains.sequence` makes of it
        "parameters": parameters,
    }


def _hex(value: str | tuple[int, ...]) -> str:
    return value if isinstance(value, str) else "#{:02x}{:02x}{:02x}".format(*value)


def text() -> str:
    """What the file holds."""
    return json.dumps(facts(), indent=1) + "\n"


def hair() -> str:
    """What `facefx.effects.tools.hair_dye` knows of hair's statistics."""
    return resources.files("facefx.effects.tools").joinpath("hair_spread.json").read_text("utf-8")


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    HAIR.write_text(hair(), encoding="utf-8")
