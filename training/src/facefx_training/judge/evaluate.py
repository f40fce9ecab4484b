"""Scores of whatever predicts label maps, over labelled pictures, photos with hair masks and photos with landmarks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facefx.labels import Label, LabelScheme, Region, scheme

from ..data import Pictures
from ..data.hair import hair_names, read_hair
from ..data.landmarks import FEATURES, read_landmarks
from .conditions import CONDITIONS
from .intervals import rare_f1
from .metrics import confusion, scores
from .predictors import Predict

__all__ = ["breakdown", "evaluate", "hair_scores", "landmark_hits", "report"]

_CELEBAMASK = scheme("celebamask")
_MERGED = {"lips": Region.LIPS, "mouth": Region.MOUTH, "eyes": Region.EYES, "brows": Region.EYEBROWS}
#: Regions of which a mask of the face in grey is judged as a whole: the face with its eyes, the eyes with their irises.
_NESTED = (Region.FACE.value, Region.EYES.value, "irises")


def evaluate(predict: Predict, pictures: Pictures, scheme: LabelScheme = _CELEBAMASK) -> tuple[np.ndarray, list[np.ndarray]]:
    """Confusion matrix summed over the pictures, and the predictions; both label maps in `scheme`."""
    predictions = [predict(image) for image in pictures.images]
    return _confusion(pictures.labels, predictions, scheme), predictions


def _confusion(truths: Iterable[np.ndarray], predictions: Iterable[np.ndarray], scheme: LabelScheme) -> np.ndarray:
    pairs = zip(truths, predictions, strict=True)
    return sum((confusion(truth, said, len(scheme)) for truth, said in pairs), np.zeros((len(scheme),) * 2, np.int64))


def report(matrix: np.ndarray, scheme: LabelScheme = _CELEBAMASK) -> dict[str, Any]:
    """`metrics.scores` in percent by the name of the classes that the truth holds, the F1 of regions counted as one, and
    the mean F1 of the rare parts.
    """
    values = scores(matrix)
    merged = {name: _merged_f1(matrix, scheme.indices_of(region)) for name, region in _MERGED.items() if scheme.indices_of(region)}
    by_class = {
        kind: {name: _percent(v) for name, v in zip(scheme.classes, values[kind], strict=True) if not np.isnan(v)}
        for kind in ("f1", "iou", "precision", "recall")
    }
    by_class["f1"].pop("background", None)
    if scheme.indices_of("irises"):
        by_class["iou_of_regions"] = {name: _percent(_merged_iou(matrix, scheme.indices_of(name))) for name in _NESTED}
    rare = rare_f1(values["f1"], scheme)
    together = {} if np.isnan(rare) else {"rare": _percent(rare)}
    return {**_means(values), **{name: _percent(value) for name, value in merged.items()}, **together, **by_class}


def breakdown(
    predictions: Sequence[np.ndarray], pictures: Pictures, kinds: Sequence[Collection[str]], scheme: LabelScheme
) -> dict[str, dict[str, float]]:
    """The means over the pictures of each condition, over those of none, and how many there are.

    A class that no picture of a condition holds is in none of its means, so compare conditions by class only with that in mind.

    Parameters
    ----------
    kinds : for each picture, the names of its `conditions`
    """
    found = {}
    for name in [*CONDITIONS, "none of these"]:
        chosen = [i for i, kind in enumerate(kinds) if (name in kind if kind else name == "none of these")]
        if chosen:
            matrix = _confusion([pictures.labels[i] for i in chosen], [predictions[i] for i in chosen], scheme)
            found[name] = {"pictures": len(chosen), **_means(scores(matrix))}
    return found


def _means(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: _percent(values[name]) for name in ("accuracy", "miou", "mean_f1")}


def _merged_iou(matrix: np.ndarray, indices: Sequence[int]) -> float:
    f1 = _merged_f1(matrix, indices)
    return f1 / (2 - f1)


def _merged_f1(matrix: np.ndarray, indices: Sequence[int]) -> float:
    inside = np.zeros(len(matrix), bool)
    inside[list(indices)] = True
    both = matrix[inside][:, inside].sum()
    return float(2 * both / max(matrix[inside].sum() + matrix[:, inside].sum(), 1))


def hair_scores(predict: Predict, folder: Path, limit: int | None = None, scheme: LabelScheme = _CELEBAMASK) -> dict[str, float]:
    """F1 of hair over a folder of `images/` and `hair/`, pixels summed over the set, in percent; how many photos showed a face."""
    both = total = found = count = 0
    for image, truth in read_hair(folder, hair_names(folder)[:limit]):
        labels = predict(image)
        said = np.isin(labels, scheme.indices_of(Label.HAIR))
        both += int((said & truth).sum())
        total += int(said.sum() + truth.sum())
        found += bool(labels.any())
        count += 1
    return {"f1": _percent(2 * both / max(total, 1)), "pictures": count, "with_a_face": found}


def landmark_hits(predict: Predict, folder: Path, limit: int | None = None, scheme: LabelScheme = _CELEBAMASK) -> dict[str, float]:
    """Of the faces of a folder with `images/` and `landmarks.csv` (68 points, iBUG's order, pixels), the share in percent in whose
    label map the middle of each feature's points lies on that feature, or within 2 % of the face's width of it.

    Features on the far side of a turned head are asked for like the others; those that the scheme does not tell apart are not.
    """
    features = {name: scheme.indices_of(region) for name, (_, region) in FEATURES.items() if scheme.indices_of(region)}
    hits, count = dict.fromkeys(features, 0), 0
    for image, points in read_landmarks(folder, limit):
        labels = predict(image)
        reach = max(round(0.02 * np.ptp(points[:, 0])), 1)
        for feature, indices in features.items():
            x, y = points[FEATURES[feature][0]].mean(0).round().astype(int)
            window = labels[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
            hits[feature] += bool(np.isin(window, indices).any())
        count += 1
    return {"pictures": count, **{feature: _percent(n / max(count, 1)) for feature, n in hits.items()}}


def _percent(value: float) -> float:
    return round(100 * float(value), 2)
