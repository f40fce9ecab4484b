"""The values of a batch: one file's task, what became of it, and what a worker needs to start."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path

from .settings import Settings

__all__ = ["Record", "Setup", "Status", "Task"]


class Status(str, Enum):
    """What became of a file."""

    DONE = "done"
    COPIED = "copied"  # no face: written without effects
    SKIPPED = "skipped"  # no face: nothing written
    FAILED = "failed"


#: What is left out of the report if it is empty.
_IF_ANY = ("declined", "dropped")


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
    settings : `Settings.digest` of the batch.
    declined : which effect left which face alone and why, in words; left out of the report if empty.
    dropped : what stood beside the pixels and was left out since the look hides people; left out of the report if empty.
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
    dropped: tuple[str, ...] = ()

    def to_json(self) -> str:
        """One line, without its end. Names that are not Unicode survive."""
        return json.dumps({name: value for name, value in asdict(self).items() if name not in _IF_ANY or value})

    @classmethod
    def from_json(cls, line: str) -> Record:
        """The record that `to_json` wrote. Raises `ValueError` or `TypeError` for anything else."""
        values = json.loads(line)
        return cls(**values | {"status": Status(values["status"])} | {name: tuple(values.get(name, ())) for name in _IF_ANY})


@dataclass(frozen=True, slots=True)
class Task:
    """One file to do. `index` is its number in this run; `replace`, whether a result that is there may be overwritten."""

    index: int
    file: str
    output: str
    replace: bool


@dataclass(frozen=True)
class Setup:
    """What a worker needs to start.

    Attributes
    ----------
    digest : of the settings, made where the batch was planned.
    staging : the folder for results that are not in their place yet.
    threads : how many a worker may use.
    """

    settings: Settings
    digest: str
    folder_in: Path
    staging: Path
    threads: int
