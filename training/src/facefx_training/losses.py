"""Losses on logits and label maps."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from facefx.labels import IGNORE, Label, scheme

from .data.hair import NOT_HAIR

__all__ = ["parsing_loss"]

_HAIR = scheme("celebamask").indices_of(Label.HAIR)[0]


def parsing_loss(logits: Tensor, labels: Tensor, class_weights: Tensor | None = None) -> Tensor:
    """Cross-entropy plus Dice (Milletari et al. 2016, "V-Net") over the classes that the batch's labels hold.

    Parameters
    ----------
    logits : (N, C, H, W) float
    labels : (N, H, W) int64, 255 where nothing is known, 254 where it is only known not to be hair
    class_weights : (C,) float, of the cross-entropy

    Returns
    -------
    () float, 0 if nothing is known
    """
    known, not_hair = labels < logits.shape[1], labels == NOT_HAIR
    if not (known | not_hair).any():
        return logits.sum() * 0
    log_probabilities = F.log_softmax(logits, 1)
    targets = labels.where(known, IGNORE)
    weights = torch.ones(logits.shape[1]) if class_weights is None else class_weights
    entropy = F.nll_loss(log_probabilities, targets, weights, ignore_index=IGNORE, reduction="sum")
    hair = log_probabilities[:, _HAIR][not_hair].exp()
    entropy = entropy - torch.log1p(-hair.clamp(max=1 - 1e-6)).sum()
    count = weights[labels[known]].sum() + hair.numel()
    return entropy / count + _dice(log_probabilities.exp(), labels.where(known, 0), known, hair.sum())


def _dice(probabilities: Tensor, labels: Tensor, known: Tensor, false_hair: Tensor) -> Tensor:
    """Sums by class, without a one-hot map, which would be the largest tensor of the step."""
    classes = probabilities.shape[1]
    said = (probabilities * known.unsqueeze(1)).sum((0, 2, 3))
    said[_HAIR] += false_hair
    of_truth = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1) * known
    both = torch.zeros_like(said).index_add(0, labels.flatten(), of_truth.flatten())
    true = torch.bincount(labels[known], minlength=classes).to(said.dtype)
    present = true > 0
    return (1 - 2 * both[present] / (said + true)[present]).mean()
