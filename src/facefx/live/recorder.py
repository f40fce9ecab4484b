"""Recording what the window shows, at the times it was shown."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import MissingExtra, OutputError
from ..video.files import failures

__all__ = ["Recorder"]

_CLOCK = Fraction(1, 90_000)


class Recorder:
    """Writes frames of one size as H.264. The file has its name only when `close` has finished it.

    Raises
    ------
    MissingExtra
        Without PyAV.
    OutputError
        If the file cannot be written.
    """

    def __init__(self, path: Path, size: tuple[int, int]) -> None:
        try:
            import av
        except ImportError:
            raise MissingExtra("PyAV, which writes video files,", "live") from None
        self.path, self.frames = path, 0
        self._av: Any = av
        self._unfinished = path.with_name(f".{path.stem}.recording.mp4")
        self._size = size[0] // 2 * 2, size[1] // 2 * 2  # H.264 wants even sides
        self._last = -1
        try:
            self._container = av.open(str(self._unfinished), "w", format="mp4")
        except failures() as error:
            raise OutputError(f"{str(path)!r} cannot be written: {getattr(error, 'strerror', None) or error}") from None
        self._stream = self._container.add_stream("libx264", rate=Fraction(25), options={"preset": "veryfast", "crf": "20"})
        self._stream.height, self._stream.width = self._size
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = _CLOCK

    def write(self, shown: np.ndarray, seconds: float) -> None:
        """Add a frame, (H, W, 3) uint8, that is shown `seconds` after the first."""
        height, width = self._size
        frame = self._av.VideoFrame.from_ndarray(np.ascontiguousarray(shown[:height, :width]), format="rgb24")
        if (frame.height, frame.width) != self._size:  # the source changed its size
            frame = frame.reformat(width=width, height=height)
        self._last = max(round(seconds / _CLOCK), self._last + 1)
        frame.pts, frame.time_base = self._last, _CLOCK
        self._container.mux(self._stream.encode(frame))
        self.frames += 1

    def close(self) -> None:
        """Finish the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()
        self._unfinished.replace(self.path)
