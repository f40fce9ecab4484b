"""pix2pix in training: a generator that paints mask pictures, and a critic that tells them from true ones (Isola et al. 2017)."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..data import Pictures
from ..networks import Segmenter
from ..networks.layers import pad_to_multiple
from ..networks.pix2pix import PatchDiscriminator, Pix2Pix
from .config import Config
from .learner import pixels_of
from .module import Parser
from .palette import arranged_palette

__all__ = ["AdversarialParser"]


class AdversarialParser(Parser):
    """A `Pix2Pix` in training.

    The generator lessens `critic's doubt + l1 · |painted - true mask picture| + supervision · loss(decoded labels) +
    teacher_weight · distance(decoded labels, a teacher's answer)`; the critic learns to tell pairs of a photo with its true mask
    picture from those with a painted one. Pixels of unknown label are grey in both pictures, so that they teach neither.
    """

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.automatic_optimization = False
        self.critic = PatchDiscriminator(self.config.critic_width)

    @staticmethod
    def _begin(network: Segmenter, config: Config, pictures: Pictures) -> None:
        assert isinstance(network, Pix2Pix)
        network.palette.copy_(arranged_palette(pictures.labels, len(config.labels)))
        Parser._begin(network, config, pictures)  # from another pix2pix comes its palette too

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        critic = {"params": list(self.critic.parameters()), "peak": self.config.critic_rate}
        # the paper's betas: what there is to criticise changes from step to step
        return [*super().configure_optimizers(), torch.optim.Adam([critic], lr=self.config.critic_rate, betas=(0.5, 0.999))]

    def training_step(self, batch: tuple[Tensor, ...], batch_idx: int) -> None:
        images, labels, *soft = batch
        labels = labels.long()
        photo, network = pixels_of(images), self.network
        assert isinstance(network, Pix2Pix)
        height, width = labels.shape[-2:]
        known = (labels < len(network.palette)).unsqueeze(1)
        true = network.mask_picture(labels)
        drawn = network.paint(pad_to_multiple(photo, 32))[..., :height, :width]
        painted = drawn.where(known, true)
        optimizers = self.optimizers()
        assert isinstance(optimizers, list)
        for_painter, for_critic = optimizers

        self.toggle_optimizer(for_painter)
        doubt = self.judge(self.critic(photo, painted), real=True)
        distance = (painted - true).abs().sum() / (3 * known.sum().clamp(min=1))
        loss = doubt + self.config.l1 * distance
        read = network.decode(drawn)
        if self.config.supervision:
            loss = loss + self.config.supervision * self.loss(read, labels)
        taught = {"distance": self.distillation(read, soft[0])} if soft else {}
        if taught:
            loss = loss + self.config.teacher_weight * taught["distance"]
        for_painter.zero_grad()
        self.manual_backward(loss)
        for_painter.step()
        self.untoggle_optimizer(for_painter)

        self.toggle_optimizer(for_critic)
        told = self.judge(self.critic(photo, true), real=True), self.judge(self.critic(photo, painted.detach()), real=False)
        error = (told[0] + told[1]) / 2
        for_critic.zero_grad()
        self.manual_backward(error)
        for_critic.step()
        self.untoggle_optimizer(for_critic)
        self.log_step(images, loss=loss, l1=distance, doubt=doubt, critic=error, **taught)

    def judge(self, opinion: Tensor, *, real: bool) -> Tensor:
        """How far the critic's (N, 1, h, w) logits are from calling all patches real, or painted."""
        wanted = torch.full_like(opinion, float(real))
        if self.config.critic == "bce":
            return F.binary_cross_entropy_with_logits(opinion, wanted)
        return F.mse_loss(opinion, wanted)  # least squares: Mao et al. 2017, "LSGAN"
