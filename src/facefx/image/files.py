"""Picture files: which are read and how, how they are written, and what is kept of what stands beside the pixels.

The rest of the library never sees a file. Whatever a file holds, reading it gives a picture or an `ImageError`.
"""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import ImageError, MissingExtra, OutputError
from ..shown import shown
from .claimed_sizes import claimed_size
from .compression import FileQuality, compression_of, options_for
from .frames import HOLDING_SEVERAL, several_in
from .guarded_pillow import pillow, quiet, too_large
from .jpeg_scans import START, scans_in, whole_but_for_its_end
from .metadata import Metadata, metadata_of, without_gps
from .modes import Native, fits, image_array, in_srgb, profile_of
from .palettes import paletted
from .rare_modes import plain
from .sixteen_bits import decode_16_bits, encode_16_bits, has_16_bits
from .unknown_files import what_it_is

__all__ = [
    "check_suffix",
    "check_target",
    "decode",
    "encode",
    "format_of",
    "opened",
    "picture_suffixes",
    "pillow",
    "plain",
    "suffix_of",
    "too_large",
    "upright",
    "write_file",
]

#: Read by content, whatever the name says; HEIF with the extra `heif`, AVIF from Pillow 11.3 on.
_READABLE = ("JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", "AVIF", "HEIF")
_SUFFIXES = {
    ".jpg": "JPEG", ".jpeg": "JPEG", ".jpe": "JPEG", ".jfif": "JPEG",
    ".png": "PNG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF",
    ".bmp": "BMP", ".gif": "GIF", ".avif": "AVIF", ".heic": "HEIF", ".heif": "HEIF",
}  # fmt: skip
#: Modes that a format holds without loss; others become RGBA, or where the format has no alpha, RGB on white.
_MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK"),
    "BMP": ("1", "L", "P", "RGB"),
    "GIF": ("1", "L", "P"),
    "AVIF": ("RGB", "RGBA"),
    "HEIF": ("RGB", "RGBA"),
}
_LOSSY = ("JPEG", "WEBP", "AVIF", "HEIF")
_WITHOUT_PROFILE = ("BMP", "GIF")
#: What JPEGs and PNGs begin with, which Pillow reads without its forty other formats, that take longer to import than they to read.
_USUAL = (START, b"\x89PNG\r\n\x1a\n")
#: What an HEIF file with a still picture calls itself at its byte 8 (ISO/IEC 23008-12, annex B).
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")
#: So many pixels a file may claim whatever its size, and beyond them so many for each of its bytes, unless they are black or white:
#: of a blank sheet a fax has more.
_FREE_PIXELS, _PIXELS_A_BYTE = 16 << 20, 20_000


def decode(data: bytes, what: str, max_pixels: int, *, first_frame: bool = False) -> tuple[Native, Metadata]:
    """The upright picture in an encoded file: a PIL image in the file's mode, or a uint16 array where it has 16 bits a channel.

    One of several frames or pages is refused unless `first_frame`. A JPEG that lacks its end, and nothing else, is whole.
    """
    try:
        return _decoded(data, what, max_pixels, first_frame)
    except ImageError:
        whole = whole_but_for_its_end(data, lambda file: _pixels_of(_decoded(file, what, max_pixels, first_frame)[0]))
        if whole is None:
            raise
        return _decoded(whole, what, max_pixels, first_frame)


def _pixels_of(native: Native) -> bytes:
    return native.tobytes()


def _decoded(data: bytes, what: str, max_pixels: int, first_frame: bool) -> tuple[Native, Metadata]:
    with opened(data, what, max_pixels) as image:
        if not first_frame and (count := len(several_in(image))) > 1:
            raise ImageError(
                f"{what} has {count} {HOLDING_SEVERAL[str(image.format)]}, and one picture is wanted; facefx.video.animate "
                "(facefx apply) edits all of them, facefx.open_image(..., first_frame=True) (--first-frame) takes the first."
            )
        image.load()
        metadata = replace(metadata_of(image), compression=compression_of(image, data))
        if has_16_bits(image, data):
            return decode_16_bits(image, data, what), metadata
        image = plain(image, what)
        return upright(image, in_place=getattr(image, "n_frames", 1) == 1), metadata  # nobody else has it


@contextmanager
def opened(data: bytes, what: str, max_pixels: int) -> Iterator[Image.Image]:
    """A file's picture, not decoded yet, for as long as `pillow` guards what is done with it.

    Raises `ImageError` for one that is too large, or too much work for what is in it.
    """
    if not data:
        raise ImageError(f"{what} is empty (0 bytes).")
    if data.startswith(START) and (problem := scans_in(data).problem):
        raise ImageError(f"{what} is not decoded: {problem}.")
    if size := claimed_size(data):
        _check_claim(size, data, what, max_pixels)
    if data.startswith(_USUAL):
        Image.preinit()
    else:
        Image.init()
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        _register_heif()
    formats = [name for name in _READABLE if name in Image.OPEN]
    with pillow(what):
        try:
            image = Image.open(io.BytesIO(data), formats=formats)
        except UnidentifiedImageError as error:
            Image.init()
            formats = [name for name in _READABLE if name in Image.OPEN]
            raise ImageError(f"{what} {what_it_is(data)}; formats read are {', '.join(formats)}.") from error
        _check_claim(image.size, data, what, max_pixels, two_colors=image.mode == "1")
        yield image


def _check_claim(size: tuple[int, int], data: bytes, what: str, max_pixels: int, *, two_colors: bool = False) -> None:
    """Raise `ImageError` for more pixels than are allowed, or than can be in so few bytes."""
    width, height = size
    if width * height > max_pixels:
        raise too_large(what, f"{width} x {height}", max_pixels)
    if width * height > max(_FREE_PIXELS, _PIXELS_A_BYTE * len(data)) and not two_colors:
        raise ImageError(
            f"{what} claims {width} x {height} pixels in {len(data)} bytes, which no photo fits in; if it is one all the same, "
            "make it smaller."
        )


def _register_heif() -> None:
    """Let Pillow read and write HEIF. Raises `MissingExtra` where it cannot."""
    if "HEIF" in Image.OPEN:
        return
    try:
        import pillow_heif
    except ImportError as error:
        raise MissingExtra("pillow-heif, which reads and writes HEIC,", "heif") from error
    pillow_heif.register_heif_opener()


def upright(image: Image.Image, *, in_place: bool = False) -> Image.Image:
    """A copy, or the image itself, turned as its EXIF says, without the orientation; the rest of `info` stays."""
    exif = metadata_of(image).exif
    try:
        turned = image if in_place else image.copy()
        ImageOps.exif_transpose(turned, in_place=True)
    except Exception:  # as in metadata_of
        turned = image.copy()
    turned.info.pop("exif", None)
    if exif:
        turned.info["exif"] = exif
    return turned


def picture_suffixes() -> tuple[str, ...]:
    """The suffixes of picture formats, in lower case, whether or not this machine can read or write all of them."""
    return tuple(_SUFFIXES)


def format_of(path: Path) -> str:
    """The format that a file name's suffix asks for. Raises `OutputError` for one that cannot be written."""
    return _format_of(path.suffix, f"cannot tell the picture format from {str(path)!r}")


def check_suffix(suffix: str) -> None:
    """Raise `OutputError` if no picture is written with this suffix."""
    _format_of(suffix, f"no picture can be written as {suffix!r}")


def _format_of(suffix: str, refusal: str) -> str:
    Image.init()
    name = _SUFFIXES.get(suffix.lower())
    if name == "HEIF":
        _register_heif()
    if name is None or name not in Image.SAVE:
        known = ", ".join(suffix for suffix, name in _SUFFIXES.items() if name in Image.SAVE)
        raise OutputError(f"{refusal}; suffixes that can be written are {known}.")
    return name


def suffix_of(format: str | None) -> str:
    """The suffix of a format's files; PNG's for one that cannot be written here, or none."""
    Image.init()
    return next((suffix for suffix, name in _SUFFIXES.items() if name == format and name in Image.SAVE), ".png")


def encode(native: Native, metadata: Metadata, format: str, *, quality: FileQuality, keep_gps: bool) -> bytes:
    """`native` as a file of `format` (a key of `_MODES`). Raises `OutputError` where it cannot be written.

    16-bit pictures stay so in PNG and TIFF; everything else gets 8 bits. Where the format has no alpha, white shows through. What
    cannot have its colour profile there is converted to sRGB. `quality` "keep" is the source's own where `metadata` knows it.
    """
    Image.init()
    if format not in _MODES or format not in Image.SAVE:
        known = ", ".join(name for name in _MODES if name in Image.SAVE)
        raise OutputError(f"cannot write the format {shown(format)}; there are {known}.")
    if not keep_gps:
        metadata = without_gps(metadata)
    written = _in_form_for(native, format)
    if metadata.icc and (format in _WITHOUT_PROFILE or not fits(metadata.icc, written)):
        if profile_of(native, metadata.icc):
            written = _in_form_for(in_srgb(native, metadata.icc), format)
        metadata = replace(metadata, icc=None)
    if isinstance(written, np.ndarray):
        return encode_16_bits(written, metadata, format)
    image = written
    options: dict[str, Any] = {"exif": metadata.exif, "icc_profile": metadata.icc, "dpi": metadata.dpi}
    if image is native:  # of `info` Pillow would take no more than this into a JPEG
        options["comment"] = b""
    else:
        image.info = {key: value for key, value in image.info.items() if key == "transparency"}  # the rest is said here or left out
    if format in _LOSSY:
        options |= options_for(format, quality, metadata.compression)
    if format == "TIFF" and not metadata.exif:  # Pillow cannot have both
        options["compression"] = "tiff_deflate"
    out = io.BytesIO()
    try:
        with quiet():
            image.save(out, format, **{key: value for key, value in options.items() if value or key == "comment"})
    except Exception as error:  # an encoder's limits: sizes, missing codecs
        what = f"a {image.width} x {image.height} picture of mode {image.mode}"
        raise OutputError(f"{what} cannot be written as {format}: {error}.") from error
    return out.getvalue()


def _in_form_for(native: Native, format: str) -> NDArray[np.uint16] | Image.Image:
    """What of `native` the format can hold: an array of 16 bits, or a PIL image."""
    deep = image_array(native) if isinstance(native, Image.Image) and native.mode in ("I", "I;16") else native
    if isinstance(deep, np.ndarray) and deep.dtype.kind == "u" and deep.dtype.itemsize == 2 and format in ("PNG", "TIFF"):
        grey_alpha = deep.ndim == 3 and deep.shape[2] == 2  # neither OpenCV nor Pillow has that in 16 bits
        return (deep[..., [0, 0, 0, 1]] if grey_alpha else deep).astype(np.uint16)
    return _in_mode_of(native if isinstance(native, Image.Image) else _image_8_bits(native), format)


def _image_8_bits(array: NDArray[Any]) -> Image.Image:
    if array.dtype.kind == "f":
        array = (array * 255 + 0.5).astype(np.uint8)
    elif array.dtype != np.uint8:
        array = ((array.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return Image.fromarray(array[..., 0] if array.ndim == 3 and array.shape[2] == 1 else array)


def _in_mode_of(image: Image.Image, format: str) -> Image.Image:
    """A copy in a mode that `format` holds; for JPEG the image itself, if it is in one: a large photo's copy takes a while."""
    if image.mode in ("I", "I;16", "F"):
        image = _image_8_bits(image_array(image))
    modes = _MODES[format]
    if image.mode in modes and (not image.has_transparency_data or format not in ("JPEG", "BMP")):
        return image if format == "JPEG" else image.copy()
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    if "RGBA" in modes:
        return image
    if format == "GIF":  # Pillow's own palette shows some of what is beneath the alpha
        pixels = np.asarray(image)
        return paletted(pixels, pixels)
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return white.convert("RGB")


def check_target(path: Path, *, force: bool) -> None:
    """Raise `OutputError` unless `path` may be written: no link, no folder, nothing there (or `force`), in a folder that exists."""
    try:
        if path.is_symlink():
            raise OutputError(f"{str(path)!r} is a symbolic link, and facefx does not write through links; name the file itself.")
        if path.is_dir():
            raise OutputError(f"{str(path)!r} is a folder; name a file in it.")
        if path.exists() and not force:
            raise OutputError(f"{str(path)!r} is there already; pass force=True (--force) to replace it.")
        if not path.parent.is_dir():
            raise OutputError(f"the folder {str(path.parent)!r} does not exist; make it first.")
        path.lstat()  # which alone says that a name has a byte of zero in it
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:  # a name that is too long, or a folder that may not be looked into
        raise OutputError(f"{str(path)!r} cannot be written: {getattr(error, 'strerror', None) or error}.") from error


def write_file(data: bytes, path: Path, *, force: bool, date_of: Path | None = None) -> None:
    """Put `data` at `path` whole or not at all: a temporary file beside it, then a rename. Makes no folders, follows no link.

    The result's date is that of the file `date_of`, if there is one, and now otherwise.
    """
    check_target(path, force=force)
    temporary = path.with_name(f".facefx-{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as file:
            file.write(data)
        if date_of is not None:
            found = date_of.stat()
            os.utime(temporary, ns=(found.st_atime_ns, found.st_mtime_ns))
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"{str(path)!r} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):  # on a disk that may not be written there is none
            temporary.unlink()
