"""Everything that decides what a run gives; saved beside its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from facefx.errors import ParameterError

__all__ = ["Config"]


@dataclass(frozen=True)
class Config:
    """Settings of a training run.

    Attributes
    ----------
    data : folder of CelebAMask-HQ pairs with `train.txt` and `val.txt`
    extra : pairs (folder of the same form, share of an epoch's pictures to draw from it); their `val.txt` is not looked at
    family, options : of `facefx_training.networks.build`
    start : folder of a run whose averaged weights to start from, as far as names and shapes agree; None starts as the family does
    minutes, steps : how long to train; exactly one of them. The other settings follow the share of it that is over
    sizes : pairs (share of the run from which it holds, side of the crops in pixels)
    batch : pictures a step
    encoder_rate, decoder_rate : peak learning rates of AdamW
    class_weights : of the cross-entropy, for classes that do not weigh 1
    oftener : how much oftener a picture is drawn that has such a part
    weight_decay, warmup : of AdamW; share of the run in which the rates rise
    ema : decay a step of the averaged weights, which are those that count
    stored : side at which pictures are kept in memory, pixels
    validate_every, validate_on : epochs between validations, and how many pictures they take
    """

    data: str
    extra: tuple[tuple[str, float], ...] = ()
    family: str = "unet"
    options: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None
    minutes: float | None = None
    steps: int | None = None
    sizes: tuple[tuple[float, int], ...] = ((0.0, 192), (0.3, 256), (0.7, 320))
    batch: int = 8
    encoder_rate: float = 5e-4
    decoder_rate: float = 1.5e-3
    class_weights: Mapping[str, float] = field(
        default_factory=lambda: {"necklace": 8.0, "earring": 2.0, "hat": 1.5, "eyeglasses": 1.5}
    )
    oftener: Mapping[str, float] = field(default_factory=lambda: {"necklace": 6.0, "hat": 3.0, "eyeglasses": 3.0, "earring": 1.5})
    weight_decay: float = 0.01
    warmup: float = 0.02
    ema: float = 0.998
    stored: int = 384
    validate_every: int = 10
    validate_on: int = 40
    workers: int = 1
    threads: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ParameterError(f"give minutes or steps, not both: minutes={self.minutes}, steps={self.steps}.")

    def size_at(self, progress: float) -> int:
        """Side of the crops when that share of the run is over."""
        return next(size for start, size in reversed(self.sizes) if progress >= start)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")

    @classmethod
    def load(cls, path: Path) -> Config:
        values = json.loads(path.read_text())
        return cls(
            **{**values, **{name: tuple(tuple(pair) for pair in values[name]) for name in ("sizes", "extra") if name in values}}
        )
