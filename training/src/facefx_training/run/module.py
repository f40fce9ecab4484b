"""A segmenter in training."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader

from ..data import Augment, FaceDataset, Paste, Pictures, SceneAugment
from ..judge.metrics import confusion, scores
from ..networks import Segmenter
from .checkpoints import BEST, network_of, take_over
from .config import Config
from .learner import Learner, pixels_of, use_one_thread
from .losses import ParsingLoss
from .published import is_model, segmenter_card, take_over_encoder, take_over_model
from .teacher import Distillation

__all__ = ["Parser"]

_log = logging.getLogger(__name__)
#: Pictures on which the norms of a model folder that is gone on with are measured.
_MEASURED_ON = 96
#: What varies pictures, by `Config.crops`.
AUGMENTS = {"face": Augment, "scene": SceneAugment}


class Parser(Learner):
    """A segmenter in training."""

    config: Config
    network: Segmenter

    def __init__(self, config: Config, pictures: Pictures, draw_weights: np.ndarray, validation: Pictures, folder: Path) -> None:
        network = network_of(config)
        self._begin(network, config, pictures)
        super().__init__(config, network)
        self.pictures, self.draw_weights, self.validation = pictures, draw_weights, validation
        self.paste = Paste(pictures, config.labels, config.paste) if config.paste else None
        self.folder = folder
        self.loss = ParsingLoss(config.loss, config.labels, config.class_weights)
        self.distillation = Distillation(config.temperature)
        self.best, self.since_best, self.halvings = -1.0, 0, 0

    @staticmethod
    def _begin(network: Segmenter, config: Config, pictures: Pictures) -> None:
        """Another run's weights, or those of a model folder; over them the encoder of a further one."""

        def faces() -> Tensor:
            augment = AUGMENTS[config.crops](config.size_at(0), config.labels)
            shown = FaceDataset(pictures, np.ones(len(pictures)), augment, seed=config.seed, epoch=0)
            return pixels_of(torch.stack([shown[i][0] for i in range(min(_MEASURED_ON, len(shown)))]))

        if start := Path(config.start) if config.start else None:
            if not is_model(start):
                take_over(network, start)
            elif segmenter_card(start).family in (config.family, network.same_layers_as):
                take_over_model(network, start, faces())
            else:
                take_over_encoder(network, start, faces())
        if config.encoder_from:
            take_over_encoder(network, Path(config.encoder_from), faces())

    # ---- learning

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        groups = [
            {"params": list(self.network.encoder_parameters()), "peak": self.config.encoder_rate},
            {"params": list(self.network.decoder_parameters()), "peak": self.config.decoder_rate},
        ]
        groups = [group for group in groups if group["params"]]
        return [torch.optim.AdamW(groups, lr=self.config.decoder_rate, weight_decay=self.config.weight_decay)]

    def train_dataloader(self) -> DataLoader[tuple[Tensor, ...]]:
        self.look_at_the_clock()
        config = self.config
        size = config.size_at(self.progress)
        augment = self._augment(size)
        data = FaceDataset(self.pictures, self.draw_weights, augment, seed=config.seed, epoch=self.current_epoch, paste=self.paste)
        return DataLoader(
            data, config.batch, drop_last=True, num_workers=config.workers, worker_init_fn=use_one_thread,
            prefetch_factor=6 if config.workers else None,
        )  # fmt: skip

    def _augment(self, size: int) -> Augment | None:
        """What varies the pictures before they are a batch; None where that is done afterwards, on the GPU."""
        if self.config.augment == "cpu":
            return AUGMENTS[self.config.crops](size, self.config.labels)
        from ..data.augment_gpu import BatchAugment  # kornia is an extra

        self.batch_augment = BatchAugment(size, self.config.labels)
        return None

    def on_after_batch_transfer(self, batch: tuple[Tensor, ...], dataloader_idx: int) -> tuple[Tensor, ...]:
        return self.batch_augment(batch[0], batch[1]) if self.config.augment == "gpu" else batch

    def rate_share(self) -> float:
        return self.risen() * 0.5**self.halvings if self.config.schedule == "plateau" else super().rate_share()

    def training_step(self, batch: tuple[Tensor, ...], batch_idx: int) -> Tensor | None:
        images, labels, *soft = batch
        logits = self.network(pixels_of(images))
        loss = self.loss(logits, labels.long())
        if not soft:
            self.log_step(images, loss=loss)
            return loss
        distance = self.distillation(logits, soft[0])
        self.log_step(images, loss=loss, distance=distance)
        return loss + self.config.teacher_weight * distance

    # ---- judging

    def on_train_epoch_end(self) -> None:
        if len(self.validation) and self.is_judged_now():
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
        super().on_save_checkpoint(checkpoint)
        checkpoint["judged"] = {"best": self.best, "since_best": self.since_best, "halvings": self.halvings}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        for name, value in checkpoint.get("judged", {}).items():
            setattr(self, name, value)
