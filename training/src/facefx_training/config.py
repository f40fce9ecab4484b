"""Everything that decides what a run gives; saved beside its weights."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from facefx.errors import ParameterError
from facefx.labels import LabelScheme
from facefx.labels import scheme as find_scheme

__all__ = ["Config", "usual_augment"]

_CHOICES = {
    "schedule": ("cosine", "plateau"),
    "precision": ("32", "16-mixed", "bf16-mixed"),
    "accelerator": ("auto", "cpu", "gpu"),
    "critic": ("lsgan", "bce"),
    "augment": ("cpu", "gpu"),
}


@dataclass(frozen=True)
class Config:
    """Settings of a training run.

    Attributes
    ----------
    data : folder of pairs with `train.txt` and `val.txt`, or of A|B pictures (`data.ab`)
    extra : pairs (folder of the same form, share of an epoch's pictures to draw from it); only its training pictures are
    scheme : label scheme of the network; labels in other schemes are translated
    family, options : of `facefx_training.networks.build`
    start : folder of a run whose averaged weights to start from, as far as names and shapes agree; None starts as the family does
    minutes, steps : how long to train; exactly one of them. The other settings follow the share of it that is over
    sizes : pairs (share of the run from which it holds, side of the crops in pixels)
    batch : pictures a step, on each device
    encoder_rate, decoder_rate : peak learning rates of AdamW
    schedule : of the rates. "cosine" falls to zero; "plateau" halves them after `plateau` validations without a better mean F1
    patience : validations without a better mean F1 after which the run ends early; None never ends it early
    loss : one of `facefx_training.losses.LOSSES`
    class_weights : of the cross-entropy, for classes that do not weigh 1
    oftener : how much oftener a picture is drawn that has such a part
    weight_decay, warmup : of AdamW; share of the run in which the rates rise
    ema : decay a step of the averaged weights, which are those that count
    critic, critic_rate, critic_width : of pix2pix: its adversarial loss, and the critic's peak learning rate and channels (64 in
        the paper, which takes most of the time of a step on a CPU)
    l1, supervision : of pix2pix: what the distance to the mask picture weighs, and `loss` on the decoded labels, where the
        adversarial loss weighs 1
    augment : where pictures are varied: "cpu" by `data.Augment`, "gpu" by `data.augment_gpu`, which needs kornia
    stored : side at which pictures are kept in memory, pixels
    validate_every, validate_on : epochs between validations, and how many pictures they take
    accelerator, devices, num_nodes, precision : of Lightning; several devices train together (DDP)
    workers, threads : processes that prepare pictures, and processor cores for the network, on each device
    """

    data: str
    extra: tuple[tuple[str, float], ...] = ()
    scheme: str = "celebamask"
    family: str = "unet"
    options: Mapping[str, Any] = field(default_factory=dict)
    start: str | None = None
    minutes: float | None = None
    steps: int | None = None
    sizes: tuple[tuple[float, int], ...] = ((0.0, 192), (0.3, 256), (0.7, 320))
    batch: int = 8
    encoder_rate: float = 5e-4
    decoder_rate: float = 1.5e-3
    schedule: str = "cosine"
    plateau: int = 3
    patience: int | None = None
    loss: str = "ce+dice"
    class_weights: Mapping[str, float] = field(
        default_factory=lambda: {"necklace": 8.0, "earring": 2.0, "hat": 1.5, "eyeglasses": 1.5}
    )
    oftener: Mapping[str, float] = field(default_factory=lambda: {"necklace": 6.0, "hat": 3.0, "eyeglasses": 3.0, "earring": 1.5})
    weight_decay: float = 0.01
    warmup: float = 0.02
    ema: float = 0.998
    critic: str = "lsgan"
    critic_rate: float = 2e-4
    critic_width: int = 32
    l1: float = 100.0
    supervision: float = 1.0
    augment: str = "cpu"
    stored: int = 384
    validate_every: int = 10
    validate_on: int = 40
    accelerator: str = "auto"
    devices: int = 1
    num_nodes: int = 1
    precision: str = "32"
    workers: int = 1
    threads: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ParameterError(f"give minutes or steps, not both: minutes={self.minutes}, steps={self.steps}.")
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ParameterError(f"{name}={getattr(self, name)!r} is not one of {', '.join(allowed)}.")

    @property
    def labels(self) -> LabelScheme:
        return find_scheme(self.scheme)

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


def usual_augment() -> str:
    """Where pictures are varied unless a user says otherwise: on the GPU if there are CUDA and kornia."""
    import torch

    return "gpu" if torch.cuda.is_available() and importlib.util.find_spec("kornia") else "cpu"
