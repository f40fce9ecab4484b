"""A face detector in training."""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from facefx.detectors.decode import cells, decode, without_doubles
from facefx.types import Box, Detection

from ..averaging import averaged_copy
from ..checkpoints import take_over
from ..module import hardware, pixels_of
from .compose import Composed
from .config import DetectorConfig
from .data import ComposedPictures, Material, draw
from .judge import judge, recall, threshold_for
from .losses import WEIGHTS, detection_loss
from .network import FaceNet, Scored

__all__ = ["FaceFinder", "find", "network_of"]

_log = logging.getLogger(__name__)


def network_of(config: DetectorConfig, *, pretrained: bool = True) -> FaceNet:
    """The network that a configuration asks for."""
    return FaceNet(config.pyramid, pretrained=pretrained).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


@torch.no_grad()
def find(network: FaceNet, picture: np.ndarray, threshold: float) -> list[Detection]:
    """The faces in (H, W, 3) uint8 RGB, both sides multiples of 32, at one scale; without their points."""
    height, width = picture.shape[:2]
    images = torch.from_numpy(picture).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    codes = Scored(network)(pixels_of(images))[0].float().cpu().numpy()
    faces = without_doubles(decode(codes, height, width, threshold))
    rows = zip(faces.squares.tolist(), faces.rolls.tolist(), faces.scores.tolist(), strict=True)
    return [Detection(Box.square((x, y), side), roll, score) for (x, y, side), roll, score in rows]


class FaceFinder(lightning.LightningModule):
    """A detector in training, with its averaged twin.

    Rates and sizes of pictures follow the share of the run that is over, in minutes or steps; interrupted goes count.
    """

    def __init__(self, config: DetectorConfig, material: Material, validation: Material) -> None:
        super().__init__()
        self.config, self.material = config, material
        self.network = network_of(config, pretrained=config.start is None)
        if config.start:
            take_over(self.network, Path(config.start))
        self.averaged = averaged_copy(self.network, config.ema)
        largest = max(size for _, size in config.sizes)
        rngs = [np.random.default_rng((config.seed, 1, place)) for place in range(config.validate_on)]
        self.validation: list[Composed] = [draw(validation, largest, rng, config.frames_share) for rng in rngs]
        self.progress = 0.0
        self.seconds_before = 0.0
        self.started = time.monotonic()

    @property
    def seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.started

    def look_at_the_clock(self) -> None:
        """Set `progress`, the share of the run that is over, 0 to 1."""
        over = self.global_step / self.config.steps if self.config.steps else self.seconds / 60 / (self.config.minutes or 1)
        self.progress = min(over, 1.0)

    def rate_share(self) -> float:
        """What the learning rates are multiplied with, 0 to 1."""
        rise = min(1.0, self.progress / self.config.warmup + 0.01) if self.config.warmup else 1.0
        return rise * 0.5 * (1 + math.cos(math.pi * self.progress))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        groups = [
            {"params": list(self.network.encoder_parameters()), "peak": self.config.encoder_rate},
            {"params": list(self.network.other_parameters()), "peak": self.config.rate},
        ]
        return torch.optim.AdamW(groups, lr=self.config.rate, weight_decay=self.config.weight_decay)

    def train_dataloader(self) -> DataLoader[tuple[Tensor, Tensor]]:
        self.look_at_the_clock()
        config = self.config
        pictures = ComposedPictures(
            self.material, config.size_at(self.progress), config.epoch * config.batch,
            frames_share=config.frames_share, seed=config.seed, epoch=self.current_epoch,
        )  # fmt: skip
        return DataLoader(
            pictures, config.batch, num_workers=config.workers, worker_init_fn=_use_one_thread,
            prefetch_factor=4 if config.workers else None,
        )  # fmt: skip

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.look_at_the_clock()
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = float(group["peak"] * self.rate_share())

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        images, wanted = batch
        grid = torch.from_numpy(cells(*images.shape[2:])).to(self.device)
        parts = detection_loss(self.network(pixels_of(images)), wanted, grid)
        loss: Tensor = torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
        values = {"loss": loss, **parts, "size": float(images.shape[-1]), "progress": self.progress}
        self.log_dict(values, on_step=True, on_epoch=False)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.averaged.update_parameters(self.network)
        self.look_at_the_clock()
        if self.progress >= 1:
            self.trainer.should_stop = True

    def on_train_epoch_end(self) -> None:
        last = self.trainer.should_stop
        if self.validation and (last or (self.current_epoch + 1) % self.config.validate_every == 0):
            shares = self.validate()
            self.log_dict({f"recall_{name}": share for name, share in shares.items()})
            where = f"epoch {self.current_epoch} step {self.global_step} {self.seconds / 60:.1f} min"
            _log.info("%s: found %s", where, ", ".join(f"{share:.1%} at {name} % false" for name, share in shares.items()))

    def validate(self) -> dict[str, float]:
        """Share of the faces that the averaged weights find at 2 and 20 % false boxes, in pictures like those learnt from."""
        network = self.averaged.module.eval()
        outcome = judge((find(network, made.image, 0.05), made.faces) for made in self.validation)
        network.train()
        found = {name: recall(outcome, threshold_for(outcome, int(name) / 100)) for name in ("2", "20")}
        return {name: part / max(whole, 1) for name, (part, whole) in found.items()}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["seconds"] = self.seconds
        checkpoint["hardware"] = hardware(self.device, self.trainer.world_size)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.seconds_before = checkpoint["seconds"]

    def on_train_start(self) -> None:
        self.started = time.monotonic()


def _use_one_thread(worker: int) -> None:
    torch.set_num_threads(1)
