"""Scores of an exported model, on given crops and through facefx's own detection and cropping."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from facefx.labels import Label, Region, scheme

from .data import Pictures
from .data.hair import hair_names, read_hair
from .metrics import confusion, scores

__all__ = ["Predict", "evaluate", "hair_scores", "landmark_hits", "report", "through_facefx", "whole_frame"]

_SCHEME = scheme("celebamask")
#: (H, W, 3) uint8 RGB → (H, W) uint8 label map.
Predict = Callable[[np.ndarray], np.ndarray]
#: iBUG's points of each feature; its "right" brow and eye come first and are the subject's right.
_POINTS: dict[str, tuple[list[int], Region | Label]] = {
    "right_eyebrow": ([*range(17, 22)], Label.RIGHT_EYEBROW),
    "left_eyebrow": ([*range(22, 27)], Label.LEFT_EYEBROW),
    "nose": ([30], Label.NOSE),
    "right_eye": ([*range(36, 42)], Label.RIGHT_EYE),
    "left_eye": ([*range(42, 48)], Label.LEFT_EYE),
    "upper_lip": ([50, 51, 52, 61, 62, 63], Label.UPPER_LIP),
    "lower_lip": ([56, 57, 58, 65, 66, 67], Label.LOWER_LIP),
    "mouth": ([*range(48, 68)], Region.MOUTH),
}
_MERGED = {"lips": Region.LIPS, "mouth": Region.MOUTH, "eyes": Region.EYES, "brows": Region.EYEBROWS}


def whole_frame(model: Path, size: int, *, threads: int = 1) -> Predict:
    """The network alone on the frame as it is, shrunk to `size`, its probabilities enlarged again."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession((model / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"])

    def predict(image: np.ndarray) -> np.ndarray:
        small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        (answer,) = session.run(None, {"image": np.ascontiguousarray(small.transpose(2, 0, 1)[None])})
        height, width = image.shape[:2]
        best, labels = np.full((height, width), -1, np.float32), np.zeros((height, width), np.uint8)
        for index, values in enumerate(answer[0]):
            values = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
            labels[values > best] = index
            np.maximum(best, values, out=best)
        return labels

    return predict


def through_facefx(model: Path) -> Predict:
    """End to end: detect, crop, parse, paste back."""
    import facefx

    folder = model.resolve()
    return lambda image: facefx.parse(image, segmenter=folder).label_map()


def evaluate(predict: Predict, pictures: Pictures) -> tuple[np.ndarray, list[np.ndarray]]:
    """Confusion matrix summed over the pictures, and the predictions."""
    matrix = np.zeros((len(_SCHEME),) * 2, np.int64)
    predictions = []
    for image, labels in zip(pictures.images, pictures.labels, strict=True):
        predictions.append(predict(image))
        matrix += confusion(labels, predictions[-1], len(_SCHEME))
    return matrix, predictions


def report(matrix: np.ndarray) -> dict[str, Any]:
    """`metrics.scores` in percent by the name of the classes that the truth holds, and the F1 of regions counted as one."""
    values = scores(matrix)
    merged = {name: _merged_f1(matrix, region) for name, region in _MERGED.items()}
    means = {name: values[name] for name in ("accuracy", "miou", "mean_f1")}
    by_class = {
        kind: {name: _percent(v) for name, v in zip(_SCHEME.classes, values[kind], strict=True) if not np.isnan(v)}
        for kind in ("f1", "iou")
    }
    by_class["f1"].pop("background", None)
    return {**{name: _percent(value) for name, value in {**means, **merged}.items()}, **by_class}


def _merged_f1(matrix: np.ndarray, region: Region | Label) -> float:
    inside = np.zeros(len(_SCHEME), bool)
    inside[list(_SCHEME.indices_of(region))] = True
    both = matrix[inside][:, inside].sum()
    return float(2 * both / max(matrix[inside].sum() + matrix[:, inside].sum(), 1))


def hair_scores(predict: Predict, folder: Path, limit: int | None = None) -> dict[str, float]:
    """F1 of hair over a folder of `images/` and `hair/`, pixels summed over the set, in percent; how many photos showed a face."""
    both = total = found = count = 0
    for image, truth in read_hair(folder, hair_names(folder)[:limit]):
        labels = predict(image)
        said = labels == _SCHEME.indices_of(Label.HAIR)[0]
        both += int((said & truth).sum())
        total += int(said.sum() + truth.sum())
        found += bool(labels.any())
        count += 1
    return {"f1": _percent(2 * both / max(total, 1)), "pictures": count, "with_a_face": found}


def landmark_hits(predict: Predict, folder: Path, limit: int | None = None) -> dict[str, float]:
    """Of the faces of a folder with `images/` and `landmarks.csv` (68 points, iBUG's order, pixels), the share in percent in whose
    label map the middle of each feature's points lies on that feature, or within 2 % of the face's width of it.

    Features on the far side of a turned head are asked for like the others.
    """
    with (folder / "landmarks.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))[:limit]
    hits = dict.fromkeys(_POINTS, 0)
    for row in rows:
        image = cv2.imread(str(folder / "images" / row["image"]), cv2.IMREAD_COLOR_RGB)
        points = np.array([[float(row[f"{axis}{i}"]) for axis in "xy"] for i in range(68)])
        labels = predict(image)
        reach = max(round(0.02 * np.ptp(points[:, 0])), 1)
        for feature, (indices, region) in _POINTS.items():
            x, y = points[indices].mean(0).round().astype(int)
            window = labels[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
            hits[feature] += bool(np.isin(window, _SCHEME.indices_of(region)).any())
    return {"pictures": len(rows), **{feature: _percent(n / max(len(rows), 1)) for feature, n in hits.items()}}


def _percent(value: float) -> float:
    return round(100 * float(value), 2)
