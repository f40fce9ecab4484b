"""What a tracker knows between two frames, as bytes: a film that goes on tomorrow goes on as if nothing had happened.

They are JSON and plain arrays and nothing that can be run, since they lie in a folder that others may write to.
"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from ..face.values import Box, Detection
from .confidence_smoothing import SmoothedConfidence
from .mask_smoothing import Glimpse
from .motion import Small
from .people import People, Person
from .steadied import Steadied
from .steady_people import SteadyPeople
from .track import Track

__all__ = ["Memory", "Unreadable", "from_bytes", "to_bytes"]


@dataclass(frozen=True, eq=False)
class Memory:
    """All that a `Tracker` takes from one frame to the next.

    Attributes
    ----------
    tracks : the faces that it follows.
    before : the last frame, made small; None before the first.
    since_detected : frames since the detector was asked.
    people, bodies : who is who, and where people are.
    """

    tracks: tuple[Track, ...]
    before: Small | None
    since_detected: int
    people: People
    bodies: SteadyPeople


class Unreadable(ValueError):
    """Bytes that are no memory, or one of another facefx."""


#: What a memory is made of, but for numbers, texts, arrays and what holds several of them.
_PARTS = Box, Detection, Glimpse, Memory, People, Person, Small, SmoothedConfidence, SteadyPeople, Track
_KINDS = {kind.__name__: kind for kind in _PARTS}
_HOLDING_SEVERAL = {"list": list, "set": set, "tuple": tuple}


def to_bytes(memory: Memory) -> bytes:
    """Of a memory; `from_bytes` gives one that the same frames bring to the same results."""
    arrays: list[np.ndarray] = []
    tree = json.dumps(_plain(memory, arrays))
    file = io.BytesIO()
    np.savez(file, np.frombuffer(tree.encode(), np.uint8), *arrays)
    return file.getvalue()


def from_bytes(data: bytes) -> Memory:
    """Raises `Unreadable`."""
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            tree, *arrays = (file[f"arr_{number}"] for number in range(len(file.files)))
        memory = _value(json.loads(tree.tobytes()), arrays)
    except Exception as error:  # a file cut short or of something else: each of these libraries has errors of its own
        raise Unreadable(str(error)) from error
    if not isinstance(memory, Memory):
        raise Unreadable("there is no memory in it")
    return memory


def _plain(value: Any, arrays: list[np.ndarray]) -> Any:
    """A value as JSON has it, with its arrays put beside."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray | Steadied):
        arrays.append(np.asarray(value[:]))
        return {type(value).__name__: len(arrays) - 1}
    if isinstance(value, dict):
        return {"dict": [[_plain(part, arrays) for part in item] for item in value.items()]}
    for name, kind in _HOLDING_SEVERAL.items():
        if isinstance(value, kind):
            return {name: [_plain(part, arrays) for part in value]}
    names = [field.name for field in fields(value)] if is_dataclass(value) else list(vars(value))
    return {_name_of(type(value)): {name: _plain(getattr(value, name), arrays) for name in names}}


def _name_of(kind: type) -> str:
    if kind not in _PARTS:
        raise TypeError(f"a tracker remembers a {kind.__name__}, which has no place in a memory")
    return kind.__name__


def _value(plain: Any, arrays: Sequence[np.ndarray]) -> Any:
    """What `_plain` was given."""
    if not isinstance(plain, dict):
        return plain
    ((name, inside),) = plain.items()
    if name == "ndarray":
        return arrays[inside]
    if name == "Steadied":
        return Steadied(arrays[inside])
    if name == "dict":
        return dict([_value(key, arrays), _value(value, arrays)] for key, value in inside)
    if name in _HOLDING_SEVERAL:
        return _HOLDING_SEVERAL[name](_value(part, arrays) for part in inside)
    made = object.__new__(_KINDS[name])
    vars(made).update({field: _value(value, arrays) for field, value in inside.items()})
    return made
