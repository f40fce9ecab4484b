"""Reading and writing video files with PyAV: upright frames with their times, parts that join without loss."""

from __future__ import annotations

import heapq
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ..errors import ImageError, MissingExtra, OutputError
from ..image.canvas import Window
from ..image.metadata import Metadata
from ..image.picture import Picture

__all__ = [
    "FORMATS",
    "Frame",
    "Painted",
    "PartWriter",
    "Problem",
    "VideoReader",
    "encoder_options",
    "failures",
    "join",
    "packets_in",
]

#: What was painted on a frame: windows of it, (x0, y0, x1, y1), and (y1 - y0, x1 - x0, 3) uint8 pixels; later ones lie above.
Painted = Sequence[tuple[Window, np.ndarray]]

log = logging.getLogger(__name__)

#: Endings of the files that can be written, all with H.264 video.
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska"}
_UNSPECIFIED = 2  # FFmpeg's number for a colour space that the file does not name


def _av() -> Any:
    try:
        import av
    except ImportError:
        raise MissingExtra("PyAV, which reads and writes video files,", "video") from None
    return av


#: Kinds of files that are opened: none that names other files or addresses to read, as playlists do.
_KINDS = "mov,matroska,avi,flv,mpeg,mpegts,mpegvideo,asf,ogg,nut,mxf,gif,ivf,h264,hevc,mjpeg,dv,rm"


def _opened(path: Path) -> Any:
    """The file, and nothing but it: no network, no other protocol, no playlist."""
    return _av().open(f"file:{path}", options={"protocol_whitelist": "file", "format_whitelist": _KINDS})


def failures() -> tuple[type[Exception], ...]:
    """What writing a video file may raise: a full disk, a folder that is gone."""
    return (_av().error.FFmpegError, OSError)


@dataclass(frozen=True)
class Problem:
    """Something that could not be decoded: at which second, and what was wrong."""

    seconds: float
    what: str


@dataclass(frozen=True, eq=False)
class Frame:
    """A decoded frame.

    Attributes
    ----------
    rgb : (H, W, 3) uint8, upright.
    pts, duration : in units of the video's time base; pts grow from frame to frame.
    damaged : whether the decoder had to guess parts of it.
    decoded : PyAV's frame, where `rgb` is no more than its conversion; None where it was turned upright.
    """

    rgb: np.ndarray
    pts: int
    duration: int
    damaged: bool
    decoded: Any = field(repr=False)

    @cached_property
    def picture(self) -> Picture:
        """The frame as a picture, without a copy of it."""
        return Picture(self.rgb, Metadata(), encoded=False)


class VideoReader:
    """The first video stream of a file, frame by frame. A context manager.

    Raises
    ------
    ImageError
        If the file cannot be opened or has no video.
    MissingExtra
        Without PyAV.
    """

    def __init__(self, path: Path) -> None:
        av = _av()
        self.path, self.problems = path, list[Problem]()
        self.size: tuple[int, ...] | None = None  # (height, width) of the first frame, once it is read
        try:
            self._container = _opened(path)
        except failures() as error:
            raise ImageError(f"the video {str(path)!r} cannot be opened: {getattr(error, 'strerror', None) or error}") from None
        if not self._container.streams.video:
            self._container.close()
            raise ImageError(f"{str(path)!r} has no video stream")
        self.stream = self._container.streams.video[0]
        self.stream.thread_type = "AUTO"
        self.stream.codec_context.flags |= av.codec.context.Flags.output_corrupt
        self.time_base: Fraction = self.stream.time_base or Fraction(1, 90_000)

    def __enter__(self) -> VideoReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._container.close()

    @property
    def expected_frames(self) -> int | None:
        """How many frames the file says there are, or its length lets one expect."""
        if self.stream.frames:
            return int(self.stream.frames)
        seconds = float(self._container.duration or 0) / 1e6
        return round(seconds * float(self.stream.average_rate)) if seconds and self.stream.average_rate else None

    @property
    def rate(self) -> Fraction:
        """Frames a second on average, at least about."""
        return Fraction(self.stream.average_rate or 25)

    def frames(self) -> Iterator[Frame]:
        """All frames, in the order they are shown. What cannot be decoded is left out and noted in `problems`."""
        last: int | None = None
        for frame in self._decoded():
            pts = frame.pts
            if pts is None or (last is not None and pts <= last):
                pts = 0 if last is None else last + max(int(frame.duration or 0), 1)
            last = pts
            if frame.is_corrupt:
                self._note(pts, "a frame is damaged; it is passed through as the decoder shows it")
            shown = self._upright(frame, pts)
            self.size = self.size or shown.rgb.shape[:2]
            yield shown

    def _decoded(self) -> Iterator[Any]:
        broken, packets = _av().error.FFmpegError, self._container.demux(self.stream)
        place = 0
        while True:
            try:
                packet = next(packets, None)
            except broken as error:
                self._note(place, f"the file is broken off from here on ({error.strerror}); the rest is left out")
                return
            if packet is None:
                return
            place = packet.pts or packet.dts or place
            try:
                frames = packet.decode()
            except broken as error:
                self._note(place, f"a frame cannot be decoded ({error.strerror}); the one before it stays")
                continue
            yield from frames

    def _note(self, pts: int, what: str) -> None:
        self.problems.append(Problem(float(pts * self.time_base), what))

    def _upright(self, frame: Any, pts: int) -> Frame:
        known = frame.colorspace != _UNSPECIFIED
        rgb = frame.reformat(format="rgb24", src_colorspace=frame.colorspace if known else None).to_ndarray()
        turns = round(frame.rotation / 90) % 4
        upright = np.ascontiguousarray(np.rot90(rgb, turns))
        return Frame(upright, pts, int(frame.duration or 0), frame.is_corrupt, frame if turns == 0 else None)


class PartWriter:
    """Encodes some frames of a video as H.264 into a NUT file, which keeps any time base exactly. A context manager.

    Every part of a video is encoded with the same settings and starts with a key frame, and no frame refers to a later one, so that
    parts can be joined by putting their packets one after the other.

    Parameters
    ----------
    reader : gives the settings; it has read a frame. Frames of another size than its first are fitted to that.
    crf : x264's quality, 0 (lossless) to 51; 18 is hard to tell from the original.
    """

    def __init__(self, path: Path, reader: VideoReader, crf: int) -> None:
        av = _av()
        self._container = av.open(str(path), "w", format="nut")
        assert reader.size
        source, size = reader.stream.codec_context, reader.size
        self._stream = self._container.add_stream("libx264", rate=reader.rate)
        context = self._stream.codec_context
        context.height, context.width = size
        context.pix_fmt = "yuv420p" if size[0] % 2 == size[1] % 2 == 0 else "yuv444p"  # half the colours need even sides
        context.time_base = reader.time_base
        context.colorspace, context.color_range = source.colorspace, source.color_range
        context.color_primaries, context.color_trc = source.color_primaries, source.color_trc
        if reader.stream.sample_aspect_ratio:
            context.sample_aspect_ratio = reader.stream.sample_aspect_ratio
        context.options = encoder_options(crf)
        self._size, self._time_base = size, reader.time_base

    def __enter__(self) -> PartWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self._container.mux(self._stream.encode(None))
        finally:
            self._container.close()

    def write(self, frame: Frame, painted: Painted = ()) -> None:
        """Encode a frame with what was painted on it. What was not makes no detour through RGB, if the frame allows it."""
        shown = self._shown(frame, painted)
        shown.pts, shown.time_base, shown.duration = frame.pts, self._time_base, frame.duration
        shown.pict_type = 0  # the encoder chooses
        self._container.mux(self._stream.encode(shown))

    def _shown(self, frame: Frame, painted: Painted) -> Any:
        decoded, (height, width) = frame.decoded, self._size
        if decoded is not None and not painted:
            return self._fitted(decoded, width, height)
        if decoded is None or (decoded.width, decoded.height, decoded.format.name) != (width, height, "yuv420p"):
            return self._fitted(_painted(frame.rgb, _all_of(frame.rgb), painted), width, height)
        x0, y0, x1, y1 = window = _in_blocks([place for place, _ in painted])
        part = self._fitted(_painted(frame.rgb, window, painted), x1 - x0, y1 - y0)
        decoded.make_writable()
        for shrink, there, here in zip((1, 2, 2), decoded.planes, part.planes, strict=True):
            area = slice(y0 // shrink, y1 // shrink), slice(x0 // shrink, x1 // shrink)
            _rows(there)[area] = _rows(here)[:, : (x1 - x0) // shrink]
        return decoded

    def _fitted(self, shown: Any, width: int, height: int) -> Any:
        """PyAV's frame in the encoder's size, format and colour space."""
        context = self._stream.codec_context
        known = {"dst_colorspace": context.colorspace} if context.colorspace != _UNSPECIFIED else {}
        return shown.reformat(width=width, height=height, format=context.pix_fmt, **known)


def _painted(rgb: np.ndarray, window: Window, painted: Painted) -> Any:
    """A window of a picture with what was painted on it, as PyAV's frame."""
    left, top, right, bottom = window
    part = rgb[top:bottom, left:right].copy()
    for (x0, y0, x1, y1), pixels in painted:
        part[y0 - top : y1 - top, x0 - left : x1 - left] = pixels
    return _av().VideoFrame.from_ndarray(part, format="rgb24")


def _all_of(rgb: np.ndarray) -> Window:
    return 0, 0, rgb.shape[1], rgb.shape[0]


def _in_blocks(windows: Sequence[Window]) -> Window:
    """The smallest window round all of these that cuts no block of 2 x 2 pixels, which share their colour."""
    x0, y0 = (min(window[side] for window in windows) // 2 * 2 for side in (0, 1))
    x1, y1 = ((max(window[side] for window in windows) + 1) // 2 * 2 for side in (2, 3))
    return x0, y0, x1, y1


def _rows(plane: Any) -> np.ndarray:
    """A plane of one of PyAV's frames, with what its rows are padded with: (H, line) uint8, to be written to."""
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)


def encoder_options(crf: int) -> dict[str, str]:
    """How x264 encodes: fast, and no frame refers to a later one."""
    return {"preset": "veryfast", "crf": str(crf), "bf": "0"}


def packets_in(part: Path) -> int:
    """How many frames a part holds."""
    with _av().open(str(part)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def join(parts: Sequence[Path], source: Path, target: Path, format_name: str) -> None:
    """Put the parts' video and the source's sound and subtitles into one file, copying packets as they are.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    av = _av()
    try:
        with ExitStack() as stack:
            original = stack.enter_context(_opened(source))
            result = stack.enter_context(av.open(str(target), "w", format=format_name))
            first = stack.enter_context(av.open(str(parts[0])))
            result.metadata.update({k: v for k, v in original.metadata.items() if k not in _OF_THE_FILE})
            shown = result.add_stream_from_template(first.streams.video[0])
            shown.time_base = first.streams.video[0].time_base
            copied = {}
            for stream in (*original.streams.audio, *original.streams.subtitles):
                with suppress(ValueError):  # a kind that this file format does not take
                    copied[stream] = result.add_stream_from_template(stream)
                    copied[stream].time_base = stream.time_base
                if stream not in copied:
                    log.warning("%s: %s in %s cannot be kept in a %s file", source, stream.type, stream.codec.name, format_name)
            queues = [_packets_of(parts, shown), _packets_from(original, copied)] if copied else [_packets_of(parts, shown)]
            for packet in heapq.merge(*queues, key=lambda p: p.dts * p.time_base):
                result.mux_one(packet)
    except failures() as error:
        raise OutputError(f"the video {str(target)!r} cannot be written: {getattr(error, 'strerror', None) or error}") from None


#: What the source says of its own file, not of the film.
_OF_THE_FILE = {"major_brand", "minor_version", "compatible_brands", "encoder"}


def _packets_of(parts: Sequence[Path], stream: Any) -> Iterator[Any]:
    for part in parts:
        with _av().open(str(part)) as container:
            for packet in container.demux(video=0):
                if packet.dts is not None:
                    packet.stream = stream
                    yield packet


def _packets_from(container: Any, copied: dict[Any, Any]) -> Iterator[Any]:
    for packet in container.demux(list(copied)):
        if packet.dts is not None:
            packet.stream = copied[packet.stream]
            yield packet
