"""Everything that decides what a run gives; saved beside its weights."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from facefx.errors import ParameterError

from .base_config import RunConfig
from .options import Entry, Factor, Folder, Folders, Numbers, Option, Pairs

if TYPE_CHECKING:  # the command line reads the options below, and its help shall not wait for numpy
    from facefx.labels import LabelScheme

__all__ = ["Config", "usual_augment"]

_CHOICES = {
    "schedule": ("cosine", "plateau"),
    "precision": ("32", "16-mixed", "bf16-mixed"),
    "accelerator": ("auto", "cpu", "gpu"),
    "critic": ("lsgan", "bce"),
    "augment": ("cpu", "gpu"),
    "crops": ("face", "scene"),
}
_RATE = Factor("Multiplies the learning rates.", "rate")


def usual_augment() -> str:
    """Where pictures are varied unless a user says otherwise: on the GPU if there are CUDA and kornia."""
    import torch

    return "gpu" if torch.cuda.is_available() and importlib.util.find_spec("kornia") else "cpu"


@dataclass(frozen=True, kw_only=True)
class Config(RunConfig):
    """Settings of a segmenter's training run, beside those of `RunConfig`.

    Attributes
    ----------
    encoder_rate, decoder_rate, critic_rate : peak learning rates: of AdamW, and of the Adam of pix2pix's critic
    plateau : validations without a better mean F1 after which the schedule of that name halves the rates
    class_weights : of the cross-entropy, for classes that do not weigh 1
    oftener : how much oftener a picture is drawn that has such a part
    """

    data: Annotated[str, Folder("Folder of pairs with train.txt and val.txt, or of A|B pictures.")]
    extra: Annotated[
        tuple[tuple[str, float], ...],
        Pairs("FOLDER=SHARE: draw that share of the pictures from there, of those that it trains on.", left=str),
    ] = ()
    scheme: Annotated[str, Option("Label scheme to learn; labels in another one are translated.")] = "celebamask"
    family: Annotated[str, Option("Kind of network.")] = "unet"
    options: Annotated[
        Mapping[str, Any],
        Numbers("NAME=NUMBER of the family, such as stem=0.", "option"),
        Entry("Its encoder, if it takes one.", "encoder"),
    ] = field(default_factory=dict)
    start: Annotated[
        str | None,
        Folder("Start from the weights of that run, as far as they fit, or of that model; of another family's, its encoder's."),
    ] = None
    encoder_from: Annotated[str | None, Folder("Then the encoder of that model, over what --start gave.")] = None
    teacher: Annotated[
        tuple[str, ...],
        Folders("Learn also what that model folder answers to the pictures, labelled or not; several times for their mean."),
    ] = ()
    teacher_weight: Annotated[float, Option("What the distance to the teacher's answer weighs beside --loss.")] = 1.0
    temperature: Annotated[float, Option("That both answers are softened by before they are compared; 1 leaves them.")] = 1.0
    sizes: tuple[tuple[float, int], ...] = ((0.0, 192), (0.3, 256), (0.7, 320))
    batch: int = 8
    encoder_rate: Annotated[float, _RATE] = 5e-4
    decoder_rate: Annotated[float, _RATE] = 1.5e-3
    schedule: Annotated[str, Option("Of the rates: cosine, or plateau, which halves them when nothing improves.")] = "cosine"
    plateau: int = 3
    patience: Annotated[int | None, Option("End after so many validations without a better mean F1.")] = None
    loss: Annotated[str, Option("ce, weighted-ce, dice, ce+dice, focal or boundary.")] = "ce+dice"
    class_weights: Mapping[str, float] = field(default_factory=lambda: {"necklace": 3.0, "earring": 1.5})
    oftener: Mapping[str, float] = field(default_factory=lambda: {"necklace": 5.0, "hat": 3.0, "eyeglasses": 3.0, "earring": 1.5})
    warmup: float = 0.02
    critic: Annotated[str, Option("Adversarial loss of pix2pix: lsgan or bce.")] = "lsgan"
    critic_rate: Annotated[float, _RATE] = 2e-4
    critic_width: Annotated[int, Option("Channels of pix2pix's critic: 64 in the paper, slow on a CPU.")] = 32
    l1: Annotated[float, Option("What the distance to the mask picture weighs in pix2pix.")] = 100.0
    supervision: Annotated[float, Option("What --loss on the decoded labels weighs in pix2pix; 0 leaves it out.")] = 1.0
    augment: Annotated[
        str, Option("Where pictures are varied: cpu, or gpu, which is usual where CUDA is.", usual=usual_augment)
    ] = "cpu"
    crops: Annotated[
        str, Option("What to cut pictures to: face, like the crops that faces are parsed on, or scene, like whole pictures.")
    ] = "face"
    paste: Annotated[
        float,
        Option("Share of the pictures that an earring, necklace, glasses or a hat of another one is tried on, with its labels."),
    ] = 0.0
    stored: Annotated[int, Option("Side at which pictures are kept in memory, pixels.")] = 384
    validate_every: int = 10
    accelerator: Annotated[str, Option("auto, cpu or gpu.")] = "auto"
    devices: Annotated[int, Option("GPUs, or processes on a CPU, that train together on each machine.")] = 1
    num_nodes: Annotated[int, Option("Machines that train together.")] = 1
    precision: Annotated[str, Option("32, 16-mixed or bf16-mixed.")] = "32"
    threads: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ParameterError(f"{name}={getattr(self, name)!r} is not one of {', '.join(allowed)}.")
        if self.teacher and self.augment == "gpu":
            raise ParameterError("a teacher cannot be learnt from with augment='gpu'; use augment='cpu'.")
        if self.augment == "gpu" and self.crops != "face":
            raise ParameterError(f"crops={self.crops!r} cannot be cut with augment='gpu'; use augment='cpu'.")
        if not 0 <= self.paste <= 1:
            raise ParameterError(f"paste={self.paste} is not a share from 0 to 1.")
        if not (self.temperature > 0 and self.teacher_weight >= 0):
            raise ParameterError(
                f"temperature={self.temperature} must be above 0, and teacher_weight={self.teacher_weight} not below."
            )

    @property
    def labels(self) -> LabelScheme:
        from facefx.labels import scheme as find_scheme

        return find_scheme(self.scheme)

    @classmethod
    def load(cls, path: Path) -> Config:
        values = json.loads(path.read_text())
        pairs = {name: tuple(tuple(pair) for pair in values[name]) for name in ("sizes", "extra") if name in values}
        return cls(**{**values, **pairs, "teacher": tuple(values.get("teacher", ()))})
