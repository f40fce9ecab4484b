"""Losses on logits and label maps."""

from __future__ import annotations

import torch
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
    known = labels != IGNORE
    if not known.any():
        return logits.sum() * 0
    log_probabilities = F.log_softmax(logits, 1)
    entropy = F.nll_loss(log_probabilities, labels, class_weights, ignore_index=IGNORE)
    return entropy + _dice(log_probabilities.exp(), labels.where(known, 0), known)


def _dice(probabilities: Tensor, labels: Tensor, known: Tensor) -> Tensor:
    """Sums by class, without a one-hot map, which would be the largest tensor of the step."""
    classes = probabilities.shape[1]
    said = (probabilities * known.unsqueeze(1)).sum((0, 2, 3))
    of_truth = probabilities.gather(1, labels.unsqueeze(1)).squeeze(1) * known
    both = torch.zeros_like(said).index_add(0, labels.flatten(), of_truth.flatten())
    true = torch.bincount(labels[known], minlength=classes).to(said.dtype)
    present = true > 0
    return (1 - 2 * both[present] / (said + true)[present]).mean()
