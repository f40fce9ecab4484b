"""Measuring the faces of a film, frame by frame, with numbers that stay with people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..chains.reports import Report, installed_analyzers, measure
from ..errors import ParameterError
from ..face.values import Box, Detector, Segmenter
from ..image.animation import open_animation
from ..image.picture import Picture
from ..shown import shown
from .files import Problem, VideoReader
from .overlap import ahead
from .tracking import Tracker, Tracking

__all__ = ["Film", "Measured", "MeasuredFace", "film_in"]


@dataclass(frozen=True)
class MeasuredFace:
    """A face in a frame.

    Attributes
    ----------
    track : its number, from 0, in the order in which they came in; it stays with a face that is followed.
    box : in pixels of the upright frame.
    roll : in degrees, clockwise.
    score : how sure the detector was.
    report : what the analyzers measured.
    """

    track: int
    box: Box
    roll: float
    score: float
    report: Report

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        values = {name: value for name, value in self.report.to_dict().items() if name != "face"}
        return {"track": self.track, "score": self.score, "roll": self.roll, "box": asdict(self.box), **values}


@dataclass(frozen=True)
class Measured:
    """A frame's number, from 0, its time in seconds, and its faces, largest first."""

    frame: int
    time: float
    faces: tuple[MeasuredFace, ...]

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON can hold it."""
        return {"frame": self.frame, "time": self.time, "faces": [face.to_dict() for face in self.faces]}


class Film:
    """A film, or an animation, whose faces are measured. A context manager.

    Attributes
    ----------
    expected_frames : how many there are, as far as the file tells.
    problems : what could not be decoded, so far.

    Raises
    ------
    ImageError
        If the file is neither, or cannot be opened.
    """

    def __init__(self, source: str | Path) -> None:
        path = Path(source)
        self._animation = open_animation(path) if path.suffix.lower() in _ANIMATED else None
        self._reader = None if self._animation else VideoReader(path)
        frames = len(self._animation.places) if self._animation else None
        self.expected_frames = self._reader.expected_frames if self._reader else frames
        self.problems: list[Problem] = self._reader.problems if self._reader else []

    def __enter__(self) -> Film:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader:
            self._reader.__exit__(None, None, None)

    def measured(
        self,
        *,
        segmenter: str | Path | Segmenter | None = None,
        detector: str | Path | Detector | None = None,
        tracking: Tracking | None = None,
        every: int = 1,
    ) -> Iterator[Measured]:
        """Measure every face with every analyzer that is installed and that the segmenter's labels allow, frame by frame.

        Parameters
        ----------
        segmenter, detector : as for `facefx.parse`.
        tracking : how faces are followed; by default each frame is parsed and new faces are looked for often.
        every : only every so many frames is measured; faces are followed in all.
        """
        if every < 1:
            raise ParameterError(f"every={shown(every)} is not allowed; allowed is 1 or more")
        tracker = Tracker(segmenter, detector, tracking or Tracking(parse_every=1, smoothing=0.5, detect_every=10))
        analyzers = installed_analyzers()
        with closing(ahead(self._pictures(), 2)) as pictures:
            for number, (time, picture) in enumerate(pictures):
                scene = tracker.next(picture.canvas)
                if number % every == 0:
                    yield Measured(
                        number,
                        round(time, 6),
                        tuple(
                            MeasuredFace(
                                face.number or 0,
                                face.box,
                                face.roll,
                                face.score,
                                measure(face, place, analyzers, skip_unavailable=True),
                            )
                            for place, face in enumerate(scene.faces)
                        ),
                    )

    def _pictures(self) -> Iterator[tuple[float, Picture]]:
        """Each frame's time in seconds, and the frame."""
        if self._reader:
            for frame in self._reader.frames():
                yield float(frame.pts * self._reader.time_base), frame.picture
        elif self._animation:
            time = 0
            for duration, picture in zip(self._animation.durations, self._animation.pictures(), strict=True):
                yield time / 1000, picture
                time += duration


#: Endings of picture files that may be animations, and of films.
_ANIMATED = (".gif", ".webp", ".png", ".avif")
_FILMS = (
    ".3gp", ".avi", ".dv", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf", ".ogv", ".ts", ".webm",
    ".wmv",
)  # fmt: skip


def film_in(path: Path) -> Film | None:
    """The film or animation that a file is by its ending and, of pictures, its content; None for a picture or anything else."""
    suffix = path.suffix.lower()
    is_animation = suffix in _ANIMATED and path.is_file() and open_animation(path) is not None
    return Film(path) if suffix in _FILMS or is_animation else None
