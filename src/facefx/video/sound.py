"""Sound encoded anew, where a file holds none but Opus (RFC 6716)."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from .files import opened, pyav

__all__ = ["OPUS_ONLY", "add_opus", "opus_packets"]

#: The endings of files whose sound is encoded anew, if they do not hold it as it is.
OPUS_ONLY = frozenset({".webm"})
#: The rate at which Opus works, in samples a second.
_RATE = 48_000
#: Bits a second for each channel: of two, 128,000 are told from the original by hardly anybody.
_BITS = 64_000
#: The orders of channels that Opus has; others are mixed into two.
_ORDERS = {"mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"}


def add_opus(result: Any, sound: Any) -> Any:
    """A stream of an open file for what a source's stream of sound says."""
    order = sound.codec_context.layout.name.removesuffix("(side)")
    channels = sound.codec_context.channels if order in _ORDERS else 2
    return result.add_stream("libopus", rate=_RATE, layout=order if order in _ORDERS else "stereo", bit_rate=_BITS * channels)


def opus_packets(source: Path, index: int, into: Any, start: Fraction) -> Iterator[Any]:
    """The packets of a source's stream of sound as Opus, on a clock that is set to zero at `start`, in seconds.

    Frames that cannot be decoded are left out; the others keep their times.
    """
    invalid = pyav().error.InvalidDataError
    with opened(source) as container:
        for packet in container.demux(container.streams[index]):
            try:
                frames = packet.decode()
            except invalid:
                continue
            for frame in frames:
                if frame.pts is not None:
                    frame.pts -= round(start / frame.time_base)
                yield from into.encode(frame)  # which resamples
        yield from into.encode(None)
