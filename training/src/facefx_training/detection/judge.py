"""How well a detector finds faces that are known: at a share of false alarms, by their size, tilt and light."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from facefx.face.values import Detection

from .compose import Face

__all__ = ["Outcome", "judge", "recall", "report", "threshold_for"]

#: A face is found by a box that shares so much of their union with it; less than that seen of it and it does not count.
SAME, SEEN = 0.4, 0.5
#: Faces from this side on are those that are promised to be found.
PROMISED = 40.0
_SIZES = {"24-40 px": (24, 40), "40-80 px": (40, 80), "80-160 px": (80, 160), "over 160 px": (160, np.inf)}
_TURNS = {"tilt under 15": (0, 15), "tilt 15-45": (15, 45), "tilt 45-90": (45, 90), "tilt over 90": (90, 181)}
_LIGHTS = {"dark": (0, 40), "dim": (40, 90), "lit": (90, 256)}


@dataclass(frozen=True, eq=False)
class Outcome:
    """A detector on pictures.

    Attributes
    ----------
    faces : each that counts, and the score of the box that found it, 0 if none did.
    sides, scores, false : of every box, (B,): its side in pixels, its score, whether it is false.
    """

    faces: Sequence[tuple[Face, float]]
    sides: np.ndarray
    scores: np.ndarray
    false: np.ndarray


def judge(pictures: Iterable[tuple[Sequence[Detection], Sequence[Face]]]) -> Outcome:
    """From what was found in each picture, at a low threshold, and what is there."""
    faces: list[tuple[Face, float]] = []
    boxes: list[tuple[float, float, bool]] = []
    for found, there in pictures:
        by = [0.0] * len(there)
        for one in sorted(found, key=lambda one: -one.score):
            overlaps = [0.0 if by[i] else one.box.iou(face.box) for i, face in enumerate(there)]
            right = max(overlaps, default=0.0) >= SAME
            if right:
                by[int(np.argmax(overlaps))] = one.score
            boxes.append((one.box.side, one.score, not right))
        faces += [(face, score) for face, score in zip(there, by, strict=True) if face.visible >= SEEN]
    sides, scores, false = np.array(boxes, float).reshape(-1, 3).T
    return Outcome(faces, sides, scores, false.astype(bool))


def threshold_for(outcome: Outcome, false: float = 0.02) -> float:
    """The least score at which no greater share of the promised boxes is false; just above the highest if there is none."""
    counted = outcome.sides >= PROMISED
    order = np.argsort(-outcome.scores[counted], kind="stable")
    scores, wrong = outcome.scores[counted][order], outcome.false[counted][order]
    allowed = np.flatnonzero(np.cumsum(wrong) <= false * np.arange(1, len(wrong) + 1))
    return float(scores[allowed[-1]]) if len(allowed) else float(min(np.max(outcome.scores, initial=0.5) + 1e-3, 0.999))


def recall(outcome: Outcome, threshold: float, which: Callable[[Face], bool] = lambda face: True) -> tuple[int, int]:
    """How many of the chosen faces were found, and how many there are."""
    chosen = [score >= threshold for face, score in outcome.faces if which(face)]
    return sum(chosen), len(chosen)


def report(outcome: Outcome, threshold: float) -> dict[str, Any]:
    """Percentages of faces found, and of boxes that are false."""
    kept = outcome.scores >= threshold
    groups: dict[str, Callable[[Face], bool]] = {f"faces of {PROMISED:g} px and more": lambda face: face.box.side >= PROMISED}
    for kinds, value in ((_SIZES, _side), (_TURNS, _tilt), (_LIGHTS, _light)):
        for name, (low, high) in kinds.items():
            groups[name] = _within(value, low, high)
    found = {name: recall(outcome, threshold, which) for name, which in groups.items()}
    promised = kept & (outcome.sides >= PROMISED)
    return {
        "threshold": round(threshold, 4),
        "false": _percent(int(outcome.false[promised].sum()), int(promised.sum())),
        "false_of_all_sizes": _percent(int(outcome.false[kept].sum()), int(kept.sum())),
        "found": {name: _percent(*counts) for name, counts in found.items() if counts[1]},
        "of": {name: count for name, (_, count) in found.items() if count},
    }


def _within(value: Callable[[Face], float], low: float, high: float) -> Callable[[Face], bool]:
    return lambda face: low <= value(face) < high


def _side(face: Face) -> float:
    return face.box.side


def _tilt(face: Face) -> float:
    return abs(face.roll)


def _light(face: Face) -> float:
    return face.light


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
