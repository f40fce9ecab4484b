"""A network in training, whatever it learns: its clock, its rates, its averaged twin."""

from __future__ import annotations

import math
import platform
import time
from typing import Any

import lightning
import torch
from torch import Tensor, nn

from .averaging import averaged_copy
from .base_config import RunConfig

__all__ = ["Learner", "pixels_of", "use_one_thread"]


class Learner(lightning.LightningModule):
    """A network in training, with its averaged twin.

    Rates and sizes of pictures follow the share of the run that is over, in minutes or steps; interrupted goes count. Each group
    of an optimizer's parameters has its highest rate as "peak".
    """

    config: RunConfig

    def __init__(self, config: RunConfig, network: nn.Module) -> None:
        super().__init__()
        self.config, self.network = config, network
        self.averaged = averaged_copy(network, config.ema)
        self.progress = 0.0
        self.seconds_before = 0.0
        self.started = time.monotonic()

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
        # not numpy's cosine: a checkpoint holds plain numbers only
        return self.risen() * 0.5 * (1 + math.cos(math.pi * self.progress))

    def risen(self) -> float:
        """How far the rates have risen at the start of the run, 0 to 1."""
        return min(1.0, self.progress / self.config.warmup + 0.01) if self.config.warmup else 1.0

    def on_train_start(self) -> None:
        self.started = time.monotonic()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        self.look_at_the_clock()
        for optimizer in self.trainer.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = float(group["peak"] * self.rate_share())

    def log_step(self, images: Tensor, **values: Tensor) -> None:
        self.log_dict({**values, "size": float(images.shape[-1]), "progress": self.progress}, on_step=True, on_epoch=False)

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        self.averaged.update_parameters(self.network)
        self.look_at_the_clock()
        if self.progress >= 1:
            self.trainer.should_stop = True

    def is_judged_now(self) -> bool:
        """Whether an epoch that ends is one after which the averaged weights are judged."""
        return self.trainer.should_stop or (self.current_epoch + 1) % self.config.validate_every == 0

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["seconds"] = self.seconds
        checkpoint["steps"] = self.steps
        checkpoint["hardware"] = _hardware(self.device, self.trainer.world_size)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.seconds_before = checkpoint["seconds"]


def pixels_of(images: Tensor) -> Tensor:
    """(N, 3, H, W) uint8 → float in [0, 1]."""
    return (images.float() / 255).contiguous(memory_format=torch.channels_last)


def _hardware(device: torch.device, processes: int) -> str:
    """What a run runs on, for its card."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else f"CPU ({platform.machine()})"
    return f"{processes} x {name}" if processes > 1 else name


def use_one_thread(worker: int) -> None:
    """For processes that prepare pictures."""
    torch.set_num_threads(1)
