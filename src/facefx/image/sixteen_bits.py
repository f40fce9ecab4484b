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

_MIN_IS_WHITE, _MULTIPLIED_IN = 0, 1  # of the tags PhotometricInterpretation and ExtraSamples
_LONG = 4  # the type of an entry: 32 bits
#: Tags that say how a TIFF's strips or tiles are laid out, and those of which each plane has its own share: width, length,
#: compression, orientation, rows in a strip, predictor, a tile's width and length; offsets and lengths of strips, and of tiles.
_OF_THE_LAYOUT, _OF_EACH_PLANE = {256, 257, 259, 274, 278, 317, 322, 323}, {273, 279, 324, 325}


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
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return np.ascontiguousarray(_tiff_array(image, data, what))
    array = _colors(_by_opencv(_plain_png(data, what), what))
    return np.ascontiguousarray(_upright(array, image.getexif().get(ExifTags.Base.Orientation, 1)))


def _by_opencv(data: bytes, what: str) -> NDArray[np.uint16]:
    """What OpenCV makes of a file, its colours in OpenCV's order. It turns TIFFs as they say, but not PNGs."""
    array = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16:
        raise ImageError(f"{what} has 16 bits a channel and is damaged or in a layout that OpenCV cannot read.")
    return np.asarray(array)


def _colors(array: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """From OpenCV's order of colours to ours."""
    if array.ndim == 2:
        return array
    return np.asarray(cv2.cvtColor(array, cv2.COLOR_BGR2RGB if array.shape[2] == 3 else cv2.COLOR_BGRA2RGBA))


def _tiff_array(image: TiffImagePlugin.TiffImageFile, data: bytes, what: str) -> NDArray[np.uint16]:
    """A TIFF as it should be seen, also where the planes lie apart, white is 0, or alpha is multiplied in, which OpenCV ignores."""
    tags = image.tag_v2
    planes = int(tags.get(TiffImagePlugin.SAMPLESPERPIXEL, 1))
    if planes > 1 and tags.get(TiffImagePlugin.PLANAR_CONFIGURATION, 1) == 2:
        try:
            apart = [_by_opencv(_plane(image, data, index, planes), what) for index in range(planes)]
        except (struct.error, TypeError) as error:  # tags that are no numbers
            raise ImageError(f"{what} is damaged: its tags do not say where its planes are.") from error
        if len({plane.shape for plane in apart}) > 1 or apart[0].ndim != 2:
            raise ImageError(f"{what} has 16 bits a channel in planes that do not fit together.")
        array = np.dstack(apart)
    else:
        array = _colors(_by_opencv(data, what))
    if tags.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == _MIN_IS_WHITE:
        array = 65535 - array
    if array.ndim == 3 and array.shape[2] == 4 and tags.get(TiffImagePlugin.EXTRASAMPLES, (0,))[0] == _MULTIPLIED_IN:
        alpha = array[..., 3:].astype(np.float32)
        array = array.copy()
        array[..., :3] = np.minimum(array[..., :3] * np.float32(65535) / np.maximum(alpha, 1) + np.float32(0.5), 65535)
    return array


def _plane(image: TiffImagePlugin.TiffImageFile, data: bytes, index: int, planes: int) -> bytes:
    """One plane of a TIFF whose planes lie apart, as a grey TIFF: the same file with another directory (TIFF 6.0, section 2)."""
    entries: dict[int, tuple[int, ...]] = {
        TiffImagePlugin.SAMPLESPERPIXEL: (1,),
        TiffImagePlugin.BITSPERSAMPLE: (16,),
        TiffImagePlugin.PHOTOMETRIC_INTERPRETATION: (1,),
    }
    for tag, value in image.tag_v2.items():
        numbers = value if isinstance(value, tuple) else (value,)
        if tag in _OF_THE_LAYOUT:
            entries[tag] = numbers[:1]
        if tag in _OF_EACH_PLANE:
            count = len(numbers) // planes
            entries[tag] = numbers[index * count : (index + 1) * count]
    order = "<" if image.tag_v2.prefix == b"II" else ">"
    start = len(data) + len(data) % 2
    directory, behind = struct.pack(f"{order}H", len(entries)), b""
    for tag, numbers in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        place = struct.pack(f"{order}I", start + 2 + 12 * len(entries) + 4 + len(behind))
        directory += struct.pack(f"{order}HHI", tag, _LONG, len(numbers)) + (packed if len(numbers) == 1 else place)
        behind += b"" if len(numbers) == 1 else packed
    header = image.tag_v2.prefix + struct.pack(f"{order}HI", 42, start)
    return header + data[8:].ljust(start - 8, b"\0") + directory + struct.pack(f"{order}I", 0) + behind


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
