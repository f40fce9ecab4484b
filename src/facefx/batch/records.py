"""The values of a batch: what is asked of every file, one file's task, and what became of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from ..chains.sequence import Chain
    from ..face.values import Detector, Segmenter

__all__ = ["NoFace", "Record", "Settings", "Setup", "Status", "Task"]

#: What becomes of a picture without a face: it fails, is written without effects, or is passed over.
NoFace = Literal["error", "copy", "skip"]


class Status(str, Enum):
    """What became of a file."""

    DONE = "done"
    COPIED = "copied"  # no face: written without effects
    SKIPPED = "skipped"  # no face: nothing written
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Record:
    """One file's line in the report.

    Attributes
    ----------
    file : path of the picture in the folder of pictures, with forward slashes.
    status : what became of it.
    output : path of the result in the folder of results; None if there is none.
    bytes : size of the result.
    faces : how many were found.
    seconds : from opening the file to having its result encoded and written.
    error : what went wrong, for failed ones.
    settings : `Settings.digest` of the run.
    declined : which effect left which face alone and why, in words; left out of the report if empty.
    """

    file: str
    status: Status
    output: str | None
    bytes: int | None
    faces: int
    seconds: float
    error: str | None
    settings: str
    declined: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line, without its end. Names that are not Unicode survive."""
        return json.dumps({name: value for name, value in asdict(self).items() if name != "declined" or value})

    @classmethod
    def from_json(cls, line: str) -> Record:
        """The record that `to_json` wrote. Raises `ValueError` or `TypeError` for anything else."""
        values = json.loads(line)
        return cls(**values | {"status": Status(values["status"]), "declined": tuple(values.get("declined", ()))})


@dataclass(frozen=True)
class Settings:
    """What is asked of every file. Must be picklable, since it goes to the workers."""

    look: Chain
    segmenter: str | Path | Segmenter | None = None
    detector: str | Detector | None = None
    no_face: NoFace = "error"
    suffix: str | None = None
    quality: int = 95
    keep_gps: bool = False
    min_confidence: float = 0.0

    @cached_property
    def digest(self) -> str:
        """16 hexadecimal digits that change with anything that results depend on."""
        named: dict[str, Any] = vars(self) | {
            "look": self.look.to_dict(),
            "segmenter": _name(self.segmenter),
            "detector": _name(self.detector),
        }
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:16]


def _name(part: Any) -> str | None:
    if part is None:
        return None
    if isinstance(part, str | Path):
        return str(part)
    return str(getattr(part, "name", type(part).__qualname__))


@dataclass(frozen=True, slots=True)
class Task:
    """One file to do. `index` is its number in this run; `replace`, whether a result that is there may be overwritten."""

    index: int
    file: str
    output: str
    replace: bool


@dataclass(frozen=True)
class Setup:
    """What a worker needs to start. `staging` is the folder for results that are not in their place yet, `threads` how many a
    worker may use."""

    settings: Settings
    folder_in: Path
    staging: Path
    threads: int
