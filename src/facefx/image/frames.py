"""Files that hold several pictures: how many there are of those that are meant to be seen."""

from __future__ import annotations

from PIL import Image, TiffImagePlugin

__all__ = ["HOLDING_SEVERAL", "several_in"]

#: Formats that hold several pictures, and what those are called. A phone's JPEG (MPO) and HEIC mean the first.
HOLDING_SEVERAL = {"GIF": "frames", "WEBP": "frames", "PNG": "frames", "AVIF": "frames", "TIFF": "pages"}
_SUBFILE_TYPE = 254
#: Of a TIFF's page: it is another one made smaller, or a mask for it (TIFF 6.0, NewSubfileType).
_SMALLER, _MASK = 1, 4


def several_in(image: Image.Image) -> tuple[int, ...]:
    """The places, for `Image.seek`, of a file's frames or pages; of a TIFF not its thumbnails. Leaves the image where it was."""
    if image.format not in HOLDING_SEVERAL:
        return (0,)
    count = int(getattr(image, "n_frames", 1))
    if not isinstance(image, TiffImagePlugin.TiffImageFile) or count == 1:
        return tuple(range(count))
    before, pages = image.tell(), []
    for place in range(count):
        image.seek(place)
        if place == 0 or not int(image.tag_v2.get(_SUBFILE_TYPE, 0)) & (_SMALLER | _MASK):
            pages.append(place)
    image.seek(before)
    return tuple(pages)
