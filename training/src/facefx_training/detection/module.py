"""A face detector in training."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from facefx.face.values import Box, Detection
from facefx.inference.detector.decode import cells, decode, without_doubles

from ..networks.layers import channels_last
from ..run.checkpoints import take_over
from ..run.learner import Learner, pixels_of, use_one_thread
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
    return channels_last(FaceNet(config.pyramid, pretrained=pretrained))


@torch.no_grad()
def find(network: nn.Module, picture: np.ndarray, threshold: float) -> list[Detection]:
    """The faces in (H, W, 3) uint8 RGB, both sides multiples of 32, at one scale; without their points."""
    height, width = picture.shape[:2]
    images = torch.from_numpy(picture).permute(2, 0, 1)[None].to(next(network.parameters()).device)
    codes = Scored(network)(pixels_of(images))[0].float().cpu().numpy()
    faces = without_doubles(decode(codes, height, width, threshold))
    rows = zip(faces.squares.tolist(), faces.rolls.tolist(), faces.scores.tolist(), strict=True)
    return [Detection(Box.square((x, y), side), roll, score) for (x, y, side), roll, score in rows]


class FaceFinder(Learner):
    """A detector in training."""

    config: DetectorConfig
    network: FaceNet

    def __init__(self, config: DetectorConfig, material: Material, validation: Material) -> None:
        network = network_of(config, pretrained=config.start is None)
        if config.start:
            take_over(network, Path(config.start))
        super().__init__(config, network)
        self.material = material
        largest = max(size for _, size in config.sizes)
        rngs = [np.random.default_rng((config.seed, 1, place)) for place in range(config.validate_on)]
        self.validation: list[Composed] = [draw(validation, largest, rng, config.frames_share) for rng in rngs]

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
            pictures, config.batch, num_workers=config.workers, worker_init_fn=use_one_thread,
            prefetch_factor=4 if config.workers else None,
        )  # fmt: skip

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        images, wanted = batch
        grid = torch.from_numpy(cells(*images.shape[2:])).to(self.device)
        parts = detection_loss(self.network(pixels_of(images)), wanted, grid)
        loss: Tensor = torch.stack([WEIGHTS[name] * value for name, value in parts.items()]).sum()
        self.log_step(images, loss=loss, **parts)
        return loss

    def on_train_epoch_end(self) -> None:
        if self.validation and self.is_judged_now():
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
