"""TIFFs of layouts that Pillow and OpenCV cannot write: planes apart, white as 0, alpha multiplied in, either order of bytes."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np

_SHORT, _LONG = 3, 4
_GREY, _RGB = 1, 2


def a_tiff(
    array: np.ndarray, *, order: str = "<", planar: bool = False, rows: int = 3, deflate: bool = False, **tags: int | bytes
) -> bytes:
    """A picture (H, W) or (H, W, C), uint8 or uint16, as a TIFF (TIFF 6.0, section 2) with strips of so many rows.

    `tags` are further entries or others, as ``t262=0``.
    """
    height, width = array.shape[:2]
    channels = 1 if array.ndim == 2 else array.shape[2]
    cube = array.reshape(height, width, channels).astype(array.dtype.newbyteorder(order))
    planes = [cube[..., index] for index in range(channels)] if planar else [cube]
    strips = [plane[top : top + rows].tobytes() for plane in planes for top in range(0, height, rows)]
    strips = [zlib.compress(strip) for strip in strips] if deflate else strips
    values: dict[int, Any] = {
        256: [width],
        257: [height],
        258: [8 * array.dtype.itemsize] * channels,
        259: [8 if deflate else 1],
        262: [_GREY if channels < 3 else _RGB],
        273: [8 + sum(map(len, strips[:index])) for index in range(len(strips))],
        277: [channels],
        278: [rows],
        279: [len(strip) for strip in strips],
        284: [2 if planar else 1],
    }
    if channels in (2, 4):
        values[338] = [2]  # alpha that is not multiplied in
    values |= {int(name[1:]): value if isinstance(value, bytes) else [value] for name, value in tags.items()}
    pixels = b"".join(strips)
    pixels += b"\0" * (len(pixels) % 2)
    start, directory, behind = 8 + len(pixels), struct.pack(f"{order}H", len(values)), b""
    for tag, value in sorted(values.items()):
        kind, unit = (7, "B") if isinstance(value, bytes) else (_LONG, "I") if tag in (273, 279) else (_SHORT, "H")
        packed = struct.pack(f"{order}{len(value)}{unit}", *value)
        place = packed.ljust(4, b"\0")
        if len(packed) > 4:
            place = struct.pack(f"{order}I", start + 2 + 12 * len(values) + 4 + len(behind))
            behind += packed + b"\0" * (len(packed) % 2)
        directory += struct.pack(f"{order}HHI", tag, kind, len(value)) + place
    header = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HI", 42, start)
    return header + pixels + directory + struct.pack(f"{order}I", 0) + behind
