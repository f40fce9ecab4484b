"""Everything that decides what a detector's run gives; saved beside its weights."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from facefx.errors import ParameterError

__all__ = ["DetectorConfig"]


@dataclass(frozen=True)
class DetectorConfig:
    """Settings of a training run.

    Attributes
    ----------
    faces : folder of pairs with `train.txt` and `val.txt`, in CelebAMask-HQ's labels, whose heads are pasted
    frames : folder of photos with 68 landmarks, laid onto other pictures; None does without
    frames_share : of the pictures, how many show such a photo
    minutes, steps : how long to train; exactly one of them. The other settings follow the share of it that is over
    sizes : pairs (share of the run from which it holds, side of the pictures in pixels, a multiple of 32)
    batch : pictures a step
    encoder_rate, rate : peak learning rates of AdamW, falling to zero by a cosine: of the encoder, and of the rest
    weight_decay, warmup : of AdamW; share of the run in which the rates rise
    ema : decay a step of the averaged weights, which are those that count
    pyramid : of `FaceNet`
    start : folder of a segmenter's run with the same encoder whose averaged weights that starts with; None for ImageNet's
    stored : side at which heads are kept in memory, pixels
    epoch : steps between checkpoints, of which every other is written
    validate_every, validate_on : epochs between validations, and how many composed pictures they take
    workers, threads : processes that compose pictures, and processor cores for the network
    """

    faces: str
    frames: str | None = None
    frames_share: float = 0.2
    minutes: float | None = None
    steps: int | None = None
    sizes: tuple[tuple[float, int], ...] = ((0.0, 192), (0.45, 256))
    batch: int = 16
    encoder_rate: float = 5e-4
    rate: float = 2e-3
    weight_decay: float = 0.01
    warmup: float = 0.03
    ema: float = 0.998
    pyramid: int = 64
    start: str | None = None
    stored: int = 256
    epoch: int = 50
    validate_every: int = 6
    validate_on: int = 40
    workers: int = 1
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ParameterError(f"give minutes or steps, not both: minutes={self.minutes}, steps={self.steps}.")
        if wrong := [side for _, side in self.sizes if side < 64 or side % 32]:
            raise ParameterError(f"sizes={wrong} are not allowed; sides of pictures are multiples of 32, at least 64.")

    def size_at(self, progress: float) -> int:
        """Side of the pictures when that share of the run is over."""
        return next(size for start, size in reversed(self.sizes) if progress >= start)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> DetectorConfig:
        values = json.loads(path.read_text())
        sizes = tuple((float(share), int(side)) for share, side in values["sizes"])
        return cls(**{**values, "sizes": sizes})
