"""Arrays, images and encoded files of every kind, for the tests of the door."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import ExifTags, Image, ImageCms, features

RNG = np.random.default_rng(7)
SHAPES = [(5, 7), (5, 7, 1), (5, 7, 2), (5, 7, 3), (5, 7, 4)]
DTYPES = ["uint8", "uint16", "float32", "float64", ">u2"]
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I;16", "I", "F"]
FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF"] + (["AVIF"] if features.check("avif") else [])
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
