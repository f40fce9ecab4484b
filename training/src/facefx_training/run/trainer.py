"""Running a learner: the machine, Lightning's trainer, checkpoints."""

from __future__ import annotations

import importlib.util
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import cv2
import lightning
import torch
from lightning.pytorch.callbacks import Callback, ModelCheckpoint, RichProgressBar
from lightning.pytorch.loggers import CSVLogger, Logger, TensorBoardLogger
from lightning.pytorch.utilities import rank_zero_only

from .base_config import RunConfig
from .checkpoints import latest_checkpoint
from .learner import Learner

__all__ = ["begin", "fit"]


def begin(config: RunConfig, folder: Path) -> None:
    """Make the folder with config.json, and set threads and seed; before anything of the run is made."""
    folder.mkdir(parents=True, exist_ok=True)
    rank_zero_only(config.save)(folder / "config.json")
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(0)  # its threads would not survive the fork of the workers
    lightning.seed_everything(config.seed, verbose=False)


def fit(learner: Learner, folder: Path, **settings: Any) -> None:
    """Train into `folder`: checkpoints, metrics by step. A folder with a checkpoint is gone on with.

    `settings` are those of Lightning's trainer that are the learner's own.
    """
    trainer = lightning.Trainer(
        max_epochs=-1,  # the learner stops it
        default_root_dir=folder,
        logger=_loggers(folder),
        log_every_n_steps=25,
        callbacks=_callbacks(folder),
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=sys.stdout.isatty(),
        enable_model_summary=False,
        **settings,
    )
    trainer.fit(learner, ckpt_path=latest_checkpoint(folder), weights_only=True)
    trainer.save_checkpoint(folder / f"epoch={trainer.current_epoch}-step={learner.steps}.ckpt", weights_only=False)


def _loggers(folder: Path) -> list[Logger]:
    """Tables always, TensorBoard's files where it is installed."""
    kinds: list[Logger] = [CSVLogger(folder, name="log", flush_logs_every_n_steps=50)]
    if importlib.util.find_spec("tensorboard"):
        kinds.append(TensorBoardLogger(folder, name="tensorboard"))
    return kinds


def _callbacks(folder: Path) -> list[Callback]:
    """A checkpoint every ten minutes, at every other epoch's end and at an interruption; a progress bar where somebody looks."""
    usual: list[Callback] = [
        ModelCheckpoint(folder, "{epoch}-{step}", every_n_epochs=2, save_on_train_epoch_end=True, save_on_exception=True),
        ModelCheckpoint(folder, "{epoch}-{step}-timed", train_time_interval=timedelta(minutes=10)),  # epochs may take an hour
    ]
    return [*usual, RichProgressBar()] if sys.stdout.isatty() else usual
