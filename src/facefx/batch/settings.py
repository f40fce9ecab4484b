"""What is asked of every file of a batch. What an option means and what it is by default stands in `Settings` alone."""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from ..chains.sequence import Chain
    from ..face.values import Detector, Segmenter
    from ..image.compression import FileQuality
    from ..inference.cards import Quality

__all__ = ["NoFace", "Settings", "SettingsOptions"]

#: What becomes of a picture without a face: it fails, is written without effects, or is passed over.
NoFace = Literal["error", "copy", "skip"]


@dataclass(frozen=True)
class Settings:
    """What is asked of every file. Must be picklable, since it goes to the workers.

    Attributes
    ----------
    look : what is run on it.
    segmenter, detector, quality, person : as for `facefx.parse`.
    no_face : what becomes of a picture without a face: ``"error"``, ``"copy"`` writes it without effects, ``"skip"``.
    min_confidence : as for `Chain.run`; the report says what was left alone.
    format : the results' suffix, such as ``"png"``; by default each has its picture's.
    file_quality : 1 to 100, of JPEG, WebP and AVIF files, or ``"keep"``, as for `facefx.save_image`. A number as `quality` means it
        too, as it did before 0.2.
    keep_gps : as for `facefx.save_image`.
    keep_date : give each result its picture's date of change.
    first_frame : take the first frame of animations and the first page of TIFFs; by default all of them are edited.
    """

    look: Chain
    segmenter: str | Path | Segmenter | None = None
    detector: str | Path | Detector | None = None
    quality: Quality | None = None
    person: str | Path | Segmenter | None = None
    no_face: NoFace = "error"
    min_confidence: float = 0.0
    format: str | None = None
    file_quality: FileQuality = 95
    keep_gps: bool = False
    keep_date: bool = False
    first_frame: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.quality, int):
            warnings.warn("quality=NUMBER is file_quality=NUMBER since facefx 0.2", DeprecationWarning, stacklevel=4)
            object.__setattr__(self, "file_quality", self.quality)
            object.__setattr__(self, "quality", None)

    @property
    def suffix(self) -> str | None:
        """The results' suffix with its dot; None if each keeps its own."""
        return None if self.format is None else "." + self.format.lower().removeprefix(".")

    def output_of(self, file: str) -> str:
        """Where in the folder of results a file's result goes; paths have forward slashes."""
        return file if self.suffix is None else str(PurePosixPath(file).with_suffix(self.suffix))

    def digest(self, parser: str) -> str:
        """16 hexadecimal digits that change with anything that results depend on.

        Parameters
        ----------
        parser : the `Parser.identity` of segmenter, detector and person: their names alone do not tell one model from another.
        """
        asked = vars(self) | {"look": self.look.to_dict(), "format": self.suffix, "parser": parser}
        del asked["segmenter"], asked["detector"], asked["quality"], asked["person"]
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


class SettingsOptions(TypedDict, total=False):
    """The fields of `Settings` but for the look, as keyword arguments."""

    segmenter: str | Path | Segmenter | None
    detector: str | Path | Detector | None
    quality: Quality | None
    person: str | Path | Segmenter | None
    no_face: NoFace
    min_confidence: float
    format: str | None
    file_quality: FileQuality
    keep_gps: bool
    keep_date: bool
    first_frame: bool
