"""What every run lets one set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from facefx.errors import ParameterError

__all__ = ["RunConfig"]


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings of any training run.

    Attributes
    ----------
    minutes, steps : how long to train; exactly one of them. The other settings follow the share of it that is over
    sizes : pairs (share of the run from which it holds, side of the pictures in pixels)
    batch : pictures a step, on each device
    weight_decay, warmup : of AdamW; share of the run in which the rates rise
    ema : decay a step of the averaged weights, which are those that count
    start : folder of a run whose averaged weights to start from, as far as names and shapes agree, or a model folder, which must
        fit; None starts as the family does
    stored : side at which pictures are kept in memory, pixels
    validate_every, validate_on : epochs between validations, and how many pictures they take
    workers, threads : processes that prepare pictures, and processor cores for the network, on each device
    """

    minutes: float | None = None
    steps: int | None = None
    sizes: tuple[tuple[float, int], ...]
    batch: int
    weight_decay: float = 0.01
    warmup: float
    ema: float = 0.998
    start: str | None = None
    stored: int
    validate_every: int
    validate_on: int = 40
    workers: int = 1
    threads: int
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ParameterError(f"give minutes or steps, not both: minutes={self.minutes}, steps={self.steps}.")

    def size_at(self, progress: float) -> int:
        """Side of the pictures when that share of the run is over."""
        return next(size for start, size in reversed(self.sizes) if progress >= start)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")
