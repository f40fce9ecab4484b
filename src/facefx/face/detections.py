"""Faces and regions as supervision's `Detections`, for its annotators, trackers and exporters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import MissingExtra
from .face import Face
from .values import Mask

__all__ = ["detections_of"]

#: A region of less than this share of a face's box is taken for one that is not seen, as `Face.confidence` does.
_SEEN = 1 / 1000


def detections_of(faces: Sequence[Face], regions: Sequence[str]) -> Any:
    """What `Scene.to_supervision` says."""
    try:
        import supervision
    except ImportError:
        raise MissingExtra("supervision", "supervision") from None
    found = [row for number, face in enumerate(faces) for row in _rows(face, number, regions)]
    if not found:
        return supervision.Detections.empty()
    boxes, masks, sure, kinds, numbers = zip(*found, strict=True)
    return supervision.Detections(
        xyxy=np.array(boxes, np.float32),
        mask=np.stack(masks),
        confidence=np.array(sure, np.float32),
        class_id=np.array(kinds, int),
        data={"class_name": np.array([(regions or ("face",))[kind] for kind in kinds]), "face": np.array(numbers, int)},
    )


def _rows(face: Face, number: int, regions: Sequence[str]) -> list[tuple[Any, ...]]:
    """Box, mask, confidence, class and number: of a face as a whole, or of each of its regions that is seen."""
    if not regions:
        box = face.box
        return [((box.x0, box.y0, box.x1, box.y1), np.asarray(face.mask("head")) >= 0.5, face.score, 0, number)]
    rows = []
    for kind, region in enumerate(regions):
        mask: Mask = face.mask(region)
        inside = np.asarray(mask) >= 0.5
        seen = mask.bbox
        if seen and inside.sum() >= _SEEN * face.box.area:
            rows.append(((seen.x0, seen.y0, seen.x1, seen.y1), inside, face.confidence(region), kind, number))
    return rows
