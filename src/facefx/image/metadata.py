"""What stands beside a picture's pixels, and which of it stays true, and private, after an edit."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

from PIL import ExifTags, Image, TiffImagePlugin

from .bare_profile import bare_profile
from .compression import Compression

__all__ = ["Metadata", "impersonal_info", "metadata_of", "without_gps", "without_people"]

#: The camera's and the author's words; where and when follow in their own blocks.
_EXIF_KEPT = frozenset(
    {
        ExifTags.Base.ImageDescription,
        ExifTags.Base.Make,
        ExifTags.Base.Model,
        ExifTags.Base.Software,
        ExifTags.Base.DateTime,
        ExifTags.Base.Artist,
        ExifTags.Base.Copyright,
    }
)
#: Size, and pointers into the old file.
_EXIF_STALE = frozenset({ExifTags.Base.ExifImageWidth, ExifTags.Base.ExifImageHeight, ExifTags.IFD.Interop})


#: What of EXIF stays where somebody was hidden: what the camera is and how it was set, in numbers and a few words. None of it has
#: room for a picture, a name, a number that only one camera has, or a place.
_IMPERSONAL = {
    None: ("Make", "Model", "Software", "DateTime"),
    ExifTags.IFD.Exif: (
        "ExposureTime", "FNumber", "ExposureProgram", "ISOSpeedRatings", "SensitivityType", "ExifVersion", "DateTimeOriginal",
        "DateTimeDigitized", "OffsetTime", "OffsetTimeOriginal", "OffsetTimeDigitized", "SubsecTime", "SubsecTimeOriginal",
        "SubsecTimeDigitized", "ShutterSpeedValue", "ApertureValue", "BrightnessValue", "ExposureBiasValue", "MaxApertureValue",
        "MeteringMode", "LightSource", "Flash", "FocalLength", "ColorSpace", "SensingMethod", "ExposureMode", "WhiteBalance",
        "DigitalZoomRatio", "FocalLengthIn35mmFilm", "SceneCaptureType", "Contrast", "Saturation", "Sharpness", "LensMake",
        "LensModel", "Gamma",
    ),
}  # fmt: skip
_LONGEST = 64  # characters
#: What Pillow tells of a file that says how it is made and shown, and no more.
_INFO_KEPT = frozenset(
    {
        "transparency", "icc_profile", "dpi", "gamma", "srgb", "chromaticity", "aspect", "jfif", "jfif_version", "jfif_unit",
        "jfif_density", "progressive", "progression", "adobe", "adobe_transform", "compression", "interlace", "version",
        "background", "duration", "loop", "extension", "timestamp", "default_image", "disposal", "blend", "bit_depth",
    }
)  # fmt: skip
#: The few of these that are no numbers: what they may be, all else by such a name is somebody's words.
_WORDS_KEPT = frozenset({b"GIF87a", b"GIF89a", *TiffImagePlugin.COMPRESSION_INFO.values()})


@dataclass(frozen=True)
class Metadata:
    """What stands beside the pixels: the file's format, EXIF without orientation, ICC profile, (x, y) dots per inch.

    `left_out` names what else there was, none of which is ever written. `compression` is how the file was compressed, as far as it
    tells.
    """

    format: str | None = None
    exif: bytes = b""
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    left_out: tuple[str, ...] = ()
    compression: Compression | None = None


def metadata_of(image: Image.Image) -> Metadata:
    """What stands beside a PIL image's pixels; an EXIF block that cannot be read is left out."""
    try:
        exif = _packed_exif(image.getexif())
    except Exception:  # EXIF is not the picture: a broken block is dropped
        exif = b""
    dpi = image.info.get("dpi")
    format = "JPEG" if image.format == "MPO" else image.format  # phones put a second JPEG, of depth or light, behind the first
    icc = image.info.get("icc_profile")  # a TIFF's tag may be anything
    icc = icc if isinstance(icc, bytes) and icc else None
    return Metadata(format, exif, icc, dpi if _is_resolution(dpi) else None, _left_out(image))


def _is_resolution(dpi: object) -> bool:
    """Whether it is two positive numbers, which a file need not hold even where it says so."""
    try:
        return isinstance(dpi, tuple) and len(dpi) == 2 and all(0 < float(value) < 1e6 for value in dpi)
    except (ArithmeticError, TypeError, ValueError):
        return False


def _left_out(image: Image.Image) -> tuple[str, ...]:
    """The names of what stands beside the pixels and is not taken along."""
    own = ("exif", "icc_profile", "extension")  # the last only says that a GIF runs again
    found = [str(key) for key, value in image.info.items() if key not in own and not _is_of_the_file(key, value)]
    with suppress(Exception):  # EXIF is not the picture
        exif = image.getexif()
        found += [_name(tag) for tag in exif if tag not in _EXIF_KEPT and not isinstance(image, TiffImagePlugin.TiffImageFile)]
        found += ["thumbnail"] if exif.get_ifd(ExifTags.IFD.IFD1) else []
    found += ["further pictures"] if getattr(image, "n_frames", 1) > 1 else []
    pointers = {"ExifOffset", "GPSInfo", "Orientation", *(name for name in found if name.startswith("JPEGInterchange"))}
    return tuple(dict.fromkeys(name for name in found if name not in pointers))


def _name(tag: int) -> str:
    return ExifTags.TAGS.get(tag, f"EXIF 0x{tag:04x}")


def _packed_exif(exif: Image.Exif) -> bytes:
    """The EXIF that stays true after an edit: no orientation, size, thumbnail, nor anything about how the file was laid out."""
    kept = Image.Exif()
    for tag in _EXIF_KEPT & set(exif):
        kept[tag] = exif[tag]
    for ifd in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        tags = {tag: value for tag, value in exif.get_ifd(ifd).items() if tag not in _EXIF_STALE}
        if tags:
            kept[ifd] = tags
    return kept.tobytes() if len(kept) else b""


def without_gps(metadata: Metadata) -> Metadata:
    """The same without the place where the picture was taken."""
    exif = Image.Exif()
    exif.load(metadata.exif)
    exif.pop(ExifTags.IFD.GPSInfo, None)
    return replace(metadata, exif=exif.tobytes() if len(exif) else b"")


def without_people(metadata: Metadata) -> tuple[Metadata, tuple[str, ...]]:
    """The same without what may show or name someone, or tell where: for pictures in which somebody was hidden.

    Returns
    -------
    metadata : with no more of EXIF than the camera's kind and settings.
    dropped : the names of what is gone, and of what the file had besides.
    """
    before, kept, dropped = Image.Exif(), Image.Exif(), list(metadata.left_out)
    before.load(metadata.exif)
    for ifd, names in _IMPERSONAL.items():
        pointers = set(ExifTags.IFD) if ifd is None else {ExifTags.IFD.Interop}
        tags = {tag: value for tag, value in (before if ifd is None else before.get_ifd(ifd)).items() if tag not in pointers}
        fine = {tag: value for tag, value in tags.items() if _name(tag) in names and _is_short(value)}
        dropped += [_name(tag) for tag in tags if tag not in fine]
        if ifd is None:
            for tag, value in fine.items():
                kept[tag] = value
        elif fine:
            kept[ifd] = fine
    if before.get_ifd(ExifTags.IFD.GPSInfo):
        dropped.append("GPS")
    icc = bare_profile(metadata.icc) if metadata.icc else None
    dropped += ["the colour profile's texts"] if icc != metadata.icc else []
    exif = kept.tobytes() if len(kept) else b""
    return replace(metadata, exif=exif, icc=icc, left_out=()), tuple(dict.fromkeys(dropped))


def impersonal_info(image: Image.Image, metadata: Metadata) -> Image.Image:
    """A copy of a PIL image whose `info` says no more than its metadata does."""
    result = image.copy()
    result.info = {key: value for key, value in image.info.items() if key != "icc_profile" and _is_of_the_file(key, value)}
    beside = {"exif": metadata.exif, "icc_profile": metadata.icc}
    result.info |= {key: value for key, value in beside.items() if value}
    return result


def _is_of_the_file(key: Any, value: Any) -> bool:
    """Whether an entry of Pillow's `info` says how the file is made: a PNG's text may be called so, too."""
    if key not in _INFO_KEPT or key == "icc_profile":
        return False
    if isinstance(value, str | bytes):
        return value in _WORDS_KEPT or (key == "transparency" and isinstance(value, bytes) and len(value) <= 256)
    numbers = value if isinstance(value, tuple) else (value,)
    return value is None or (len(numbers) <= 8 and all(isinstance(number, Real) for number in numbers))


def _is_short(value: Any) -> bool:
    """Whether a value is a few numbers, or a text or bytes too short for more than a word or two."""
    if isinstance(value, str | bytes):
        return len(value) <= _LONGEST
    if isinstance(value, tuple):
        return len(value) <= 8
    return isinstance(value, Real)
