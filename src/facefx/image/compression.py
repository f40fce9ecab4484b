"""How strongly a file's pixels are compressed: what is asked for, and what a source says of itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from PIL import Image

from ..errors import ParameterError
from ..shown import shown

__all__ = ["DEFAULT_QUALITY", "KEEP", "Compression", "FileQuality", "check_quality", "compression_of", "options_for"]

#: What keeps the source's quality, where a number says another.
KEEP = "keep"
#: From 1 to 100, or the source's own.
FileQuality = int | Literal["keep"]
DEFAULT_QUALITY = 95


@dataclass(frozen=True)
class Compression:
    """What a file says of how it was compressed.

    Attributes
    ----------
    tables : a JPEG's steps between the brightnesses and colours that it tells apart (ISO/IEC 10918-1, B.2.4.1); 64 numbers each.
    subsampling : how coarse a JPEG's colours are; "" where that is neither "4:4:4" nor "4:2:0", and for grey.
    lossless : whether a WebP holds its pixels as they were.
    """

    tables: tuple[tuple[int, ...], ...] = ()
    subsampling: str = ""
    lossless: bool = False


def check_quality(quality: object, name: str) -> None:
    """Raise `ParameterError` unless it is a `FileQuality`."""
    if quality == KEEP or (isinstance(quality, int) and not isinstance(quality, bool) and 1 <= quality <= 100):
        return
    raise ParameterError(f"{name}={shown(quality)} is not allowed; give a whole number from 1 to 100, or {KEEP!r}")


def compression_of(image: Image.Image, data: bytes = b"") -> Compression | None:
    """What a picture that Pillow has opened says, and for WebP the file itself; None if it says nothing."""
    if image.format in ("JPEG", "MPO"):
        from PIL import JpegImagePlugin  # which Pillow, too, imports for the first such file

        assert isinstance(image, JpegImagePlugin.JpegImageFile)
        tables = tuple(tuple(table) for _, table in sorted(image.quantization.items()))
        if not 1 <= len(tables) <= 4 or any(not 0 < step < 256 for table in tables for step in table):
            return None  # only twelve-bit JPEGs have more, which nothing here writes
        return Compression(tables, {0: "4:4:4", 2: "4:2:0"}.get(JpegImagePlugin.get_sampling(image), ""))
    if image.format == "WEBP":
        kinds = _webp_kinds(data)
        return Compression(lossless=True) if kinds == {b"VP8L"} else None
    return None


def _webp_kinds(data: bytes) -> set[bytes]:
    """How the pictures in a WebP are coded (RFC 9649): VP8 loses, VP8L does not."""
    found, place = set(), 12
    while place + 8 <= len(data):
        kind, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if kind in (b"VP8 ", b"VP8L"):
            found.add(kind)
        place += 24 if kind == b"ANMF" else 8 + size + size % 2  # into a frame: its picture is in chunks of its own
    return found


def options_for(format: str, quality: FileQuality, source: Compression | None) -> dict[str, Any]:
    """How Pillow is told: `source` is what the picture came from, which counts for "keep"."""
    kept = source if quality == KEEP else None
    number = DEFAULT_QUALITY if quality == KEEP else quality
    if format == "JPEG" and kept and kept.tables:
        return {"qtables": kept.tables, "subsampling": kept.subsampling or "4:4:4"}
    options: dict[str, Any] = {"quality": number}
    if format == "JPEG":
        options["subsampling"] = "4:4:4"  # a lip's edge would blur at half the colour resolution
    if format == "WEBP":
        options["lossless"] = number == 100 or bool(kept and kept.lossless)
    return options
