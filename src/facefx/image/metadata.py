"""What stands beside a picture's pixels, and which of it stays true, and private, after an edit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PIL import ExifTags, Image

__all__ = ["Metadata", "metadata_of", "without_gps"]

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


@dataclass(frozen=True)
class Metadata:
    """What stands beside the pixels: the file's format, EXIF without orientation, ICC profile, (x, y) dots per inch."""

    format: str | None = None
    exif: bytes = b""
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None


def metadata_of(image: Image.Image) -> Metadata:
    """What stands beside a PIL image's pixels; an EXIF block that cannot be read is left out."""
    try:
        exif = _packed_exif(image.getexif())
    except Exception:  # EXIF is not the picture: a broken block is dropped
        exif = b""
    dpi = image.info.get("dpi")
    format = "JPEG" if image.format == "MPO" else image.format  # phones put a second JPEG, of depth or light, behind the first
    icc = image.info.get("icc_profile")  # a TIFF's tag may be anything
    return Metadata(format, exif, icc if isinstance(icc, bytes) and icc else None, dpi if _is_resolution(dpi) else None)


def _is_resolution(dpi: object) -> bool:
    """Whether it is two positive numbers, which a file need not hold even where it says so."""
    try:
        return isinstance(dpi, tuple) and len(dpi) == 2 and all(0 < float(value) < 1e6 for value in dpi)
    except (ArithmeticError, TypeError, ValueError):
        return False


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
