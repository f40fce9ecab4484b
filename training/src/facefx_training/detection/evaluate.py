"""A model folder's detector, scored as it runs in facefx: pieces, scales and all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from facefx.face.values import Detection
from facefx.inference.cards import DetectorCard
from facefx.inference.detector.onnx import OnnxDetector

from .compose import Composed
from .data import Material, group_picture, read_material
from .frames import read_frames
from .judge import Outcome, judge, recall, report, threshold_for

__all__ = ["evaluate"]

#: Boxes of a lower score are not looked at.
_LEAST_SCORE = 0.05


def evaluate(
    model: Path, faces: Path, *, frames: Path | None, pictures: int, limit: int, seed: int, false: float
) -> tuple[float, dict[str, Any]]:
    """The threshold at which a share `false` of the boxes is false, and the scores at it.

    Parameters
    ----------
    faces : folder of pairs; group pictures are composed of those in its val.txt.
    frames : folder of photos with landmarks; those of the people of its "val" part count.
    pictures, limit : how many of the composed pictures, and of the frames.
    seed : of the composed pictures; the benchmark's have 0.
    """
    detector = OnnxDetector(DetectorCard.read(model), _LEAST_SCORE)
    material = read_material(faces, "val")
    composed = judge(_on_groups(detector, material, pictures, seed))
    threshold = threshold_for(composed, false)
    on = f"{pictures} pictures composed of {faces.name}/val.txt, seed {seed}; threshold chosen on them"
    scores: dict[str, Any] = {"composed": {"on": on, **report(composed, threshold)}}
    if frames:
        outcome = _on_frames(detector, frames, limit)
        found, count = recall(outcome, threshold)
        scores["frames"] = {
            "on": f"{frames.name}, {count} frames of held-out people",
            "found": round(100 * found / max(count, 1), 1),
        }
    return threshold, scores


def _on_groups(
    detector: OnnxDetector, material: Material, pictures: int, seed: int
) -> Iterator[tuple[list[Detection], tuple[Any, ...]]]:
    for index in range(pictures):
        made: Composed = group_picture(material, seed, index)
        yield detector.detect(made.image.astype(np.float32) / 255), made.faces


def _on_frames(detector: OnnxDetector, folder: Path, limit: int) -> Outcome:
    held_out = read_frames(folder, "val")
    chosen = held_out[:: max(len(held_out) // limit, 1)][:limit]  # so that all people are there
    return judge((detector.detect(frame.image.astype(np.float32) / 255), (frame.face,)) for frame in chosen)
