"""The looks that come with facefx: a JSON file each, written by `Chain.save` with a line that says what it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

__all__ = ["look_file", "looks"]

_FOLDER = Path(__file__).parent


@cache
def looks() -> Mapping[str, str]:
    """What each ready look is, by its name."""
    files = sorted(_FOLDER.glob("*.json"))
    return MappingProxyType({file.stem: json.loads(file.read_text("utf-8"))["summary"] for file in files})


def look_file(name: str) -> Path | None:
    """The file of a ready look; None if there is none of that name."""
    return _FOLDER / f"{name}.json" if name in looks() else None
