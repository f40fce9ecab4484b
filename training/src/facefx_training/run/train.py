"""A training run, from its configuration to its last checkpoint."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..data import Pictures, join, read_pictures
from ..data.celebamask import told_of
from ..data.dataset import rarity
from .adversarial import AdversarialParser
from .config import Config
from .module import Parser
from .teacher import taught
from .trainer import begin, fit

__all__ = ["train"]


def train(config: Config, folder: Path) -> None:
    """Train into `folder`: config.json, checkpoints, metrics by step. A folder with a checkpoint is gone on with."""
    for mixed_in, _ in config.extra:
        told_of(Path(mixed_in))  # before hours of training, not after them
    begin(config, folder)
    kind = AdversarialParser if config.family == "pix2pix" else Parser
    validation = read_pictures(Path(config.data), "val", config.labels, limit=config.validate_on)
    fit(
        kind(config, *_training_pictures(config, folder), validation, folder),
        folder,
        accelerator=config.accelerator,
        devices=config.devices,
        num_nodes=config.num_nodes,
        strategy=_strategy(config),
        precision=config.precision,
    )


def _training_pictures(config: Config, folder: Path) -> tuple[Pictures, np.ndarray]:
    """All pictures of a run, and how often each is to be drawn."""
    folders = [(Path(config.data), 1 - sum(share for _, share in config.extra)), *((Path(f), share) for f, share in config.extra)]
    sets = [read_pictures(place, "train", config.labels, config.stored) for place, _ in folders]
    if config.teacher:
        sets = [taught(pictures, [Path(t) for t in config.teacher], config.labels, folder / "teacher") for pictures in sets]
    weights = [rarity(pictures.labels, config.oftener, config.labels) for pictures in sets]
    return join(sets), np.concatenate([share * w / w.sum() for (_, share), w in zip(folders, weights, strict=True)])


def _strategy(config: Config) -> str:
    if config.devices * config.num_nodes == 1:
        return "auto"
    # of painter and critic, one rests while the other learns
    return "ddp_find_unused_parameters_true" if config.family == "pix2pix" else "ddp"
