"""Scores of label maps, by one definition: the confusion matrix summed over a set, at the labels' own size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["confusion", "scores"]


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) int64 counts of pixels, truth down, prediction across, without those whose truth is 254 or 255."""
    known = truth < classes
    pairs = truth[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def scores(matrix: np.ndarray, classes: Sequence[int] | None = None) -> dict[str, Any]:
    """Pixel accuracy; IoU, F1 (which is Dice), precision and recall by class; and means, from a confusion matrix.

    A class that the truth holds and that is never predicted counts 0; one that the truth does not hold is nan and in no mean.

    Parameters
    ----------
    matrix : as from `confusion`
    classes : those in the means of F1, precision and recall; None for all but the first, the background

    Returns
    -------
    accuracy : share of the pixels that are right
    miou : mean IoU over all classes
    mean_f1, mean_precision, mean_recall : over `classes`
    f1, iou, precision, recall : lists by class
    """
    hit = np.diag(matrix).astype(float)
    true, said = matrix.sum(1), matrix.sum(0)
    held = true > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        by_class = {
            "f1": np.where(held, 2 * hit / (true + said), np.nan),
            "iou": np.where(held, hit / (true + said - hit), np.nan),
            "precision": np.where(held, hit / np.maximum(said, 1), np.nan),
            "recall": np.where(held, hit / true, np.nan),
        }
        accuracy = float(hit.sum() / matrix.sum())
    counted = list(range(1, len(matrix))) if classes is None else list(classes)
    means = {f"mean_{name}": _mean(by_class[name][counted]) for name in ("f1", "precision", "recall")}
    return {"accuracy": accuracy, "miou": _mean(by_class["iou"]), **means, **{name: v.tolist() for name, v in by_class.items()}}


def _mean(values: np.ndarray) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if present.size else float("nan")
