"""Animations (GIF, WebP, PNG, AVIF) and TIFFs of several pages: read one picture after the other, and written as they came."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..errors import ImageError, OutputError
from .compression import FileQuality, compression_of, options_for
from .files import opened, upright
from .frames import HOLDING_SEVERAL, several_in
from .guarded_pillow import pillow, quiet, too_large
from .metadata import Metadata, metadata_of, without_gps, without_people
from .picture import Picture, max_pixels_of
from .rare_modes import plain
from .reading import read_bytes
from .sixteen_bits import has_16_bits

__all__ = ["Animation", "check_holds", "encode_animation", "open_animation"]


@dataclass(frozen=True)
class Animation:
    """A file of several pictures, of which each is decoded when it is asked for.

    Attributes
    ----------
    format : "GIF", "WEBP", "PNG", "AVIF" or "TIFF".
    places : of its frames, in Pillow's count.
    durations : how long each is shown, in milliseconds; 0 for the pages of a TIFF.
    loop : how often it runs, 0 for ever; None where the file says nothing, which means once.
    still_first : whether the first is only for what knows no animations, as a PNG's may be.
    metadata : what stands beside the first one's pixels.
    """

    format: str
    places: tuple[int, ...]
    durations: tuple[int, ...]
    loop: int | None
    still_first: bool
    metadata: Metadata = field(repr=False)
    _data: bytes = field(repr=False)
    _what: str
    _limit: int

    @property
    def has_pages(self) -> bool:
        """Whether its pictures are pages, which have nothing to do with each other, and not frames of one film."""
        return self.format == "TIFF"

    def pictures(self) -> Iterator[Picture]:
        """Its frames as they are shown, whatever the ones before leave behind: 8 bits, RGB or RGBA. A page in its own mode."""
        with opened(self._data, self._what, self._limit) as image:
            pass
        for number, place in enumerate(self.places):
            with pillow(f"{HOLDING_SEVERAL[self.format][:-1]} {number} of {self._what}"):
                image.seek(place)
                if image.width * image.height > self._limit:
                    raise too_large(self._what, f"{image.width} x {image.height}", self._limit)
                image.load()
                metadata = metadata_of(image)
                native: Any
                if not self.has_pages:
                    native = np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))
                elif has_16_bits(image, self._data):
                    raise ImageError(f"{self._what} has several pages of 16 bits a channel, of which only the first can be read.")
                else:
                    native = upright(plain(image, self._what))
            yield Picture(native, metadata, encoded=False)

    def without_people(self) -> tuple[Animation, tuple[str, ...]]:
        """The same without what may show or name someone beside the frames, and the names of what that was."""
        metadata, dropped = without_people(self.metadata)
        return replace(self, metadata=metadata), tuple(name for name in dropped if name != "further pictures")


def open_animation(path: Path) -> Animation | None:
    """The frames or pages of a file; None if it holds one picture. Raises `ImageError` as `facefx.open_image` does."""
    limit = max_pixels_of(None)
    data, what = read_bytes(path, limit), f"the file {str(path)!r}"
    with opened(data, what, limit) as image:
        places = several_in(image)
        if len(places) == 1 or image.format is None:
            return None
        image.load()
        metadata = replace(metadata_of(image), compression=compression_of(image, data))
        durations = []
        for place in places:
            image.seek(place)
            if image.format in ("WEBP", "AVIF"):  # which tell how long a frame lasts once it is decoded
                image.load()
            durations.append(round(float(image.info.get("duration") or 0)))
        loop, still_first = image.info.get("loop"), bool(getattr(image, "default_image", False))
        return Animation(image.format, places, tuple(durations), loop, still_first, metadata, data, what, limit)


def check_holds(animation: Animation, format: str, target: Path) -> None:
    """Raise `OutputError` unless a file of that format can hold what the animation does."""
    kind = HOLDING_SEVERAL[animation.format]
    if HOLDING_SEVERAL.get(format) != kind:
        able = " or ".join(f".{name.lower()}" for name, holds in HOLDING_SEVERAL.items() if holds == kind).replace(".tiff", ".tif")
        raise OutputError(
            f"{animation._what} has {len(animation.places)} {kind}, which {str(target)!r} cannot hold: name OUT {able}, "
            "or take the first with first_frame=True (--first-frame)"
        )


def encode_animation(
    animation: Animation, pictures: Iterator[Image.Image], format: str, *, quality: FileQuality, keep_gps: bool
) -> bytes:
    """The pictures, one for each of the animation's, as a file with its times and loop, each laid over the one before whole.

    Raises
    ------
    OutputError
        If they cannot be written.
    """
    metadata = animation.metadata if keep_gps else without_gps(animation.metadata)
    options: dict[str, Any] = {"save_all": True}
    if metadata.exif and format != "GIF":
        options["exif"] = metadata.exif
    if metadata.icc and format not in ("GIF", "TIFF"):
        options["icc_profile"] = metadata.icc
    if animation.has_pages:
        options |= {"compression": "tiff_deflate"} if not metadata.exif else {}  # Pillow cannot have both
        options |= {"dpi": metadata.dpi} if metadata.dpi else {}
    else:
        options |= _timing(animation, format)
    if format in ("WEBP", "AVIF"):
        options |= options_for(format, quality, metadata.compression)
    if format == "WEBP":
        options["exact"] = True
    first = next(pictures)
    out = io.BytesIO()
    try:
        with quiet():
            first.save(out, format, append_images=list(pictures), **options)
    except (OSError, ValueError, SystemError) as error:  # an encoder's limits
        raise OutputError(f"{len(animation.places)} {HOLDING_SEVERAL[format]} cannot be written as {format}: {error}.") from error
    return out.getvalue()


def _timing(animation: Animation, format: str) -> dict[str, Any]:
    shown = animation.durations[1:] if animation.still_first else animation.durations
    options: dict[str, Any] = {"duration": list(shown if format == "PNG" else animation.durations)}
    if format == "PNG":
        options |= {
            "disposal": 0,
            "blend": 0,
            "default_image": animation.still_first,
            "loop": animation.loop if animation.loop is not None else 1,
        }
    if format == "WEBP":
        options["loop"] = animation.loop if animation.loop is not None else 1
    if format == "GIF":
        options |= {"disposal": 2, "optimize": False} | ({} if animation.loop is None else {"loop": animation.loop})
    return options
