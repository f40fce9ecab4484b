"""Everything that decides what a detector's run gives; saved beside its weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from facefx.errors import ParameterError

from ..run.base_config import RunConfig
from ..run.options import Folder, Option

__all__ = ["DetectorConfig"]

_RATE = "Peak learning rate; the encoder's is a quarter of it."


class _Quarter(Option):
    def read(self, given: float, before: float) -> float:
        return given / 4


@dataclass(frozen=True, kw_only=True)
class DetectorConfig(RunConfig):
    """Settings of a detector's training run, beside those of `RunConfig`; sizes are multiples of 32.

    Attributes
    ----------
    frames_share : of the pictures, how many show a photo of `frames`
    rate, encoder_rate : peak learning rates of AdamW, falling to zero by a cosine
    pyramid : of `FaceNet`
    epoch : steps between checkpoints, of which every other is written
    """

    faces: Annotated[str, Folder("Folder of pairs, in CelebAMask-HQ's labels, with train.txt and val.txt, whose heads are pasted.")]
    frames: Annotated[
        str | None, Folder("Folder of photos with landmarks.csv, 68 points, laid onto other pictures; left out, there are none.")
    ] = None
    frames_share: float = 0.2
    start: Annotated[
        str | None, Folder("Start from the encoder of that segmenter's run, which must be the same, not from ImageNet.")
    ] = None
    sizes: tuple[tuple[float, int], ...] = ((0.0, 192), (0.45, 256))
    batch: int = 16
    rate: Annotated[float, Option(_RATE)] = 2e-3
    encoder_rate: Annotated[float, _Quarter(_RATE, "rate")] = 5e-4
    warmup: float = 0.03
    pyramid: int = 64
    stored: int = 256
    epoch: int = 50
    validate_every: int = 6
    threads: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if wrong := [side for _, side in self.sizes if side < 64 or side % 32]:
            raise ParameterError(f"sizes={wrong} are not allowed; sides of pictures are multiples of 32, at least 64.")

    @classmethod
    def load(cls, path: Path) -> DetectorConfig:
        values = json.loads(path.read_text())
        sizes = tuple((float(share), int(side)) for share, side in values["sizes"])
        return cls(**{**values, "sizes": sizes})
