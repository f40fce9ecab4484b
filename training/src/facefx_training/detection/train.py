"""A detector's training run, from its configuration to its last checkpoint, and its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from facefx.errors import ModelError

from ..run.checkpoints import latest_checkpoint, load_weights
from ..run.trainer import begin, fit
from .config import DetectorConfig
from .data import read_material
from .module import FaceFinder, network_of
from .network import FaceNet

__all__ = ["load_averaged", "train"]


def train(config: DetectorConfig, folder: Path) -> None:
    """Train into `folder`: config.json, checkpoints, metrics by step. A folder with a checkpoint is gone on with."""
    begin(config, folder)
    frames = Path(config.frames) if config.frames else None
    train_on, validate_on = (
        read_material(Path(config.faces), split, frames=frames, size=config.stored) for split in ("train", "val")
    )
    finder = FaceFinder(config, train_on, validate_on)
    fit(finder, folder, accelerator="auto", devices=1, gradient_clip_val=10.0)


def load_averaged(folder: Path) -> tuple[DetectorConfig, FaceNet, dict[str, Any]]:
    """The configuration of a run, its network with the averaged weights, and how far it came: `steps`, `minutes`, `hardware`.

    Raises
    ------
    ModelError
        The folder holds no checkpoint.
    """
    path = latest_checkpoint(folder)
    if path is None:
        raise ModelError(f"{folder} holds no checkpoint; train into it first: facefx-train detector train --into {folder} ...")
    config = DetectorConfig.load(folder / "config.json")
    network = network_of(config, pretrained=False)
    checkpoint = load_weights(network, path)
    reached = {
        "steps": checkpoint["global_step"],
        "minutes": round(checkpoint["seconds"] / 60, 1),
        "hardware": checkpoint["hardware"],
    }
    return config, network.eval(), reached
