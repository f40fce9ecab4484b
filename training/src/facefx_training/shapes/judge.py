"""How good the classifier is on photos that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .fit import Settings, fit, fitted_temperature
from .folds import grouped_folds
from .outlines import Outlines

__all__ = ["Judgement", "judged"]

_BINS = 5


@dataclass(frozen=True, eq=False)
class Judgement:
    """Scores of cross-validation, averaged over several ways to make the folds.

    Attributes
    ----------
    accuracy, spread : share of photos whose likeliest class is their label, and its standard deviation over the ways.
    first_two : share whose label is among the two likeliest.
    confusion : (C, C), mean number of photos of each label (row) that were given each class (column).
    temperature : fitted to the unseen photos' logits of all ways.
    log_loss, calibration_error : with that temperature; the second is the expected calibration error in five bins of equal size.
    bins : for each of those, the mean score of the likeliest class and how often it was right.
    """

    accuracy: float
    spread: float
    first_two: float
    confusion: np.ndarray
    temperature: float
    log_loss: float
    calibration_error: float
    bins: list[tuple[float, float]]


def judged(photos: Outlines, settings: Settings, *, folds: int, repeats: int, seed: int) -> Judgement:
    """Cross-validate: fit on all folds but one, predict that one; `repeats` times with other folds."""
    classes, labels = len(photos.classes), photos.labels
    logits = np.stack([_unseen(photos, settings, folds, np.random.default_rng([seed, turn])) for turn in range(repeats)])
    guesses = logits.argmax(axis=-1)
    hits = (guesses == labels).mean(axis=1)
    ranked = np.argsort(-logits, axis=-1)[..., :2]
    confusion = np.zeros((classes, classes))
    np.add.at(confusion, (np.tile(labels, repeats), guesses.ravel()), 1 / repeats)

    every, truth = logits.reshape(-1, classes), np.tile(labels, repeats)
    temperature = fitted_temperature(every, truth)
    shares = np.exp(every / temperature)
    shares /= shares.sum(axis=1, keepdims=True)
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth
    parts = np.array_split(np.argsort(sure), _BINS)
    bins = [(float(sure[part].mean()), float(right[part].mean())) for part in parts]
    return Judgement(
        accuracy=float(hits.mean()),
        spread=float(hits.std()),
        first_two=float((ranked == labels[None, :, None]).any(axis=-1).mean()),
        confusion=confusion,
        temperature=temperature,
        log_loss=float(-np.log(shares[np.arange(len(truth)), truth]).mean()),
        calibration_error=float(np.mean([abs(score - hit) for score, hit in bins])),
        bins=bins,
    )


def _unseen(photos: Outlines, settings: Settings, folds: int, rng: np.random.Generator) -> np.ndarray:
    """(N, C): each photo's logits from the model that has not seen it or a copy of it."""
    place = grouped_folds(photos.labels, photos.groups, folds, rng)
    logits = np.zeros((len(photos.labels), len(photos.classes)))
    for fold in range(folds):
        held = place == fold
        model = fit(photos.values[~held], photos.labels[~held], photos.classes, settings)
        logits[held] = np.log(np.maximum(model.probabilities(photos.values[held]), 1e-12))
    return logits
