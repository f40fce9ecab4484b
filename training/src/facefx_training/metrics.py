"""Scores of label maps, by one definition: the confusion matrix summed over a set, at the labels' own size."""

from __future__ import annotations

import numpy as np

from facefx.labels import IGNORE

__all__ = ["confusion", "scores"]


def confusion(truth: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """(classes, classes) int64 counts of pixels, truth down and prediction across; pixels whose truth is 255 are left out."""
    known = truth != IGNORE
    pairs = truth[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def scores(matrix: np.ndarray) -> dict[str, object]:
    """Accuracy, mean IoU over all classes, mean F1 over all but the first, and both by class, from a confusion matrix.

    A class that the truth holds and that is never predicted counts 0; one that the truth does not hold is nan and in no mean.
    """
    hit = np.diag(matrix).astype(float)
    true, said = matrix.sum(1), matrix.sum(0)
    with np.errstate(invalid="ignore", divide="ignore"):
        f1 = np.where(true > 0, 2 * hit / (true + said), np.nan)
        iou = np.where(true > 0, hit / (true + said - hit), np.nan)
        accuracy = hit.sum() / matrix.sum()
    return {"accuracy": float(accuracy), "miou": _mean(iou), "mean_f1": _mean(f1[1:]), "f1": f1.tolist(), "iou": iou.tolist()}


def _mean(values: np.ndarray) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if present.size else float("nan")
