"""Writing a film's frames: with which encoder, in parts that join without loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np

from ..image.canvas import Window
from .files import Frame, VideoReader, pyav
from .light import Light

__all__ = ["FORMATS", "Encoding", "Painted", "PartWriter", "encoder_options", "encoding_for", "needs_8_bits", "packets_in"]

#: What was painted on a frame: windows of it, (x0, y0, x1, y1), and (y1 - y0, x1 - x0, 3) pixels of the frame's dtype; later ones
#: lie above. With a fourth channel, alpha, the one window is the whole frame.
Painted = Sequence[tuple[Window, np.ndarray]]

#: Endings of the files that can be written.
FORMATS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
#: Of those, what alpha is written with; the others cannot hold it.
_WITH_ALPHA = {".webm": "libvpx-vp9", ".mkv": "libvpx-vp9", ".mov": "prores_ks"}


@dataclass(frozen=True)
class Encoding:
    """How frames become packets.

    Attributes
    ----------
    codec, format : FFmpeg's names of the encoder and of its pixels.
    options : of the encoder.
    light : how the result codes colour.
    part : the kind of file that holds a part's packets and loses nothing of them.
    """

    codec: str
    format: str
    options: Mapping[str, str]
    light: Light
    part: str = "nut"  # which keeps any time base exactly

    @property
    def has_alpha(self) -> bool:
        """Whether it holds transparency."""
        return self.format.startswith("yuva")

    @property
    def is_deep(self) -> bool:
        """Whether it holds 10 bits a number."""
        return self.format.endswith("10le")


def encoding_for(reader: VideoReader, suffix: str, crf: int, *, alpha: bool) -> Encoding:
    """What a film is written with into a file that ends in `suffix`, a key of `FORMATS`.

    H.264 in 4:2:0, which everything plays; of more than 8 bits or HDR, HEVC in 10 bits; in WebM, VP9. With alpha, VP9, or ProRes
    4444 in .mov.

    Parameters
    ----------
    crf : the quality, from 0 (lossless) to 51, on x264's scale.
    alpha : whether there is something transparent. Where the file is written with 8 bits only (`needs_8_bits`), the reader must
        tone-map.
    """
    light = reader.light.written()
    deep = light.is_deep
    if alpha and suffix in _WITH_ALPHA:
        if _WITH_ALPHA[suffix] == "libvpx-vp9":
            return Encoding("libvpx-vp9", "yuva420p", _vp9(crf), light, "matroska")
        limited = Light(light.matrix, 1, light.primaries, light.transfer, 10, peak=light.peak)
        return Encoding("prores_ks", "yuva444p10le", {"profile": "4444", "vendor": "apl0"}, limited, "mov")
    if suffix == ".webm":
        return Encoding("libvpx-vp9", "yuv420p10le" if deep else "yuv420p", _vp9(crf), light)
    if deep:
        return Encoding("libx265", "yuv420p10le", _x265(crf, reader), light)
    return Encoding("libx264", "yuv420p", encoder_options(crf), light)


def needs_8_bits(suffix: str, *, alpha: bool) -> bool:
    """Whether no more than 8 bits can be written into a file of that ending: VP9 with transparency, and many builds of VP9."""
    if alpha and suffix in _WITH_ALPHA:
        return _WITH_ALPHA[suffix] == "libvpx-vp9"
    return suffix == ".webm" and all(known.name != "yuv420p10le" for known in pyav().Codec("libvpx-vp9", "w").video_formats or ())


#: OpenCV's number for a processor with AVX-512, for which it has no name in Python.
_AVX_512 = 256


def encoder_options(crf: int) -> dict[str, str]:
    """How x264 encodes: fast, no frame refers to a later one, and the same frames give the same bytes.

    Its code for AVX-512 reads memory that nobody has written, so that a film in a hundred came out otherwise. Where there is that,
    there is all that is named here.
    """
    options = {"preset": "veryfast", "crf": str(crf), "bf": "0"}
    if cv2.checkHardwareSupport(_AVX_512):
        options["x264-params"] = "asm=MMX2,SSE2,SSSE3,SSE4.2,AVX,FMA3,BMI1,BMI2,AVX2"
    return options


#: Up to 48 pixels of width x265 4.2 writes beside its memory with blocks of 32 or 64, and its assembler does with smaller ones,
#: too, where it measures how busy a picture is: the process dies.
_NARROW = 64


def _x265(crf: int, reader: VideoReader) -> dict[str, str]:
    """How x265 does; what the source says of its master goes along."""
    told = ["log-level=error", "bframes=0", *reader.mastering]
    if reader.size[1] < _NARROW:
        told += ["ctu=16", "no-asm=1"]
    return {"preset": "veryfast", "crf": str(crf), "x265-params": ":".join(told)}


def _vp9(crf: int) -> dict[str, str]:
    """How libvpx does, without frames that are never shown, which alpha has no place for; its scale goes to 63."""
    quality = {"crf": str(round(crf * 63 / 51)), "b": "0"} if crf else {"lossless": "1"}
    return quality | {"deadline": "realtime", "cpu-used": "6", "row-mt": "1", "auto-alt-ref": "0", "lag-in-frames": "0"}


class PartWriter:
    """Encodes some frames of a video into a file of their own. A context manager.

    Every part of a video is encoded with the same settings and starts with a key frame, and no frame refers to a later one, so that
    parts can be joined by putting their packets one after the other.

    Parameters
    ----------
    reader : gives size, rate and time base. Frames of another size than its first are fitted to that. Odd sides get their last row
        or column twice, since 4:2:0, which all players know, has a colour for two pixels each.
    """

    def __init__(self, path: Path, reader: VideoReader, encoding: Encoding) -> None:
        self._encoding, self._time_base = encoding, reader.time_base
        self._size = tuple(side + side % 2 for side in reader.size)
        self._container = pyav().open(str(path), "w", format=encoding.part)
        self._stream = self._container.add_stream(encoding.codec, rate=reader.rate)
        context, light = self._stream.codec_context, encoding.light
        context.height, context.width = self._size
        context.pix_fmt = encoding.format
        context.time_base = reader.time_base
        context.colorspace, context.color_range = light.matrix, light.range
        context.color_primaries, context.color_trc = light.primaries, light.transfer
        if reader.pixel_shape:
            context.sample_aspect_ratio = reader.pixel_shape
        context.options = dict(encoding.options)

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
        light = self._encoding.light
        shown.color_primaries, shown.color_trc = light.primaries, light.transfer  # ProRes takes these, not the context's
        self._container.mux(self._stream.encode(shown))

    def _shown(self, frame: Frame, painted: Painted) -> Any:
        """PyAV's frame in the encoder's size, format and colours."""
        decoded, size = frame.decoded, self._size
        transparent = frame.alpha is not None or any(pixels.shape[2] == 4 for _, pixels in painted)
        changed = transparent and (painted or not self._encoding.has_alpha)
        if decoded is None or (decoded.height, decoded.width) != size or changed:
            return self._from_rgb(frame, painted)
        if not painted:
            light = Light.of(decoded)
            return self._fitted(decoded, light.reading(decoded.height))
        if not self._is_laid_out(decoded):
            return self._from_rgb(frame, painted)
        x0, y0, x1, y1 = window = _in_blocks([place for place, _ in painted])
        part = self._fitted(_as_frame(self._painted(frame, window, painted)), {}, (y1 - y0, x1 - x0))
        decoded.make_writable()
        for shrink, there, here in zip((1, 2, 2), decoded.planes, part.planes, strict=True):
            area = slice(y0 // shrink, y1 // shrink), slice(x0 // shrink, x1 // shrink)
            self._rows(there)[area] = self._rows(here)[:, : (x1 - x0) // shrink]
        return decoded

    def _is_laid_out(self, decoded: Any) -> bool:
        """Whether a part of the decoder's frame can be replaced by pixels as the encoder takes them."""
        light, own, same = Light.of(decoded), self._encoding.light, self._encoding.format
        return decoded.format.name in (same, same.replace("yuv", "yuvj")) and (light.matrix, light.range) == (own.matrix, own.range)

    def _from_rgb(self, frame: Frame, painted: Painted) -> Any:
        height, width = frame.rgb.shape[:2]
        rgb = self._painted(frame, (0, 0, width, height), painted)
        if (height, width) != self._size and (height + height % 2, width + width % 2) == self._size:
            rgb = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), "edge")
        return self._fitted(_as_frame(rgb), {})

    def _painted(self, frame: Frame, window: Window, painted: Painted) -> np.ndarray:
        """A window of a frame with what was painted on it, in the film's numbers: (h, w, 3 or 4) uint8 or uint16."""
        left, top, right, bottom = window
        before = frame.rgb[top:bottom, left:right]
        part = before.copy()
        alpha = None if frame.alpha is None else frame.alpha[top:bottom, left:right]
        for (x0, y0, x1, y1), pixels in painted:
            part[y0 - top : y1 - top, x0 - left : x1 - left] = pixels[..., :3]
            alpha = pixels[..., 3] if pixels.shape[2] == 4 else alpha
        if frame.numbers is not frame.rgb:  # where nothing was painted, the film's own stay: of light that sRGB cannot show, too
            same = (part == before).all(axis=2, keepdims=True)
            part = np.where(same, frame.numbers[top:bottom, left:right], self._encoding.light.from_srgb(part))
        if alpha is None:
            return part
        return np.dstack([_without_hidden(part, alpha), alpha]) if self._encoding.has_alpha else self._on_white(part, alpha)

    def _on_white(self, pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
        top = np.float32(np.iinfo(pixels.dtype).max)
        white = np.full((1, 1, 3), top, pixels.dtype)
        white = self._encoding.light.from_srgb(white) if pixels.itemsize == 2 else white
        share = (alpha / top)[..., None]
        return (pixels * share + white * (1 - share) + 0.5).astype(pixels.dtype)

    def _fitted(self, shown: Any, reading: Mapping[str, int], size: Sequence[int] | None = None) -> Any:
        height, width = size or self._size
        writing = self._encoding.light.writing(self._size[0])
        return shown.reformat(width=width, height=height, format=self._encoding.format, **reading, **writing)

    def _rows(self, plane: Any) -> np.ndarray:
        """A plane of one of PyAV's frames, with what its rows are padded with, to be written to: (H, line) uint8 or uint16."""
        dtype = np.dtype("<u2" if self._encoding.is_deep else "u1")
        return np.frombuffer(plane, dtype).reshape(-1, plane.line_size // dtype.itemsize)


def _as_frame(pixels: np.ndarray) -> Any:
    kind = "rgb" if pixels.shape[2] == 3 else "rgba"
    depth = {1: {"rgb": "rgb24", "rgba": "rgba"}, 2: {"rgb": "rgb48le", "rgba": "rgba64le"}}[pixels.itemsize]
    return pyav().VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format=depth[kind])


def _without_hidden(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Pixels whose fully transparent ones have the colours of what is seen close to them, and black further off.

    What is not to be seen is not to be in the file, and coding would smear it into the edges of what is.
    """
    seen = (alpha > 0).astype(np.float32)
    near = cv2.blur(seen, (9, 9))[..., None]
    colors = cv2.blur(pixels * seen[..., None], (9, 9))
    filled = np.where(near > 0, colors / np.maximum(near, 1e-6), 0)
    return np.where(alpha[..., None] > 0, pixels, filled.astype(pixels.dtype))


def _in_blocks(windows: Sequence[Window]) -> Window:
    """The smallest window round all of these that cuts no block of 2 x 2 pixels, which share their colour."""
    x0, y0 = (min(window[side] for window in windows) // 2 * 2 for side in (0, 1))
    x1, y1 = ((max(window[side] for window in windows) + 1) // 2 * 2 for side in (2, 3))
    return x0, y0, x1, y1


def packets_in(part: Path) -> int:
    """How many frames a part holds."""
    with pyav().open(str(part)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)
