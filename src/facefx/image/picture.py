"""The library's door: any picture in, float RGB for the work, the same kind of picture out.

    picture = open_image("photo.jpg")          # path, bytes, binary file, PIL image or array
    rgb = picture.rgb.copy()                   # (H, W, 3) float32 in [0, 1]
    rgb[10:20] = 1.0
    picture.like(rgb)                          # what came in, with those pixels changed and no others
    save_image(picture.with_rgb(rgb), "out.png")

What comes out of `like`: for an array, an array of its dtype and shape; for a PIL image, one of its mode; for bytes, bytes of
the same format; for a path or a file object, a PIL image in the file's mode, or a uint16 array where the file has 16 bits a
channel (Pillow has no such RGB). Grey stays grey: it takes the luma of a new colour; make it RGB before if colour is wanted.

`rgb` is sRGB whatever the file's colour profile (a phone's Display P3, Adobe RGB, CMYK): pixels are brought to sRGB for the work,
and those that changed are taken back, so the profile stays true and pixels that did not change keep their value bit for bit.
Colours that sRGB cannot show are cut to it where they change. A profile that cannot be read is carried along and not applied:
see `Picture.color_space`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ImageError, ParameterError
from ..shown import shown
from .canvas import Canvas
from .compression import DEFAULT_QUALITY, FileQuality, check_quality, compression_of
from .files import check_target, decode, encode, format_of, upright, write_file
from .guarded_pillow import pillow, too_large
from .metadata import Metadata, impersonal_info, metadata_of, without_people
from .modes import (
    ARRAY_MODES,
    COLOR_MODES,
    Native,
    check_array,
    fits,
    image_array,
    in_srgb,
    native_alpha,
    native_with_alpha,
    native_with_painted,
    native_with_rgb,
)
from .profiles import profile_name, read_profile
from .rare_modes import PLAIN_MODE
from .reading import read_bytes, read_object

__all__ = ["DEFAULT_MAX_PIXELS", "Picture", "Source", "max_pixels_of", "open_image", "save_image"]

#: The most pixels that a picture may have where neither `max_pixels` nor FACEFX_MAX_PIXELS says otherwise.
DEFAULT_MAX_PIXELS = 100_000_000

#: Formats that hold a soft alpha channel.
_WITH_ALPHA = ("PNG", "WEBP", "TIFF", "AVIF")

#: What can be opened.
Source = str | os.PathLike[str] | bytes | bytearray | memoryview | BinaryIO | Image.Image | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded, upright picture that remembers what it was. Made by `open_image`; never changes."""

    native: Native = field(repr=False)
    """The pixels as they came: an array, or a PIL image. Do not write to it."""
    metadata: Metadata = field(repr=False)
    encoded: bool
    """Whether it came as bytes, and so goes out as bytes."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        if isinstance(self.native, Image.Image):
            return self.native.height, self.native.width
        return self.native.shape[0], self.native.shape[1]

    @cached_property
    def canvas(self) -> Canvas:
        """The picture to work on, of which only the windows that are asked for are made floats. Transparent pixels as stored."""
        return Canvas(self.native, self.metadata.icc)

    @property
    def rgb(self) -> NDArray[np.float32]:
        """(H, W, 3) float32, sRGB in [0, 1], read-only; made when first asked for. Transparent pixels as stored."""
        return self.canvas.image

    @property
    def color_space(self) -> str:
        """What the picture's own numbers mean: "sRGB", or its profile's name, with "(not applied)" where that cannot be used."""
        icc = self.metadata.icc
        if not icc:
            return "sRGB"
        profile = read_profile(icc) if fits(icc, self.native) else None
        if profile is None:
            return f"{profile_name(icc)} (not applied)"
        return "sRGB" if profile.is_srgb else profile_name(icc)

    @cached_property
    def alpha(self) -> NDArray[np.float32] | None:
        """(H, W) float32 in [0, 1], read-only; None where the kind has none."""
        return native_alpha(self.native)

    def with_rgb(self, rgb: NDArray[np.floating[Any]], alpha: NDArray[np.floating[Any]] | None = None) -> Picture:
        """The same picture with other colours: (H, W, 3) floats, cut to [0, 1].

        Pixels that equal `self.rgb` keep their value bit for bit, whatever the kind. Alpha and metadata stay. Changed pixels
        are rounded to what the kind can hold: grey takes Rec. 601 luma; mode 1 a threshold at one half; a palette gives its
        unused entries to the new colours, of each alpha to its own, and then the nearest entry.

        `alpha`, (H, W) floats, multiplies the picture's own; a kind without alpha becomes the nearest one with it: arrays get
        another channel, PIL images turn LA or RGBA. Raises
        `ImageError` for another shape or dtype, NaN or infinity.
        """
        if not isinstance(rgb, np.ndarray) or rgb.shape != (*self.size, 3) or rgb.dtype.kind != "f":
            given = f"{rgb.dtype} of shape {rgb.shape}" if isinstance(rgb, np.ndarray) else type(rgb).__name__
            raise ImageError(f"the new colours must be floats of shape {(*self.size, 3)}; given was {given}.")
        done = replace(self, native=native_with_rgb(self.native, self.rgb, rgb.astype(np.float32, copy=False), self.metadata.icc))
        if alpha is None:
            return done
        kept = self._checked(alpha)
        return done._with_alpha(kept if self.alpha is None else kept * self.alpha)

    def with_canvas(self, canvas: Canvas, alpha: NDArray[np.floating[Any]] | None = None) -> Picture:
        """`with_rgb` of ``canvas.image``; where that is `self.canvas` painted on, only what was painted is written.

        But `alpha`, as `Scene.alpha` has it, takes the place of the picture's own; None, and that itself, leave it as it is.
        """
        if alpha is None or alpha is self.alpha:
            return self._painted(canvas)
        return self._painted(canvas, self._without_palette())._with_alpha(self._checked(alpha))

    def without_people(self) -> tuple[Picture, tuple[str, ...]]:
        """The same picture without what may show or name someone beside the pixels, and the names of what that was.

        For one in which somebody was hidden: previews, maker notes, names, serial numbers, comments and GPS are gone from EXIF, and
        from what Pillow's image tells; what the camera is and how it was set stays.
        """
        metadata, dropped = without_people(self.metadata)
        native = impersonal_info(self.native, metadata) if isinstance(self.native, Image.Image) else self.native
        return replace(self, native=native, metadata=metadata), dropped

    def _painted(self, canvas: Canvas, onto: Native | None = None) -> Picture:
        """What is on the canvas, written onto the picture or a copy of it in another kind."""
        onto = self.native if onto is None else onto
        painted = canvas.painted_on(self.canvas)
        native = None if painted is None else native_with_painted(onto, painted, self.metadata.icc)
        return replace(self, native=onto).with_rgb(canvas.image) if native is None else replace(self, native=native)

    def _without_palette(self) -> Native:
        """The same in a kind of which each pixel may have any alpha; a palette's colours go by theirs."""
        if isinstance(self.native, Image.Image) and self.native.mode == "P":
            return self.native.convert("RGBA")
        return self.native

    def _with_alpha(self, alpha: NDArray[np.float32]) -> Picture:
        """The same colours, this alpha."""
        icc = self.metadata.icc
        transparent = native_with_alpha(self.native, alpha)
        if icc and fits(icc, self.native) and not fits(icc, transparent):  # CMYK, for one, has no kind with alpha
            plain = native_with_alpha(in_srgb(self.native, icc), alpha)
            return replace(self, native=plain, metadata=replace(self.metadata, icc=None))
        return replace(self, native=transparent)

    def _checked(self, alpha: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """`alpha` as (H, W) float32 in [0, 1]; raises `ImageError`."""
        if not isinstance(alpha, np.ndarray) or alpha.shape != self.size or alpha.dtype.kind != "f" or not np.isfinite(alpha).all():
            given = f"{alpha.dtype} of shape {alpha.shape}" if isinstance(alpha, np.ndarray) else type(alpha).__name__
            raise ImageError(f"the alpha must be finite floats of shape {self.size}; given was {given}.")
        return np.clip(alpha.astype(np.float32, copy=False), 0, 1)

    def like(self, rgb: NDArray[np.floating[Any]], alpha: NDArray[np.floating[Any]] | None = None) -> Native | bytes:
        """`with_rgb(rgb, alpha)` in the kind that was opened. Bytes are encoded anew, at quality 95 and without GPS.

        JPEG, WebP and AVIF bytes lose a little in that; the other formats, and every kind but bytes, lose nothing. Bytes of
        a format without alpha become PNG if there is one. An array cannot carry the colour profile of a 16-bit file, whose
        numbers it holds: `save_image(picture.with_rgb(rgb), path)` does.
        """
        return self.with_rgb(rgb, alpha).handed_back(cut_out=alpha is not None)

    def handed_back(self, *, cut_out: bool = False) -> Native | bytes:
        """What a caller gets who gave this kind of picture; see `like`. `cut_out`: whether something was cut out of it since."""
        if self.encoded and self.metadata.format is not None:
            name = self.metadata.format if not cut_out or self.metadata.format in _WITH_ALPHA else "PNG"
            return encode(self.native, self.metadata, name, quality=DEFAULT_QUALITY, keep_gps=False)
        return self.native


def open_image(source: Source | Picture, *, max_pixels: int | None = None, first_frame: bool = False) -> Picture:
    """Open a picture of any kind.

    Parameters
    ----------
    source
        A path; the bytes of a file, or a binary file object to read them from; a PIL image of mode 1, L, LA, P, RGB, RGBA,
        CMYK, YCbCr, HSV, I;16, I (16-bit values) or F (in [0, 1]); an array (H, W) or (H, W, C), C = 1 grey, 2 grey and alpha,
        3 RGB, 4 RGBA, of dtype uint8, uint16, float32 or float64 (in [0, 1]). Files are recognised by content: JPEG, PNG, WebP,
        TIFF, BMP, AVIF, and HEIC with the extra `heif`. A `Picture` is returned as it is.
    max_pixels
        The most pixels allowed, checked before decoding; else the environment variable FACEFX_MAX_PIXELS, else 100 million.
    first_frame
        Take the first frame of an animation, or the first page of a TIFF, which is refused otherwise: `facefx.video.animate` edits
        all of them. Of a PIL image the frame is taken that it shows.

    Raises
    ------
    ImageError
        Missing, empty, damaged, too large, of several frames or pages, or no picture; the message says which.
    MissingExtra
        HEIC, and pillow-heif is not installed.
    ParameterError
        FACEFX_MAX_PIXELS or `max_pixels` is not a positive integer.
    """
    if isinstance(source, Picture):
        return source
    limit = max_pixels_of(max_pixels)
    if isinstance(source, np.ndarray):
        what = "the array"
        check_array(source, what)
        _check_size(source.shape[0], source.shape[1], what, limit)
        return Picture(np.array(source, order="C"), Metadata(), encoded=False)
    if isinstance(source, Image.Image):
        return _from_pil(source, limit)
    if isinstance(source, bytes | bytearray | memoryview):
        native, metadata = decode(bytes(source), "the given data", limit, first_frame=first_frame)
        return Picture(native, metadata, encoded=True)
    if isinstance(source, str | os.PathLike):
        data, what = read_bytes(Path(source), limit), f"the file {os.fspath(source)!r}"
    elif hasattr(source, "read"):
        name = getattr(source, "name", None)
        data, what = read_object(source, limit), f"the file {name!r}" if isinstance(name, str) else "the given file object"
    else:
        raise ImageError(
            f"cannot open a {type(source).__name__}; allowed are a path, bytes, a binary file, a PIL image, a numpy array."
        )
    native, metadata = decode(data, what, limit, first_frame=first_frame)
    return Picture(native, metadata, encoded=False)


def save_image(
    image: Source | Picture,
    path: str | os.PathLike[str],
    *,
    force: bool = False,
    format: str | None = None,
    quality: FileQuality = DEFAULT_QUALITY,
    keep_gps: bool = False,
    date_of: str | os.PathLike[str] | None = None,
) -> Path:
    """Write a picture to a file, whole or not at all, and return the path.

    Kept: 16 bits a channel in PNG and TIFF (8 elsewhere, and for float arrays), the colour profile (where the format cannot hold
    it, as CMYK's in PNG, or any in BMP and GIF, the picture is converted to sRGB), the resolution, and of EXIF the camera's and
    author's entries without orientation. Dropped: GPS unless `keep_gps`, thumbnails, XMP and comments. Formats
    without alpha (JPEG, BMP) show white where the picture is transparent. JPEG is written with full colour resolution.

    Parameters
    ----------
    image
        Anything `open_image` takes.
    path
        Where to; its folder must exist. The suffix chooses the format.
    force
        Replace a file that is there already. A symbolic link is never written through nor replaced.
    format
        The format's name ("PNG", ...) where the suffix does not tell it.
    quality
        1 to 100, for JPEG, WebP and AVIF; 100 is lossless for WebP. "keep" is the source's own, where it says so: the steps and the
        colour resolution of a JPEG that becomes one again, and no loss for a WebP that had none; else it is 95.
    keep_gps
        Keep the EXIF position.
    date_of
        A file whose date of change the result gets, such as the picture that it was made from.

    Raises
    ------
    OutputError
        The file exists, is a link, its folder is missing, or the format is unknown or cannot hold the picture.
    """
    target = Path(path)
    check_quality(quality, "quality")
    name = format.upper() if format is not None else format_of(target)
    check_target(target, force=force)
    picture = open_image(image)
    data = encode(picture.native, picture.metadata, name, quality=quality, keep_gps=keep_gps)
    write_file(data, target, force=force, date_of=None if date_of is None else Path(date_of))
    return target


def _from_pil(image: Image.Image, limit: int) -> Picture:
    what = f"the PIL image of mode {image.mode}"
    if image.mode not in (*ARRAY_MODES, *COLOR_MODES, "P"):
        raise ImageError(
            f"{what} is not supported; allowed are {', '.join((*COLOR_MODES, *ARRAY_MODES, 'P'))}: "
            f"use image.convert({PLAIN_MODE.get(image.mode, 'RGB')!r})."
        )
    _check_size(image.height, image.width, what, limit)
    with pillow(what):
        image.load()
        native = upright(image)
        metadata = replace(metadata_of(native), compression=compression_of(image))
    if native.mode in ARRAY_MODES:
        image_array(native, what)
    return Picture(native, metadata, encoded=False)


def _check_size(height: int, width: int, what: str, limit: int) -> None:
    if height < 1 or width < 1:
        raise ImageError(f"{what} is {width} x {height}, so it has no pixels.")
    if height * width > limit:
        raise too_large(what, f"{width} x {height}", limit)


def max_pixels_of(given: int | None) -> int:
    """The most pixels allowed: those given, or those that the environment allows. Raises `ParameterError`."""
    name = "max_pixels" if given is not None else "the environment variable FACEFX_MAX_PIXELS"
    value = given if given is not None else os.environ.get("FACEFX_MAX_PIXELS", DEFAULT_MAX_PIXELS)
    try:
        pixels = int(value)
    except ValueError:
        pixels = 0
    if pixels < 1:
        raise ParameterError(f"{name} must be a whole number of pixels, at least 1; given was {shown(value)}.")
    return pixels
