"""Everything that decides what a detector's run gives; saved beside its weights."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from facefx.errors import ParameterError

from ..run.base_config import RunConfig

__all__ = ["DetectorConfig"]


@dataclass(frozen=True, kw_only=True)
class DetectorConfig(RunConfig):
    """Settings of a detector's training run, beside those of `RunConfig`; sizes are multiples of 32.

    Attributes
    ----------
    faces : folder of pairs with `train.txt` and `val.txt`, in CelebAMask-HQ's labels, whose heads are pasted
    frames : folder of photos with 68 landmarks, laid onto other pictures; None does without
    frames_share : of the pictures, how many show such a photo
    encoder_rate, rate : peak learning rates of AdamW, falling to zero by a cosine: of the encoder, and of the rest
    pyramid : of `FaceNet`
    start : folder of a segmenter's run with the same encoder whose averaged weights that starts with; None for ImageNet's
    epoch : steps between checkpoints, of which every other is written
    """

    faces: str
    frames: str | None = None
    frames_share: float = 0.2
    sizes: tuple[tuple[float, int], ...] = ((0.0, 192), (0.45, 256))
    batch: int = 16
    encoder_rate: float = 5e-4
    rate: float = 2e-3
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
