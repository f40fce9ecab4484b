"""A segmenter in training."""

from __future__ import annotations

import logging
import math
import platform
import time
from pathlib import Path
from typing import Any

import cv2
import lightning
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader

from .averaging import averaged_copy
from .checkpoints import BEST, network_of, take_over
from .config import Config
from .data import Augment, FaceDataset, Pictures
from .losses import ParsingLoss
from .metrics import confusion, scores

__all__ = ["Parser", "hardware", "pixels_of"]

_log = logging.getLogger(__name__)


class Parser(lightning.LightningModule):
    """A segmenter in training, with its averaged twin.

    Rates and crop sizes follow the share of the run that is over, in minutes or steps; interrupted goes count.
    """

    def __init__(self, config: Config, pictures: Pictures, draw_weights: np.ndarray, validation: Pictures, folder: Path) -> None:
        super().__init__()
        self.config, self.pictures, self.draw_weights, self.validation = config, pictures, draw_weights, validation
        self.folder = folder
        self.network = network_of(config)
        if config.start:
            take_over(self.network, Path(config.start))
        self.averaged = averaged_copy(self.network, config.ema)
        self.loss = ParsingLoss(config.loss, config.labels, config.class_weights)
        self.progress = 0.0
        self.best, self.since_best, self.halvings = -1.0, 0, 0
        self.seconds_before = 0.0
        self.started = time.monotonic()

    # ---- how far the run has come

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    @property
    def steps(self) -> int:
        """Batches learnt from; Lightning counts a batch once for each optimizer."""
        return self.global_step // max(len(self.trainer.optimizers), 1)

    def look_at_the_clock(self) -> None:
        """Set `progress`, the share of the run that is over, 0 to 1. Of several processes, the first one's clock counts."""
        if self.config.steps:
            self.progress = min(self.steps / self.config.steps, 1.0)
        else:
            self.progress = min(self.trainer.strategy.broadcast(self.seconds) / 60 / (self.config.minutes or 1), 1.0)

    def rate_share(self) -> float:
        """What the learning rates are multiplied with, 0 to 1."""
        rise = min(1.0, self.progress / self.config.warmup + 0.01) if self.config.warmup else 1.0
        if self.config.schedule == "plateau":
            return rise * 0.5**self.halvings
        return rise * 0.5 * (1 + math.cos(math.pi * self.progress))  # not numpy's: a checkpoint holds plain numbers only

    # ---- learning

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        groups = [
            {"params": list(self.network.encoder_parameters()), "peak": self.config.encoder_rate},
            {"params": list(self.network.decoder_parameters()), "peak": self.config.decoder_rate},
        ]
        groups = [group for group in groups if group["params"]]
        return [torch.optim.AdamW(groups, lr=self.config.decoder_rate, weight_decay=self.config.weight_decay)]

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        self.look_at_the_clock()
        config = self.config
        size = config.size_at(self.progress)
        augment = self._augment(size)
        data = FaceDataset(self.pictures, self.draw_weights, augment, seed=config.seed, epoch=self.current_epoch)
        return DataLoader(
            data, config.batch, drop_last=True, num_workers=config.workers, worker_init_fn=_use_one_thread,
            prefetch_factor=6 if config.workers else None,
        )  # fmt: skip

    def _augment(self, size: int) -> Augment | None:
        """What varies the pictures before they are a batch; None where that is done afterwards, on the GPU."""
        if self.config.augment == "cpu":
            return Augment(size, self.config.labels)
        from .data.augment_gpu import BatchAugment  # kornia is an extra

        self.batch_augment = BatchAugment(size, self.config.labels)
        return None

    def on_after_batch_transfer(self, batch: tuple[Tensor, Tensor], dataloader_idx: int) -> tuple[Tensor, Tensor]:
        return self.batch_augment(*batch) if self.config.augment == "gpu" else batch

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.look_at_the_clock()
        for optimizer in self.trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = float(group["peak"] * self.rate_share())

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor | None:
        images, labels = batch
        loss = self.loss(self.network(pixels_of(images)), labels.long())
        self.log_step(images, loss=loss)
        return loss

    def log_step(self, images: Tensor, **values: Tensor) -> None:
        self.log_dict({**values, "size": float(images.shape[-1]), "progress": self.progress}, on_step=True, on_epoch=False)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.averaged.update_parameters(self.network)
        self.look_at_the_clock()
        if self.progress >= 1:
            self.trainer.should_stop = True

    # ---- judging

    def on_train_epoch_end(self) -> None:
        last = self.trainer.should_stop
        if len(self.validation) and (last or (self.current_epoch + 1) % self.config.validate_every == 0):
            values = self.validate()
            self.log_dict({name: values[name] for name in ("accuracy", "miou", "mean_f1")})
            f1 = " ".join(f"{name} {100 * value:.0f}" for name, value in zip(self.config.labels.classes, values["f1"], strict=True))
            means = f"accuracy {values['accuracy']:.4f} mIoU {values['miou']:.4f} F1 {values['mean_f1']:.4f}"
            _log.info("epoch %d step %d %.1f min: %s | %s", self.current_epoch, self.steps, self.seconds / 60, means, f1)
            self.remember(values["mean_f1"])

    @torch.no_grad()
    def validate(self) -> dict[str, Any]:
        """Scores of the averaged weights on whole frames, at the largest size met so far. Processes share the pictures out."""
        network = self.averaged.module.eval()
        size = self.config.size_at(self.progress)
        matrix = np.zeros((len(self.config.labels),) * 2, np.int64)
        for position in range(self.global_rank, len(self.validation), self.trainer.world_size):
            image, labels = self.validation.images[position], self.validation.labels[position]
            small = torch.from_numpy(cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)).permute(2, 0, 1)[None]
            logits = network(pixels_of(small.to(self.device)))
            logits = F.interpolate(logits.float(), labels.shape, mode="bilinear", align_corners=False)
            matrix += confusion(labels, logits.argmax(1)[0].cpu().numpy().astype(np.uint8), len(matrix))
        network.train()
        total = self.trainer.strategy.reduce(torch.from_numpy(matrix).to(self.device), reduce_op="sum")
        return scores(total.cpu().numpy())

    def remember(self, mean_f1: float) -> None:
        """Keep the best weights, and slow down or end where there has been nothing better for long."""
        if mean_f1 > self.best:
            self.best, self.since_best = mean_f1, 0
            self.trainer.save_checkpoint(self.folder / BEST, weights_only=False)
            return
        self.since_best += 1
        if self.since_best % self.config.plateau == 0:
            self.halvings += 1
        if self.config.patience and self.since_best >= self.config.patience:
            _log.info("ending early: no better mean F1 than %.4f in %d validations", self.best, self.since_best)
            self.trainer.should_stop = True

    # ---- going on

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["seconds"] = self.seconds
        checkpoint["steps"] = self.steps
        checkpoint["hardware"] = hardware(self.device, self.trainer.world_size)
        checkpoint["judged"] = {"best": self.best, "since_best": self.since_best, "halvings": self.halvings}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.seconds_before = checkpoint["seconds"]
        for name, value in checkpoint.get("judged", {}).items():
            setattr(self, name, value)

    def on_train_start(self) -> None:
        self.started = time.monotonic()


def pixels_of(images: Tensor) -> Tensor:
    """(N, 3, H, W) uint8 → float in [0, 1]."""
    return (images.float() / 255).contiguous(memory_format=torch.channels_last)


def hardware(device: torch.device, processes: int) -> str:
    """What a run runs on, for its card."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU ({platform.machine()})"
    return f"{processes} x {name}" if processes > 1 else name


def _use_one_thread(worker: int) -> None:
    torch.set_num_threads(1)
