"""Films of drawn heads, and video files of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from facefx.labels import Label
from synthetic import PALETTE, Head, label_picture, painted

SIZE = (160, 224)
HEAD = Head((110.0, 84.0), 80.0)
CLOCK = Fraction(1, 90_000)


def film(count: int, step: float = 2.0, roll: float = 0.0, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """A head that moves `step` pixels to the right and turns by `roll` degrees each frame: (H, W, 3) uint8 each."""
    x, y = HEAD.center
    return [painted(label_picture([Head((x + step * t, y), HEAD.side, roll * t)], size)) for t in range(count)]


def empty(count: int, size: tuple[int, int] = SIZE) -> list[np.ndarray]:
    """Frames without a face."""
    grain = np.random.default_rng(1).integers(0, 12, (*size, 1), np.uint8)
    return [np.asarray(PALETTE[Label.BACKGROUND], np.uint8) + grain for _ in range(count)]


def uneven(count: int) -> list[int]:
    """Times of frames of a variable rate, in 90,000ths of a second."""
    return np.cumsum([0, *([3600, 3000, 5400, 3700] * count)])[:count].tolist()


def write_video(
    path: Path, frames: Sequence[np.ndarray], times: Sequence[int] | None = None, *, sound: bool = True, crf: int = 8
) -> Path:
    """H.264 with an AAC tone beside it."""
    import av

    height, width = frames[0].shape[:2]
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=Fraction(25), options={"crf": str(crf), "bf": "0", "g": "8"})
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = CLOCK
        tone = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for frame, time in zip(frames, times or range(0, 3600 * len(frames), 3600), strict=True):
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            picture.pts, picture.time_base = time, CLOCK
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        if tone:
            for block in range(6):
                wave = np.sin(np.arange(1024) / 6, dtype=np.float32)[None] / 3
                samples = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                samples.rate, samples.pts = 16_000, block * 1024
                container.mux(tone.encode(samples))
            container.mux(tone.encode(None))
    return path


def read_video(path: Path) -> tuple[list[int], list[np.ndarray]]:
    """Times in 90,000ths of a second, and frames, (H, W, 3) uint8."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        return [round(f.pts * stream.time_base / CLOCK) for f in frames], [f.to_ndarray(format="rgb24") for f in frames]


def sound_packets(path: Path) -> list[bytes]:
    import av

    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size] if container.streams.audio else []
