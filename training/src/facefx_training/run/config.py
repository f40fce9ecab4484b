"""Everything that decides what a run gives; saved beside its weights."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facefx.errors import ParameterError
from facefx.labels import LabelScheme
from facefx.labels import scheme as find_scheme

from .base_config import RunConfig

__all__ = ["Config", "usual_augment"]

_CHOICES = {
    "schedule": ("cosine", "plateau"),
    "precision": ("32", "16-mixed", "bf16-mixed"),
    "accelerator": ("auto", "cpu", "gpu"),
    "critic": ("lsgan", "bce"),
    "augment": ("cpu", "gpu"),
}


@dataclass(frozen=True, kw_only=True)
class Config(RunConfig):
    """Settings of a segmenter's training run, beside those of `RunConfig`.

    Attributes
    ----------
    data : folder of pairs with `train.txt` and `val.txt`, or of A|B pictures (`data.ab`)
    extra : pairs (folder of the same form, share of an epoch's pictures to draw from it); only its training pictures are
    scheme : label scheme of the network; labels in other schemes are translated
    family, options : of `facefx_training.networks.build`
    encoder_rate, decoder_rate : peak learning rates of AdamW
    schedule : of the rates. "cosine" falls to zero; "plateau" halves them after `plateau` validations without a better mean F1
    patience : validations without a better mean F1 after which the run ends early; None never ends it early
    loss : one of `facefx_training.losses.LOSSES`
    class_weights : of the cross-entropy, for classes that do not weigh 1
    oftener : how much oftener a picture is drawn that has such a part
    critic, critic_rate, critic_width : of pix2pix: its adversarial loss, and the critic's peak learning rate and channels (64 in
        the paper, which takes most of the time of a step on a CPU)
    l1, supervision : of pix2pix: what the distance to the mask picture weighs, and `loss` on the decoded labels, where the
        adversarial loss weighs 1
    augment : where pictures are varied: "cpu" by `data.Augment`, "gpu" by `data.augment_gpu`, which needs kornia
    accelerator, devices, num_nodes, precision : of Lightning; several devices train together (DDP)
    """

    data: str
    extra: tuple[tuple[str, float], ...] = ()
    scheme: str = "celebamask"
    family: str = "unet"
    options: Mapping[str, Any] = field(default_factory=dict)
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
    warmup: float = 0.02
    critic: str = "lsgan"
    critic_rate: float = 2e-4
    critic_width: int = 32
    l1: float = 100.0
    supervision: float = 1.0
    augment: str = "cpu"
    stored: int = 384
    validate_every: int = 10
    accelerator: str = "auto"
    devices: int = 1
    num_nodes: int = 1
    precision: str = "32"
    threads: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ParameterError(f"{name}={getattr(self, name)!r} is not one of {', '.join(allowed)}.")

    @property
    def labels(self) -> LabelScheme:
        return find_scheme(self.scheme)

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
