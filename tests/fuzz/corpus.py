"""Small whole inputs of each kind, made here, which are then damaged."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache

import numpy as np
from PIL import Image

from facefx.labels import scheme
from pictures import FORMATS, PROFILE, an_array, an_image, encoded, encoded_16, with_exif
from tiffs import a_tiff

__all__ = ["CARDS", "CUBES", "EFFECTS", "LOOKS", "PICTURES", "films"]


def _animated(format: str) -> bytes:
    first, *more = [an_image("RGB", (12, 9)) for _ in range(3)]
    return encoded(first, format, save_all=True, append_images=more, duration=40)


PICTURES: tuple[bytes, ...] = (
    *(encoded(an_image("P" if format == "GIF" else "RGB", (19, 14)), format) for format in FORMATS),
    *(encoded(an_image(mode, (19, 14)), format) for mode, format in (("L", "JPEG"), ("CMYK", "JPEG"), ("1", "PNG"), ("P", "PNG"))),
    *(encoded(an_image(mode, (19, 14)), "TIFF") for mode in ("1", "L", "LA", "P", "RGBA", "CMYK")),
    encoded(an_image("RGB", (19, 14)), "JPEG", progressive=True),
    encoded(an_image("RGB", (19, 14)), "JPEG", icc_profile=PROFILE),
    encoded(an_image("RGB", (19, 14)), "TIFF", compression="tiff_deflate"),
    encoded(an_image("RGB", (19, 14)), "TIFF", compression="tiff_lzw"),
    encoded(Image.fromarray(an_array((14, 19), "uint8") > 127), "TIFF", compression="group4"),
    encoded(an_image("RGB", (19, 14)), "WEBP", lossless=True),
    *(with_exif(an_image("RGB", (19, 14)), 6, format) for format in ("JPEG", "PNG", "WEBP", "TIFF")),
    *(_animated(format) for format in ("GIF", "PNG", "WEBP", "TIFF")),
    *(encoded_16(an_array(shape, "uint16"), suffix) for shape in ((9, 7), (9, 7, 3), (9, 7, 4)) for suffix in (".png", ".tiff")),
    *(a_tiff(an_array((9, 7, 3), "uint16"), planar=True, order=order) for order in "<>"),
    a_tiff(an_array((9, 7), "uint16"), t262=0),
    a_tiff(an_array((9, 7, 4), "uint16"), t338=1),
    a_tiff(an_array((9, 7, 2), "uint8"), t338=1),
    b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(64),
)

LOOKS: tuple[bytes, ...] = (
    b"facefx_look: 1\nseed: 3\nsteps:\n- use: recolor_lips\n  params: {color: '#c00', strength: 0.8}\n",
    b'{"facefx_look": 1, "steps": [{"use": "facefx:recolor_hair", "params": {"strength": 1}, "version": "1"}]}',
    b"facefx_look: 1\nsteps: [&a {use: face_boxes, params: {}}, *a, *a]\nname: x\n",
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b, 2001-01-01, 1:30, 0x1f, .inf, .nan, ~, !!binary aGk=]\n",
)

EFFECTS: tuple[bytes, ...] = (
    b"recolor_lips:color=#c00,strength=0.8,finish=gloss",
    b"facefx:recolor_hair:color=rgb(200, 0, 0),strength=1",
    b'replace_background:picture="a, b.jpg",second=red',
    b"anonymize:faces=!(10.5,-2,300,400),method=block",
)

_CLASSES = ", ".join(f'"{name}"' for name in scheme("celebamask").classes)
CARDS: tuple[bytes, ...] = (
    f"""name = "x"
version = "1.0.0"
family = "tiny"
summary = "reads colours"
sha256 = "00"
parameters = 76
license = "Apache-2.0"
data_license = "none"
[input]
size = [64, 64]
[labels]
scheme = "celebamask"
classes = [{_CLASSES}]
[scores]
mean_f1 = 0.5
[quality.fast]
size = 64
mirror = false
""".encode(),
)

_ROWS = "\n".join(" ".join(f"{value:.3f}" for value in row) for row in np.linspace(0, 1, 24).reshape(8, 3))
CUBES: tuple[bytes, ...] = (
    f'TITLE "t"\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 1 1\nLUT_3D_SIZE 2\n{_ROWS}\n'.encode(),
    f"# note\nLUT_1D_SIZE 8\n{_ROWS}\n".encode(),
)

#: Container, codec of the picture, of the sound.
_FILMS = (
    ("mp4", "libx264", "aac"), ("mov", "prores_ks", "pcm_s16le"), ("matroska", "libx264", "flac"), ("webm", "libvpx-vp9", "opus"),
    ("webm", "libvpx", None), ("avi", "mpeg4", None), ("mpegts", "libx264", "aac"), ("mpeg", "mpeg2video", "mp2"),
    ("flv", "flv1", "aac"), ("nut", "ffv1", None), ("asf", "wmv2", None), ("mov", None, "aac"), ("matroska", "mjpeg", None),
)  # fmt: skip


@cache
def films() -> tuple[bytes, ...]:
    """Three frames and a tone in each kind of container, and one of sound alone. Raises `ImportError` without PyAV."""
    return tuple(_film(*kind) for kind in _FILMS)


def _film(container: str, codec: str | None, sound: str | None) -> bytes:
    import av

    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        file.metadata.update(title="a film", location="+40.7-074.0/")
        video = file.add_stream(codec, rate=Fraction(25)) if codec else None
        tone = file.add_stream("libopus" if sound == "opus" else sound, rate=48_000, layout="mono") if sound else None
        if video:
            video.width, video.height = 48, 32
            video.pix_fmt = {"prores_ks": "yuv444p10le", "mjpeg": "yuvj420p"}.get(str(codec), "yuv420p")
            for image in (an_image("RGB", (48, 32)) for _ in range(3)):
                file.mux(video.encode(av.VideoFrame.from_image(image)))
            file.mux(video.encode(None))
        if tone:
            kind = tone.codec_context.format.name
            silence = np.zeros((1, 4096), {"s16": np.int16, "s16p": np.int16}.get(kind, np.float32))
            samples = av.AudioFrame.from_ndarray(silence, format=kind, layout="mono")
            samples.rate, samples.pts = 48_000, 0
            file.mux(tone.encode(samples))
            file.mux(tone.encode(None))
    return out.getvalue()
