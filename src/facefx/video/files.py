"""Reading video files with PyAV: upright frames with their times, their colours as sRGB, and what else the file holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from ..errors import ImageError, MissingExtra
from ..image.files import picture_suffixes
from ..image.metadata import Metadata
from ..image.picture import Picture
from .light import Light, mastering_of, side_data

__all__ = ["Frame", "Problem", "VideoReader", "failures", "film_in", "films_in", "not_opened", "opened", "pyav", "start_of"]


def pyav() -> Any:
    """PyAV itself. Raises `MissingExtra`."""
    try:
        import av
    except ImportError:
        raise MissingExtra("PyAV, which reads and writes video files,", "video") from None
    return av


#: More frames a second than this no film has.
_MOST_FRAMES = 1000
#: Kinds of files that are opened: none that names other files or addresses to read, as playlists do.
_KINDS = "mov,matroska,avi,flv,mpeg,mpegts,mpegvideo,asf,ogg,nut,mxf,gif,ivf,h264,hevc,mjpeg,dv,rm"


def opened(path: Path) -> Any:
    """The file, and nothing but it: no network, no other protocol, no playlist. What in its tags is no text is replaced."""
    options = {"protocol_whitelist": "file", "format_whitelist": _KINDS}
    av = pyav()
    lenient = {"metadata_errors": "replace"} if int(av.__version__.partition(".")[0]) < 19 else {}  # later ones are so anyway
    return av.open(f"file:{path}", options=options, **lenient)


def failures() -> tuple[type[Exception], ...]:
    """What writing a video file may raise: a full disk, a folder that is gone."""
    return (pyav().error.FFmpegError, OSError)


def not_opened(path: Path, error: Exception) -> ImageError:
    """What to say of a file that is no video, or cannot be read."""
    reason = getattr(error, "strerror", None) or error
    if path.suffix.lower() in picture_suffixes() and path.is_file():
        reason = "it seems to be a picture; facefx apply, or Chain.run, edits those"
    return ImageError(f"the video {str(path)!r} cannot be opened: {reason}")


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
    rgb : (H, W, 3) uint8, or uint16 of a film with more than 8 bits; sRGB, upright.
    pts, duration : in units of the video's time base; pts grow from frame to frame.
    damaged : whether the decoder had to guess parts of it.
    decoded : PyAV's frame; None where it was turned upright or tone-mapped, so that there is no more to it than its RGB.
    numbers : the film's own RGB numbers, of the shape and dtype of `rgb`; `rgb` itself unless the film is HDR or of wide gamut.
    alpha : (H, W) of the dtype of `rgb`, 0 for transparent; None if the film has none.
    """

    rgb: np.ndarray
    pts: int
    duration: int
    damaged: bool
    decoded: Any = field(repr=False)
    numbers: np.ndarray = field(repr=False)
    alpha: np.ndarray | None = field(default=None, repr=False)

    @cached_property
    def picture(self) -> Picture:
        """The frame as a picture, without a copy of it unless it has alpha."""
        pixels = self.rgb if self.alpha is None else np.dstack([self.rgb, self.alpha])
        return Picture(pixels, Metadata(), encoded=False)


#: What tells a display frame by frame how to show HDR, and is true no more of what was painted on.
_LAYERS = {
    "DOVI_RPU_BUFFER": "Dolby Vision",
    "DOVI_METADATA": "Dolby Vision",
    "DYNAMIC_HDR_PLUS": "HDR10+",
    "DYNAMIC_HDR_VIVID": "HDR Vivid",
}


class VideoReader:
    """The film in a file, frame by frame. A context manager.

    Parameters
    ----------
    tone_map : whether the frames of an HDR or deep film are drawn into 8-bit BT.709.

    Attributes
    ----------
    light : how the frames code colour; of a tone-mapped film, how they would if they were written as they are.
    size : (height, width) of the first frame.
    has_alpha : whether the frames have an `alpha`.
    start : the second at which the file's clock starts, which the frames' times begin after.
    is_tone_mapped : whether that was so.
    mastering : x265's words for what the film says of the display that it was made on; empty if it says nothing.
    layers : names of what the frames carry beside the picture to show it better, which is left out.

    Raises
    ------
    ImageError
        If the file cannot be opened, has no video, or no frame of it can be decoded.
    MissingExtra
        Without PyAV.
    """

    def __init__(self, path: Path, *, tone_map: bool = False) -> None:
        self.path, self.problems = path, list[Problem]()
        try:
            self._container = opened(path)
        except failures() as error:
            raise not_opened(path, error) from None
        try:
            self._begin(tone_map)
        except BaseException:
            self._container.close()
            raise

    def _begin(self, tone_map: bool) -> None:
        self.stream = film_in(self._container, self.path)
        if self.stream.codec_context is None:
            raise ImageError(f"the video {str(self.path)!r} is of a kind that this FFmpeg cannot decode")
        self.stream.thread_type = "AUTO"
        self.stream.codec_context.flags |= pyav().codec.context.Flags.output_corrupt
        self.time_base: Fraction = self.stream.time_base or Fraction(1, 90_000)
        self.start = start_of(self._container)
        self._decoder = _alpha_decoder(self.stream) or self.stream.codec_context
        decoded = self._decoded()
        first = next(decoded, None)
        if first is None:
            raise ImageError(f"no frame of the video {str(self.path)!r} can be decoded")
        self._frames = chain([first], decoded)
        self.light = Light.of(first)
        self.mastering = [] if tone_map else mastering_of(first)
        self.is_tone_mapped = tone_map and (self.light.is_deep or not self.light.is_plain)
        if self.is_tone_mapped:
            self.light = self.light.tone_mapped()
        self.has_alpha = _has_alpha(first, self.stream.codec_context.name)
        self.layers = {_LAYERS[side.type.name] for side in side_data(first) if side.type.name in _LAYERS}
        self._turn = _Turn.of(first)
        self.size = self._turn.size(first.height, first.width)

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
        return round(seconds * float(self.rate)) if seconds and self.stream.average_rate == self.rate else None

    @property
    def rate(self) -> Fraction:
        """Frames a second, roughly; where a file claims more than its clock can tell apart, a guess."""
        claimed = self.stream.average_rate
        return Fraction(claimed if claimed and claimed <= min(1 / self.time_base, _MOST_FRAMES) else 25)

    @property
    def pixel_shape(self) -> Fraction | None:
        """How wide a pixel of an upright frame is to its height; None if the file does not say."""
        shape = self.stream.sample_aspect_ratio
        return 1 / Fraction(shape) if shape and self._turn.swaps else shape or None

    def frames(self) -> Iterator[Frame]:
        """All frames, in the order they are shown; to be asked for once. What cannot be decoded is left out, and in `problems`."""
        last: int | None = None
        start = round(self.start / self.time_base)
        for frame in self._frames:
            pts = None if frame.pts is None else frame.pts - start
            if pts is None or (last is not None and pts <= last):
                pts = 0 if last is None else last + max(int(frame.duration or 0), 1)
            last = pts
            if frame.is_corrupt:
                self._note(pts, "a frame is damaged")
            yield self._upright(frame, pts)

    def _decoded(self) -> Iterator[Any]:
        broken, packets = pyav().error.FFmpegError, self._container.demux(self.stream)
        start = round(self.start / self.time_base)
        place = 0
        while True:
            try:
                packet = next(packets, None)
            except broken as error:
                self._note(place, f"the file is broken off from here on ({error.strerror}); the rest is left out")
                return
            if packet is None:
                return
            time = packet.pts if packet.pts is not None else packet.dts
            place = place if time is None else time - start
            try:
                frames = self._decoder.decode(packet)
            except broken as error:
                self._note(place, f"a frame cannot be decoded ({error.strerror}); the one before it stays")
                continue
            yield from frames

    def _note(self, pts: int, what: str) -> None:
        self.problems.append(Problem(float(pts * self.time_base), what))

    def _upright(self, frame: Any, pts: int) -> Frame:
        light, turn, deep, alpha = Light.of(frame), _Turn.of(frame), self.light.is_deep or self.is_tone_mapped, None
        if not self.has_alpha:
            numbers = frame.reformat(format="rgb48le" if deep else "rgb24", **light.reading(frame.height)).to_ndarray()
        else:
            rgba = frame.reformat(format="rgba64le" if deep else "rgba", **light.reading(frame.height)).to_ndarray()
            numbers, alpha = rgba[..., :3], turn.upright(rgba[..., 3])
            if deep:
                alpha |= alpha >> light.bits  # swscale shifts 10 bits up, and leaves the lowest of 16 empty
        numbers = turn.upright(numbers)
        rgb: np.ndarray
        if self.is_tone_mapped:
            rgb = numbers = light.tone_map(numbers)
            alpha = None if alpha is None else (alpha >> 8).astype(np.uint8)
        else:
            rgb = light.to_srgb(numbers) if deep else numbers
        kept = None if turn.turns or self.is_tone_mapped else frame
        return Frame(rgb, pts, int(frame.duration or 0), frame.is_corrupt, kept, numbers, alpha)


def films_in(container: Any) -> list[Any]:
    """The video streams of an open file that are no cover pictures."""
    still = pyav().stream.Disposition.attached_pic
    return [stream for stream in container.streams.video if not stream.disposition & still]


def film_in(container: Any, path: Path) -> Any:
    """The video stream of an open file that is worked on. Raises `ImageError` if there is none."""
    streams = films_in(container)
    if not streams:
        raise ImageError(f"{str(path)!r} has no video stream")
    return streams[0]


def start_of(container: Any) -> Fraction:
    """The second at which an open file's clock starts, of picture and sound together; 0 if it starts before."""
    starts = [
        stream.start_time * stream.time_base
        for stream in (*films_in(container), *container.streams.audio)
        if stream.start_time is not None and stream.time_base
    ]
    return max(min(starts, default=Fraction(0)), Fraction(0))


def _alpha_decoder(stream: Any) -> Any | None:
    """The one decoder of VP8 and VP9 that knows of their alpha, if the file says that there is some."""
    name = {"vp8": "libvpx", "vp9": "libvpx-vp9"}.get(stream.codec_context.name)
    if name is None or stream.metadata.get("alpha_mode", stream.metadata.get("ALPHA_MODE")) != "1":
        return None
    decoder = pyav().CodecContext.create(name, "r")
    decoder.extradata = stream.codec_context.extradata
    return decoder


def _has_alpha(frame: Any, codec: str) -> bool:
    """Whether a film that begins with this frame is transparent anywhere; a GIF's frames can be, and seldom are."""
    if not any(component.is_alpha for component in frame.format.components):
        return False
    return codec != "gif" or bool((frame.reformat(format="rgba").to_ndarray()[..., 3] < 255).any())


@dataclass(frozen=True)
class _Turn:
    """How a stored frame is shown: rows and columns swapped first, then either of them turned round."""

    swaps: bool = False
    turns_x: bool = False
    turns_y: bool = False

    @classmethod
    def of(cls, frame: Any) -> _Turn:
        """From the display matrix: ISO/IEC 14496-12, 6.2.2, of which what comes nearest without resampling is taken."""
        for side in side_data(frame):
            if side.type.name == "DISPLAYMATRIX":
                a, b, _, c, d = (int(value) for value in np.frombuffer(bytes(side), np.int32)[:5])  # x' = ax + cy, y' = bx + dy
                if abs(a) + abs(d) >= abs(b) + abs(c):
                    return cls(False, a < 0, d < 0)
                return cls(True, c < 0, b < 0)
        return cls()

    @property
    def turns(self) -> bool:
        return self.swaps or self.turns_x or self.turns_y

    def size(self, height: int, width: int) -> tuple[int, int]:
        return (width, height) if self.swaps else (height, width)

    def upright(self, pixels: np.ndarray) -> np.ndarray:
        """(H, W, ...) as it is shown."""
        shown = pixels.swapaxes(0, 1) if self.swaps else pixels
        shown = shown[:, ::-1] if self.turns_x else shown
        return np.ascontiguousarray(shown[::-1] if self.turns_y else shown)
