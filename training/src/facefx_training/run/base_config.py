"""What every run lets one set."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from facefx.errors import ParameterError

from .options import Option, Pairs

__all__ = ["RunConfig"]


@dataclass(frozen=True, kw_only=True)
class RunConfig:
    """Settings of any training run. Most follow the share of it that is over; exactly one of `minutes` and `steps` is given.

    Attributes
    ----------
    weight_decay, warmup : of AdamW; share of the run in which the rates rise
    ema : decay a step of the averaged weights, which are those that count
    stored : side at which pictures are kept in memory, pixels
    validate_every, validate_on : epochs between validations, and how many pictures they take
    """

    minutes: Annotated[float | None, Option("Train for so long by the clock.")] = None
    steps: Annotated[int | None, Option("Train for so many steps of a batch.")] = None
    sizes: Annotated[
        tuple[tuple[float, int], ...],
        Pairs("FROM=PIXELS: side of the pictures from that share of the run on.", "size", right=int),
    ]
    batch: Annotated[int, Option("Pictures a step, on each device.")]
    weight_decay: float = 0.01
    warmup: float
    ema: float = 0.998
    stored: int
    validate_every: int
    validate_on: int = 40
    workers: Annotated[int, Option("Processes that prepare pictures, for each device.")] = 1
    threads: Annotated[int, Option("Processor cores for the network, on each device.")]
    seed: Annotated[int, Option("Of all that is left to chance.")] = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ParameterError(f"give minutes or steps, not both: minutes={self.minutes}, steps={self.steps}.")

    def size_at(self, progress: float) -> int:
        """Side of the pictures when that share of the run is over."""
        return next(size for start, size in reversed(self.sizes) if progress >= start)

    def save(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=2) + "\n")
