"""The portraits that effects copy from, by the path of a picture."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from ..errors import NoFaceFound
from ..face.face import Face
from ..held_files import holder_of
from ..parsing.pipeline import parse

__all__ = ["portrait_in"]


def portrait_in(path: str) -> Face | None:
    """The largest face in the picture at `path`, found by the usual segmenter and detector; None for an empty path.

    Raises `ImageError` if it cannot be read and `NoFaceFound` if it shows no face. The last few are kept in memory.
    """
    if not path:
        return None
    if held := holder_of(path):
        return held.once(("portrait", path), lambda: _found(path))
    try:
        changed = Path(path).stat().st_mtime_ns
    except OSError:
        changed = 0  # opening it says what is wrong
    return _portrait(path, changed)


@lru_cache(maxsize=4)
def _portrait(path: str, changed: int) -> Face:
    return _found(path)


def _found(path: str) -> Face:
    scene = parse(path)
    if not scene.faces:
        raise NoFaceFound(f"no face was found in the reference picture {path!r}; give one that shows a face from the front")
    return scene.faces[0]
