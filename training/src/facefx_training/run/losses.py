"""Losses on logits and label maps, by name. All of them learn from pixels of which only part is known."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.errors import UnknownName
from facefx.labels import IGNORE, Label, LabelScheme

from ..data.hair import NOT_HAIR

__all__ = ["LOSSES", "ParsingLoss", "edge_weights"]

#: Names of the losses. Class weights count in "weighted-ce" and "ce+dice".
LOSSES = ("ce", "weighted-ce", "dice", "ce+dice", "focal", "boundary")


class ParsingLoss(nn.Module):
    """A loss of logits (N, C, H, W) against labels (N, H, W) int64.

    A pixel labelled 255 says nothing, and one labelled 254 says only that it is not hair: its probability of being right is one
    minus that of hair, where others' is that of their label.

    - ``ce``: cross-entropy, the mean over pixels of -log p, where p is the probability of being right;
    - ``weighted-ce``: the same, each pixel counting as its class does;
    - ``dice``: one minus Dice (Milletari et al. 2016, "V-Net"), the mean over the classes that the batch's labels hold;
    - ``ce+dice``: weighted-ce plus dice;
    - ``focal``: mean of -(1 - p)² log p (Lin et al. 2017, "Focal Loss", gamma 2);
    - ``boundary``: cross-entropy weighted by `edge_weights`.

    Parameters
    ----------
    name : one of `LOSSES`
    scheme : of the labels
    class_weights : by name of a class, of those that do not weigh 1; names that the scheme does not have are passed over

    Raises
    ------
    UnknownName
        No loss is called that.
    """

    class_weights: Tensor

    def __init__(self, name: str, scheme: LabelScheme, class_weights: Mapping[str, float]) -> None:
        super().__init__()
        if name not in LOSSES:
            raise UnknownName("loss", name, LOSSES)
        self.name = name
        self.hair = next(iter(scheme.indices_of(Label.HAIR)), None)
        weights = torch.tensor([class_weights.get(class_name, 1.0) for class_name in scheme.classes])
        self.register_buffer("class_weights", weights, persistent=False)

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        """() float, 0 if nothing is known."""
        log_probabilities = F.log_softmax(logits.float(), 1)
        known, not_hair = labels < logits.shape[1], (labels == NOT_HAIR) & (self.hair is not None)
        if not (known | not_hair).any():
            return logits.sum() * 0
        targets = labels.where(known, 0)
        right = log_probabilities.gather(1, targets.unsqueeze(1)).squeeze(1)
        false_hair = right.new_zeros(())
        if self.hair is not None:
            hair = log_probabilities[:, self.hair].exp() * not_hair
            false_hair = hair.sum()
            right = right.where(~not_hair, torch.log1p(-hair.clamp(max=1 - 1e-6)))

        weights = (known | not_hair).float()
        if self.name in ("weighted-ce", "ce+dice"):
            weights = weights * self.class_weights[targets].where(known, 1.0)
        elif self.name == "boundary":
            weights = weights * edge_weights(labels.where(known, IGNORE))
        pixels = -right * (1 - right.exp()) ** 2 if self.name == "focal" else -right
        by_pixel = (weights * pixels).sum() / weights.sum()
        if self.name not in ("dice", "ce+dice"):
            return by_pixel
        overlap = self._dice(log_probabilities.exp(), right.exp() * known, targets, known, false_hair)
        return overlap if self.name == "dice" else by_pixel + overlap

    def _dice(self, probabilities: Tensor, of_truth: Tensor, targets: Tensor, known: Tensor, false_hair: Tensor) -> Tensor:
        """Sums by class, without a one-hot map, which would be the largest tensor of the step."""
        said = (probabilities * known.unsqueeze(1)).sum((0, 2, 3))
        if self.hair is not None:
            said[self.hair] += false_hair
        both = torch.zeros_like(said).index_add(0, targets.flatten(), of_truth.flatten())
        true = torch.bincount(targets[known], minlength=len(said)).to(said.dtype)
        present = true > 0
        return (1 - 2 * both[present] / (said + true)[present]).sum() / present.sum().clamp(min=1)


def edge_weights(labels: Tensor, radii: tuple[int, ...] = (1, 2, 4)) -> Tensor:
    """(N, H, W) int64 → float weights: 1, and 1 more for each radius within which, in a square, another label lies.

    A cheap form of the border weights of Ronneberger et al. 2015 ("U-Net", equation 2): steps in place of their exponential of
    exact distances. Where labels are 255 there is no edge.
    """
    known = labels != IGNORE
    lowest, highest = labels.where(known, 1000).float(), labels.where(known, -1000).float()
    weights = torch.ones_like(highest)
    for radius in radii:
        side = 2 * radius + 1
        top, bottom = F.max_pool2d(highest, side, 1, radius), -F.max_pool2d(-lowest, side, 1, radius)
        weights += top > bottom
    return weights
