"""The training loop."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import Any

import cv2
import lightning
import numpy as np
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader

from facefx.errors import ModelError
from facefx.labels import scheme

from .config import Config
from .data import FaceDataset, Pictures, join, read_celebamask, read_names
from .data.dataset import rarity
from .losses import parsing_loss
from .metrics import confusion, scores
from .networks import Segmenter, build

__all__ = ["Parser", "latest_checkpoint", "load_averaged", "train"]

_log = logging.getLogger(__name__)
_SCHEME = scheme("celebamask")


class Parser(lightning.LightningModule):
    """A segmenter in training, with its averaged twin.

    Rates and crop sizes follow the share of the run that is over, in minutes or steps; interrupted goes count.
    """

    def __init__(self, config: Config, pictures: Pictures, draw_weights: np.ndarray, validation: Pictures) -> None:
        super().__init__()
        self.config, self.pictures, self.draw_weights, self.validation = config, pictures, draw_weights, validation
        self.network = _network(config)
        if config.start:
            _take_over(self.network, Path(config.start))
        self.averaged = _average(self.network, config)
        weights = torch.tensor([config.class_weights.get(name, 1.0) for name in _SCHEME.classes])
        self.register_buffer("class_weights", weights, persistent=False)
        self.seconds_before = 0.0
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    @property
    def progress(self) -> float:
        """Share of the run that is over, 0 to 1."""
        over = self.seconds / 60 / self.config.minutes if self.config.minutes else self.global_step / (self.config.steps or 1)
        return min(over, 1.0)

    def configure_optimizers(self) -> torch.optim.Optimizer:
        groups = [
            {"params": list(self.network.encoder_parameters()), "peak": self.config.encoder_rate},
            {"params": list(self.network.decoder_parameters()), "peak": self.config.decoder_rate},
        ]
        return torch.optim.AdamW(
            [g for g in groups if g["params"]], lr=self.config.decoder_rate, weight_decay=self.config.weight_decay
        )

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        size = self.config.size_at(self.progress)
        data = FaceDataset(self.pictures, self.draw_weights, size, seed=self.config.seed, epoch=self.current_epoch)
        return DataLoader(
            data, self.config.batch, drop_last=True, num_workers=self.config.workers, worker_init_fn=_use_one_thread,
            prefetch_factor=6 if self.config.workers else None,
        )  # fmt: skip

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        progress, warmup = self.progress, self.config.warmup
        share = (
            min(1.0, progress / warmup + 0.01) * 0.5 * (1 + math.cos(math.pi * progress))
        )  # not numpy's: a checkpoint holds plain numbers only
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = float(group["peak"] * share)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        images, labels = batch
        pixels = (images.float() / 255).contiguous(memory_format=torch.channels_last)
        loss = parsing_loss(self.network(pixels), labels.long(), self.class_weights)
        self.log_dict({"loss": loss, "size": float(images.shape[-1]), "progress": self.progress}, on_step=True, on_epoch=False)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.averaged.update_parameters(self.network)
        if self.progress >= 1:
            self.trainer.should_stop = True

    def on_train_epoch_end(self) -> None:
        last = self.trainer.should_stop
        if len(self.validation) and (last or (self.current_epoch + 1) % self.config.validate_every == 0):
            values = self.validate()
            self.log_dict({name: values[name] for name in ("accuracy", "miou", "mean_f1")})
            f1 = " ".join(f"{name} {100 * value:.0f}" for name, value in zip(_SCHEME.classes, values["f1"], strict=True))
            means = f"accuracy {values['accuracy']:.4f} mIoU {values['miou']:.4f} F1 {values['mean_f1']:.4f}"
            _log.info("epoch %d step %d %.1f min: %s | %s", self.current_epoch, self.global_step, self.seconds / 60, means, f1)

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Scores of the averaged weights on whole frames, at the largest size met so far."""
        network = self.averaged.module.eval()
        size = self.config.size_at(self.progress)
        matrix = np.zeros((len(_SCHEME),) * 2, np.int64)
        for image, labels in zip(self.validation.images, self.validation.labels, strict=True):
            small = (
                torch.from_numpy(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)).permute(2, 0, 1)[None].float() / 255
            )
            logits = network(small.contiguous(memory_format=torch.channels_last))
            logits = F.interpolate(logits, labels.shape, mode="bilinear", align_corners=False)
            matrix += confusion(labels, logits.argmax(1)[0].numpy().astype(np.uint8), len(_SCHEME))
        network.train()
        return scores(matrix)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["seconds"] = self.seconds

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.seconds_before = checkpoint["seconds"]

    def on_train_start(self) -> None:
        self.started = time.monotonic()


def train(config: Config, folder: Path) -> None:
    """Train into `folder`: config.json, checkpoints, metrics by step. A folder with a checkpoint is gone on with."""
    folder.mkdir(parents=True, exist_ok=True)
    config.save(folder / "config.json")
    torch.set_num_threads(config.threads)
    cv2.setNumThreads(0)  # its threads would not survive the fork of the workers
    lightning.seed_everything(config.seed, verbose=False)
    root = Path(config.data)
    pictures, draw_weights = _training_pictures(config)
    validation = read_celebamask(root, read_names(root / "val.txt")[: config.validate_on])
    trainer = lightning.Trainer(
        accelerator="cpu",
        max_epochs=-1,
        default_root_dir=folder,
        logger=CSVLogger(folder, name="log", flush_logs_every_n_steps=50),
        log_every_n_steps=25,
        callbacks=[
            ModelCheckpoint(folder, "{epoch}-{step}", every_n_epochs=2, save_on_train_epoch_end=True, save_on_exception=True)
        ],
        reload_dataloaders_every_n_epochs=1,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    parser = Parser(config, pictures, draw_weights, validation)
    trainer.fit(parser, ckpt_path=latest_checkpoint(folder))
    trainer.save_checkpoint(folder / f"epoch={trainer.current_epoch}-step={trainer.global_step}.ckpt")


def _training_pictures(config: Config) -> tuple[Pictures, np.ndarray]:
    """All pictures of a run, and how often each is to be drawn."""
    folders = [(Path(config.data), 1 - sum(share for _, share in config.extra)), *((Path(f), share) for f, share in config.extra)]
    sets = [read_celebamask(folder, read_names(folder / "train.txt"), config.stored) for folder, _ in folders]
    weights = [rarity(pictures.labels, config.oftener) for pictures in sets]
    return join(sets), np.concatenate([share * w / w.sum() for (_, share), w in zip(folders, weights, strict=True)])


def latest_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint of a run, if it has any."""
    return max(folder.glob("*.ckpt"), key=lambda path: path.stat().st_mtime, default=None)


def load_averaged(folder: Path) -> tuple[Config, Segmenter, dict[str, float]]:
    """The configuration of a run, its network with the averaged weights of the newest checkpoint, and how far that had come.

    Raises
    ------
    ModelError
        The folder holds no checkpoint.
    """
    path = latest_checkpoint(folder)
    if path is None:
        raise ModelError(f"{folder} holds no checkpoint; train into it first: facefx-train train --into {folder} ...")
    config = Config.load(folder / "config.json")
    checkpoint = torch.load(path, map_location="cpu", weights_only=True)
    network = _network(config, pretrained=False)
    start = "averaged.module."
    network.load_state_dict({k.removeprefix(start): v for k, v in checkpoint["state_dict"].items() if k.startswith(start)})
    reached = {"epochs": checkpoint["epoch"], "steps": checkpoint["global_step"], "minutes": checkpoint["seconds"] / 60}
    return config, network.eval(), reached


def _network(config: Config, *, pretrained: bool = True) -> Segmenter:
    network = build(config.family, len(_SCHEME), pretrained=pretrained, **config.options)
    return network.to(memory_format=torch.channels_last)


def _take_over(network: Segmenter, run: Path) -> None:
    """Start from another run's weights, those of them that this network has too: all of them, or a shared encoder's."""
    _, other, _ = load_averaged(run)
    own, given = network.state_dict(), other.state_dict()
    fitting = {name: value for name, value in given.items() if name in own and own[name].shape == value.shape}
    if not fitting:
        raise ModelError(f"{run} shares no weight with this network; start from a run of the same family or encoder.")
    network.load_state_dict({**own, **fitting})
    _log.info("starting from %s: %d of %d tensors", run, len(fitting), len(own))


def _average(network: nn.Module, config: Config) -> AveragedModel:
    """A running mean of the weights that forgets faster at first, lest it hang on to the random start."""

    def blend(mean: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        decay = min(config.ema, (1 + int(count)) / (10 + int(count)))
        return mean.lerp(new, 1 - decay) if mean.is_floating_point() else new

    return AveragedModel(network, avg_fn=blend, use_buffers=True)


def _use_one_thread(worker: int) -> None:
    torch.set_num_threads(1)
