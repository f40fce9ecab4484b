"""Arrays, images and encoded files of every kind, for the tests of the door."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL
import pytest
from PIL import ExifTags, Image, ImageCms, features

#: Kinds of TIFF that Pillow opens and cannot decode before its version 13; facefx refuses them by name.
needs_pillow_13 = pytest.mark.skipif(int(PIL.__version__.split(".")[0]) < 13, reason="Pillow reads these from 13 on")
RNG = np.random.default_rng(7)
SHAPES = [(5, 7), (5, 7, 1), (5, 7, 2), (5, 7, 3), (5, 7, 4)]
DTYPES = ["uint8", "uint16", "float32", "float64", ">u2"]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "I", "F"]
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"] + (["AVIF"] if "avif" in features.get_supported_modules() else [])
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def an_array(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    kind = np.dtype(dtype)
    return (
        RNG.random(shape).astype(kind)
        if kind.kind == "f"
        else RNG.integers(0, np.iinfo(kind).max, shape, endpoint=True).astype(kind)
    )


def an_image(mode: str, size: tuple[int, int] = (7, 5)) -> Image.Image:
    width, height = size
    if mode in ("I;16", "I"):
        grey = RNG.integers(0, 65535, (height, width), endpoint=True)
        return Image.fromarray(grey.astype(np.uint16 if mode == "I;16" else np.int32))
    if mode == "F":
        return Image.fromarray(RNG.random((height, width)).astype(np.float32))
    channels = {"1": 0, "L": 0, "P": 0, "LA": 2, "RGBA": 4, "CMYK": 4}.get(mode, 3)
    values = RNG.integers(0, 255, (height, width, channels) if channels else (height, width), dtype=np.uint8, endpoint=True)
    if mode == "1":
        return Image.fromarray(values > 127)
    image = Image.frombytes(mode, size, values.tobytes())
    if mode == "P":
        image.putpalette(RNG.integers(0, 255, 768, dtype=np.uint8, endpoint=True).tobytes())
    return image


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def encoded_16(array: np.ndarray, suffix: str = ".png") -> bytes:
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(array.shape[2] if array.ndim == 3 else 1)
    return cv2.imencode(suffix, array if order is None else cv2.cvtColor(array, order))[1].tobytes()


def read_back(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Image.Image):
        return isinstance(b, Image.Image) and a.mode == b.mode and a.size == b.size and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b)


def one_pixel_red(rgb: np.ndarray) -> np.ndarray:
    rgb = rgb.copy()
    rgb[1, 2] = (0.8, 0.1, 0.2)
    return rgb


def with_exif(image: Image.Image, orientation: int, format: str = "PNG", **options: Any) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    exif[ExifTags.Base.Artist] = "Ada"
    exif[ExifTags.IFD.Exif] = {ExifTags.Base.LensModel: "50mm", ExifTags.Base.ExifImageWidth: 99}
    exif[ExifTags.IFD.GPSInfo] = {ExifTags.GPS.GPSLatitudeRef: "N", ExifTags.GPS.GPSLatitude: (51.0, 28.0, 40.0)}
    return encoded(image, format, exif=exif.tobytes(), **options)


def stored(upright: np.ndarray, orientation: int) -> np.ndarray:
    """What a camera held that way writes (EXIF 2.3, 4.6.4): 6 is to be turned clockwise to be seen, so was turned the other way."""
    turned = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.swapaxes(0, 1),
        6: np.rot90(upright, 1),
        7: upright[::-1, ::-1].swapaxes(0, 1),
        8: np.rot90(upright, -1),
    }
    return np.ascontiguousarray(turned[orientation])


# --- colour profiles

#: Primaries as XYZ under D50, a column each: Display P3 (SMPTE EG 432-1) and Adobe RGB (1998), Bradford-adapted.
P3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
ADOBE = np.array([[0.60974, 0.20528, 0.14919], [0.31111, 0.62567, 0.06322], [0.01947, 0.06087, 0.74457]])
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def _fixed(*numbers: float) -> bytes:
    return struct.pack(f">{len(numbers)}i", *(round(number * 65536) for number in numbers))


def curve_tag(*numbers: float) -> bytes:
    """A formula: gamma, or gamma and a, b, c, d (ICC.1:2010, 10.15)."""
    return b"para\0\0\0\0" + struct.pack(">HH", {1: 0, 5: 3}[len(numbers)], 0) + _fixed(*numbers)


def table_tag(heights: np.ndarray) -> bytes:
    """A curve of any number of points; of one, a gamma times 256 (10.5)."""
    return b"curv\0\0\0\0" + struct.pack(">I", len(heights)) + heights.astype(">u2").tobytes()


def icc_profile(space: str, pcs: str, tags: dict[str, bytes], name: str) -> bytes:
    """A display profile with those tags (ICC.1:2010, 7)."""
    text = name.encode()
    tags = {
        "desc": b"desc\0\0\0\0" + struct.pack(">I", len(text) + 1) + text + bytes(79),
        "wtpt": xyz_tag(0.9642, 1.0, 0.8249),
    } | tags
    start, table, body = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for tag, data in tags.items():
        table += struct.pack(">4sII", tag.encode(), start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    kind = b"prtr" if space == "CMYK" else b"mntr"
    head = (
        struct.pack(">I", start + len(body)) + bytes(4) + b"\x02\x40\0\0" + kind + space.ljust(4).encode() + pcs.ljust(4).encode()
    )
    head += bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1.0, 0.8249)
    return head.ljust(128, b"\0") + table + body


def xyz_tag(*numbers: float) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(*numbers)


def rgb_profile(primaries: np.ndarray, curve: bytes, name: str) -> bytes:
    tags = {f"{c}XYZ": xyz_tag(*column) for c, column in zip("rgb", primaries.T, strict=True)} | {f"{c}TRC": curve for c in "rgb"}
    return icc_profile("RGB", "XYZ", tags, name)


def lut_tag(inputs: int, outputs: int, nodes: np.ndarray) -> bytes:
    """A table of two steps a channel (ICC.1:2010, 10.9): `nodes`, (2 ** inputs, outputs) bytes."""
    ramp, identity = bytes(range(256)), _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    return (
        b"mft1\0\0\0\0"
        + bytes([inputs, outputs, 2, 0])
        + identity
        + ramp * inputs
        + nodes.astype(np.uint8).tobytes()
        + ramp * outputs
    )


def rgb_table_profile() -> bytes:
    """A scanner that sees everything duller than it is."""
    rgb = np.array(np.meshgrid(*[[0, 1]] * 3, indexing="ij")).reshape(3, -1).T
    to_lab = np.column_stack([rgb @ [60, 120, 40] + 15, 128 + rgb @ [50, -60, 10], 128 + rgb @ [40, 40, -80]])
    lab = np.array(np.meshgrid(*[[0, 255]] * 3, indexing="ij")).reshape(3, -1).T
    to_rgb = np.column_stack([lab[:, 1], lab[:, 0], 255 - lab[:, 2]])
    tags = {
        "A2B0": lut_tag(3, 3, to_lab),
        "A2B1": lut_tag(3, 3, to_lab),
        "B2A0": lut_tag(3, 3, to_rgb),
        "B2A1": lut_tag(3, 3, to_rgb),
    }
    return icc_profile("RGB", "Lab", tags, "Dull scanner")


def cmyk_profile() -> bytes:
    """A press whose inks are muddy: a table of 2 × 2 × 2 × 2 colours, and one of 2 × 2 × 2 back."""
    ink = np.array(np.meshgrid(*[[0, 1]] * 4, indexing="ij")).reshape(4, -1).T
    light = 240 - ink @ [60, 70, 20, 180]
    to_lab = np.column_stack([np.clip(light, 20, 240), 128 + ink @ [-40, 60, 0, 0], 128 + ink @ [-40, 0, 80, 0]])
    lab = np.array(np.meshgrid(*[[0, 255]] * 3, indexing="ij")).reshape(3, -1).T
    to_ink = np.column_stack([255 - lab[:, 1], lab[:, 1], lab[:, 2], 255 - lab[:, 0]])
    tags = {
        "A2B0": lut_tag(4, 3, to_lab),
        "A2B1": lut_tag(4, 3, to_lab),
        "B2A0": lut_tag(3, 4, to_ink),
        "B2A1": lut_tag(3, 4, to_ink),
    }
    return icc_profile("CMYK", "Lab", tags, "Muddy press")


WIDE = {
    "Display P3": rgb_profile(P3, curve_tag(*SRGB_CURVE), "Display P3"),
    "Adobe RGB": rgb_profile(ADOBE, table_tag(np.array([round(2.19921875 * 256)])), "Adobe RGB"),
    "P3 by table": rgb_profile(P3, table_tag(65535 * np.linspace(0, 1, 1024) ** 2.2), "P3 by table"),
}
DARK_GREY = icc_profile("GRAY", "XYZ", {"kTRC": curve_tag(3.0)}, "Dark grey")
