"""How far scores would differ on other pictures of the same kind: bootstrap intervals over pictures."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from facefx.labels import Label, LabelScheme

from ..data import Pictures
from .metrics import confusion, scores

__all__ = ["RARE", "intervals", "rare_f1"]

#: The parts that few people wear.
RARE = (Label.EYEGLASSES, Label.HAT, Label.EARRING, Label.NECKLACE)
#: How often pictures are drawn anew, and of what is found the share that lies within.
_ROUNDS, _WITHIN = 1000, 0.95


def rare_f1(f1: Sequence[float], scheme: LabelScheme) -> float:
    """Mean F1 of the `RARE` parts that the scheme tells apart and the truth holds; nan if there is none."""
    found = np.array([f1[index] for part in RARE for index in scheme.indices_of(part)], float)
    return float(np.nanmean(found)) if found.size and not np.isnan(found).all() else float("nan")


def intervals(
    predictions: Sequence[np.ndarray], pictures: Pictures, scheme: LabelScheme, *, seed: int = 0
) -> dict[str, tuple[float, float]]:
    """Percentile bootstrap (Efron and Tibshirani, "An introduction to the bootstrap", 1993, section 13.3) of what `report` says.

    Pictures are drawn with replacement a thousand times, and the confusion matrix is that of those drawn. With five necklaces in a
    hundred faces the interval of a necklace's F1 is wide, and should be.

    Parameters
    ----------
    predictions : label maps in `scheme`, one for each picture.
    pictures : labelled in `scheme`.

    Returns
    -------
    dict
        In percent, (2.5th, 97.5th percentile) of ``accuracy``, ``miou``, ``mean_f1``, ``rare`` (see `rare_f1`) and each class's F1;
        draws without a class say nothing of it.
    """
    classes = len(scheme)
    pairs = zip(pictures.labels, predictions, strict=True)
    each = np.stack([confusion(truth, said, classes).ravel() for truth, said in pairs]).astype(float)
    drawn = np.random.default_rng(seed).multinomial(len(each), np.full(len(each), 1 / len(each)), _ROUNDS)
    found: dict[str, list[float]] = {}
    for matrix in (drawn @ each).reshape(-1, classes, classes):
        values = scores(matrix)
        said = {name: values[name] for name in ("accuracy", "miou", "mean_f1")} | {"rare": rare_f1(values["f1"], scheme)}
        said |= dict(zip(scheme.classes[1:], values["f1"][1:], strict=True))
        for name, value in said.items():
            if not np.isnan(value):
                found.setdefault(name, []).append(100 * value)
    ends = 50 * (1 - _WITHIN), 50 * (1 + _WITHIN)
    return {name: tuple(np.percentile(values, ends).round(2).tolist()) for name, values in found.items()}
