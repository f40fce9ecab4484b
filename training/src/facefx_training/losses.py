"""Losses on logits and label maps."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from facefx.labels import IGNORE

__all__ = ["parsing_loss"]


def parsing_loss(logits: Tensor, labels: Tensor, class_weights: Tensor | None = None) -> Tensor:
    """Cross-entropy plus Dice (Milletari et al. 2016, "V-Net") over the classes that the batch's labels hold.

    Parameters
    ----------
    logits : (N, C, H, W) float
    labels : (N, H, W) int64, 255 where nothing is known
    class_weights : (C,) float, of the cross-entropy

    Returns
    -------
    () float, 0 if nothing is known
    """
    classes = logits.shape[1]
    log_probabilities = F.log_softmax(logits, 1)
    known = labels != IGNORE
    if not known.any():
        return logits.sum() * 0
    entropy = F.nll_loss(log_probabilities, labels, class_weights, ignore_index=IGNORE)
    probabilities = log_probabilities.exp().permute(0, 2, 3, 1)[known]
    truth = F.one_hot(labels[known], classes).to(probabilities.dtype)
    both = (probabilities * truth).sum(0)
    total = probabilities.sum(0) + truth.sum(0)
    present = truth.sum(0) > 0
    return entropy + (1 - 2 * both[present] / total[present]).mean()
