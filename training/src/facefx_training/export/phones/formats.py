"""What phones' runtimes are given: for each format, how a network is written in it, and how the file is run here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from . import coreml, ncnn, tflite
from .converters import Job

__all__ = ["FORMATS", "PRECISIONS", "Format", "Precision", "Run"]

Precision = Literal["float32", "float16", "int8"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
#: (S, S, 3) float32 RGB in [0, 1] → (classes, S, S) float32, what the network gives.
Run = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Format:
    """One of them.

    Attributes
    ----------
    write : writes a `Job` and returns the files' names in its folder.
    open : makes a folder's model ready on one thread; None where no runtime of this platform runs it.
    precisions : those that its converter writes.
    layout : of input and output, N being 1.
    taken, given : what goes in and what comes out, for the card.
    """

    write: Callable[[Job], list[str]]
    open: Callable[[Path], Run] | None
    precisions: tuple[Precision, ...]
    layout: str
    taken: Mapping[str, str]
    given: Mapping[str, str]


_FLOATS = {"type": "float32", "values": "RGB from 0 to 1"}

FORMATS: Mapping[str, Format] = {
    "tflite": Format(
        tflite.write,
        tflite.open_model,
        PRECISIONS,
        "NHWC",
        {"name": "args_0", **_FLOATS},
        {"name": "output_0", "type": "float32"},
    ),
    "ncnn": Format(
        ncnn.write,
        ncnn.open_model,
        ("float32", "float16"),
        "CHW",
        {"name": "in0", **_FLOATS},
        {"name": "out0", "type": "float32"},
    ),
    "coreml": Format(
        coreml.write,
        None,
        PRECISIONS,
        "NCHW",
        {"name": "image", "type": "image, 8 bits a channel", "values": "RGB from 0 to 255, which the model divides by 255 itself"},
        {"name": "logits", "type": "float16; float32 if written so"},
    ),
}
