"""Files with 16 bits a channel, which Pillow would cut to 8: read by OpenCV, written as PNG and TIFF with their colour profile."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, TiffImagePlugin

from ..errors import ImageError, OutputError
from .metadata import Metadata

__all__ = ["decode_16_bits", "encode_16_bits", "has_16_bits"]


def has_16_bits(image: Image.Image, data: bytes) -> bool:
    """Whether a PNG or TIFF holds 16 bits a channel, read off the file's own header: Pillow opens most of them as 8."""
    if image.format == "PNG":
        return data[24] == 16  # the header chunk always comes first
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        depths, signs = image.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, ()), image.tag_v2.get(TiffImagePlugin.SAMPLEFORMAT, (1,))
        return set(depths) == {16} and set(signs) == {1} and image.mode in ("I;16", "I;16B", "RGB", "RGBA")
    return False


def decode_16_bits(image: Image.Image, data: bytes, what: str) -> NDArray[np.uint16]:
    """The same file's 16 bits through OpenCV, once Pillow has found it whole."""
    if image.format == "PNG":
        data = _plain_png(data, what)
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16:
        raise ImageError(f"{what} has 16 bits a channel and is damaged or in a layout that OpenCV cannot read.")
    if array.ndim == 3:
        array = cv2.cvtColor(array, cv2.COLOR_BGR2RGB if array.shape[2] == 3 else cv2.COLOR_BGRA2RGBA)
    if image.format == "PNG":  # OpenCV turns TIFFs itself
        array = _upright(array, image.getexif().get(ExifTags.Base.Orientation, 1))
    return np.ascontiguousarray(array)


def _plain_png(data: bytes, what: str) -> bytes:
    """The header, transparency and pixels alone: OpenCV sets aside up to 2 GiB for whatever length a chunk claims."""
    kept, at = [data[:33]], 33
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if kind in (b"tRNS", b"IDAT", b"IEND") and end <= len(data):
            kept.append(data[at:end])
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise ImageError(f"{what} is damaged or cut short: its chunks do not add up.")


def _upright(array: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn what was stored with an EXIF orientation, 1 to 8, into what the eye should see."""
    if orientation in (5, 6, 7, 8):
        array = np.swapaxes(array, 0, 1)
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    return array


def encode_16_bits(array: NDArray[np.uint16], metadata: Metadata, format: str) -> bytes:
    """A (H, W) or (H, W, 1, 3 or 4) array as a "PNG" or "TIFF" file."""
    return (_png if format == "PNG" else _tiff)(array, metadata)


def _png(array: NDArray[np.uint16], metadata: Metadata) -> bytes:
    """PNG (ISO/IEC 15948) by OpenCV, with an iCCP and an eXIf chunk put after the header chunk, which is bytes 8 to 33."""
    order = {3: cv2.COLOR_RGB2BGR, 4: cv2.COLOR_RGBA2BGRA}.get(array.shape[2] if array.ndim == 3 else 1)
    written, png = cv2.imencode(".png", array if order is None else cv2.cvtColor(array, order))
    if not written:
        raise OutputError(f"OpenCV could not write an array of shape {array.shape} as PNG.")
    chunks = b""
    if metadata.icc:
        chunks += _png_chunk(b"iCCP", b"ICC profile\0\0" + zlib.compress(metadata.icc))
    if metadata.exif:
        chunks += _png_chunk(b"eXIf", metadata.exif.removeprefix(b"Exif\0\0"))
    data = png.tobytes()
    return data[:33] + chunks + data[33:]


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _tiff(array: NDArray[np.uint16], metadata: Metadata) -> bytes:
    """Baseline TIFF 6.0 in one deflated strip: OpenCV's would lose the colour profile."""
    planes = array[..., None] if array.ndim == 2 else array
    height, width, channels = planes.shape
    strip = zlib.compress(planes.astype("<u2").tobytes(), 4)
    directory = TiffImagePlugin.ImageFileDirectory_v2(prefix=b"II")
    described = Image.Exif()
    described.load(metadata.exif)
    for tag in described:
        directory[tag] = described.get_ifd(tag) if tag in set(ExifTags.IFD) else described[tag]
    directory[ExifTags.Base.ImageWidth], directory[ExifTags.Base.ImageLength] = width, height
    directory[ExifTags.Base.BitsPerSample] = (16,) * channels
    directory[ExifTags.Base.Compression] = 8  # Adobe deflate
    directory[ExifTags.Base.PhotometricInterpretation] = 2 if channels >= 3 else 1
    directory[ExifTags.Base.StripOffsets] = 0  # Pillow adds the length of what comes before
    directory[ExifTags.Base.SamplesPerPixel], directory[ExifTags.Base.RowsPerStrip] = channels, height
    directory[ExifTags.Base.StripByteCounts] = len(strip)
    if channels == 4:
        directory[TiffImagePlugin.EXTRASAMPLES] = 2  # alpha, not multiplied in
    if metadata.icc:
        directory[TiffImagePlugin.ICCPROFILE] = metadata.icc
    out = io.BytesIO()
    directory.save(out)
    out.write(strip)
    return out.getvalue()
