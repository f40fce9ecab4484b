"""A training run, from its configuration to its last checkpoint."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import cv2
import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only

from .adversarial import AdversarialParser
from .checkpoints import latest_checkpoint
from .config import Config
from .data import Pictures, join, read_pictures
from .data.dataset import rarity
from .module import Parser

__all__ = ["callbacks", "loggers", "train"]


def train(config: Config, folder: Path) -> None:
    """Train into `folder`: config.json, checkpoints, metrics by step. A folder with a checkpoint is gone on with."""
    folder.mkdir(parents=True, exist_ok=True)
    rank_zero_only(config.save)(folder / "config.json")
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(0)  # its threads would not survive the fork of the workers
    lightning.seed_everything(config.seed, verbose=False)
    kind = AdversarialParser if config.family == "pix2pix" else Parser
    validation = read_pictures(Path(config.data), "val", config.labels, limit=config.validate_on)
    parser = kind(config, *_training_pictures(config), validation, folder)
    trainer = lightning.Trainer(
        accelerator=config.accelerator,
        devices=config.devices,
        num_nodes=config.num_nodes,
        strategy=_strategy(config),
        precision=config.precision,
        max_epochs=-1,
        default_root_dir=folder,
        logger=loggers(folder),
        log_every_n_steps=25,
        callbacks=callbacks(folder),
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=sys.stdout.isatty(),
        enable_model_summary=False,
    )
    trainer.fit(parser, ckpt_path=latest_checkpoint(folder), weights_only=True)
    trainer.save_checkpoint(folder / f"epoch={trainer.current_epoch}-step={parser.steps}.ckpt", weights_only=False)


def _training_pictures(config: Config) -> tuple[Pictures, np.ndarray]:
    """All pictures of a run, and how often each is to be drawn."""
    folders = [(Path(config.data), 1 - sum(share for _, share in config.extra)), *((Path(f), share) for f, share in config.extra)]
    sets = [read_pictures(folder, "train", config.labels, config.stored) for folder, _ in folders]
    weights = [rarity(pictures.labels, config.oftener, config.labels) for pictures in sets]
    return join(sets), np.concatenate([share * w / w.sum() for (_, share), w in zip(folders, weights, strict=True)])


def _strategy(config: Config) -> str:
    if config.devices * config.num_nodes == 1:
        return "auto"
    # of painter and critic, one rests while the other learns
    return "ddp_find_unused_parameters_true" if config.family == "pix2pix" else "ddp"


def loggers(folder: Path) -> list[Logger]:
    """Tables always, TensorBoard's files where it is installed."""
    kinds: list[Logger] = [CSVLogger(folder, name="log", flush_logs_every_n_steps=50)]
    if importlib.util.find_spec("tensorboard"):
        kinds.append(TensorBoardLogger(folder, name="tensorboard"))
    return kinds


def callbacks(folder: Path) -> list[Callback]:
    """A checkpoint every other epoch and at an interruption; a progress bar where somebody looks."""
    usual: list[Callback] = [
        ModelCheckpoint(folder, "{epoch}-{step}", every_n_epochs=2, save_on_train_epoch_end=True, save_on_exception=True)
    ]
    return [*usual, RichProgressBar()] if sys.stdout.isatty() else usual
