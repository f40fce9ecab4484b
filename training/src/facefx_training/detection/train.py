"""A detector's training run, from its configuration to its last checkpoint, and its weights."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import cv2
import lightning
import torch

from facefx.errors import ModelError

from ..checkpoints import latest_checkpoint
from ..train import callbacks, loggers
from .config import DetectorConfig
from .data import read_material
from .module import FaceFinder, network_of
from .network import FaceNet

__all__ = ["load_averaged", "train"]

_AVERAGED = "averaged.module."


def train(config: DetectorConfig, folder: Path) -> None:
    """Train into `folder`: config.json, checkpoints, metrics by step. A folder with a checkpoint is gone on with."""
    folder.mkdir(parents=True, exist_ok=True)
    config.save(folder / "config.json")
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(0)  # its threads would not survive the fork of the workers
    lightning.seed_everything(config.seed, verbose=False)
    frames = Path(config.frames) if config.frames else None
    train_on, validate_on = (
        read_material(Path(config.faces), split, frames=frames, size=config.stored) for split in ("train", "val")
    )
    finder = FaceFinder(config, train_on, validate_on)
    trainer = lightning.Trainer(
        accelerator="auto",
        devices=1,
        max_epochs=-1,
        gradient_clip_val=10.0,
        default_root_dir=folder,
        logger=loggers(folder),
        log_every_n_steps=25,
        callbacks=callbacks(folder),
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=sys.stdout.isatty(),
        enable_model_summary=False,
    )
    trainer.fit(finder, ckpt_path=latest_checkpoint(folder), weights_only=True)
    trainer.save_checkpoint(folder / f"epoch={trainer.current_epoch}-step={trainer.global_step}.ckpt", weights_only=False)


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
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    network = network_of(config, pretrained=False)
    state = {name.removeprefix(_AVERAGED): value for name, value in checkpoint["state_dict"].items() if name.startswith(_AVERAGED)}
    network.load_state_dict(state)
    reached = {
        "steps": checkpoint["global_step"],
        "minutes": round(checkpoint["seconds"] / 60, 1),
        "hardware": checkpoint["hardware"],
    }
    return config, network.eval(), reached
