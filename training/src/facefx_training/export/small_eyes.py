"""How much more readily a model is to say eyes on faces that are small in their picture.

Labelled pictures are made so small that the model's crop has to enlarge them, as they are and as a small JPEG would hold them. Of
the weights for eyes with which no F1 of them falls, the one is taken with which it is highest in the mean; facefx then weighs eyes
by that wherever it had to enlarge a crop (`facefx.parsing.small_eyes`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import tomli_w

from facefx.errors import ModelError
from facefx.face.values import FaceParsing
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import Label, Region, scheme
from facefx.parsing.small_eyes import with_small_eyes

from ..data import Pictures
from ..run.published import segmenter_card

__all__ = ["SmallEyes", "small_eyes"]

#: How pictures are labelled.
_LABELS = scheme("celebamask")
#: So often are pictures enlarged.
ENLARGED = (1.5, 2.25, 3.0, 4.0)
#: What is tried, added to the logits of eyes for each doubling.
_TRIED = tuple(np.arange(0, 2.6, 0.2).round(1).tolist())
#: A small JPEG: its blur in pixels, and its quality.
_BLUR, _QUALITY = 0.7, 50
#: Of F1 in percent: what a weight must bring in the mean, and may lose at most in any of the kinds; less is noise.
_LEAST = 0.1


class SmallEyes(NamedTuple):
    """What was found.

    Attributes
    ----------
    per_doubling : what is to be added to the logits of eyes for each doubling.
    before, after : F1 of eyes in percent, by how often pictures were enlarged and whether they were JPEGs.
    """

    per_doubling: float
    before: dict[tuple[float, bool], float]
    after: dict[tuple[float, bool], float]


def small_eyes(model: Path, pictures: Pictures, *, version: str, command: str) -> SmallEyes:
    """Measure it on labelled pictures, and write it into the model's card, if that says something else.

    Parameters
    ----------
    model : a segmenter's folder.
    pictures : labelled in CelebAMask-HQ's order, which neither trained the model nor will judge it.
    version, command : for the card.

    Raises
    ------
    ModelError
        The model does not tell eyes from other parts.
    """
    card = segmenter_card(model)
    if not card.scheme.indices_of(Region.EYES):
        raise ModelError(f"the model {card.name!r} knows no eyes; its classes are {', '.join(card.scheme.classes)}")
    segmenter = OnnxSegmenter(card)
    f1 = {(times, jpeg): _f1(segmenter, pictures, times, jpeg=jpeg) for times in ENLARGED for jpeg in (False, True)}
    gained = np.array([values - values[0] for values in f1.values()])
    means = np.where((gained > -_LEAST).all(axis=0), gained.mean(axis=0), 0)
    best = int(means.argmax()) if means.max() > _LEAST else 0
    table = tomllib.loads((model / "card.toml").read_text("utf-8"))
    if table.get("small", {}).get("eyes", 0.0) != _TRIED[best]:
        table |= {"version": version, "small": {"eyes": _TRIED[best]}}
        training = table.setdefault("training", {})
        training["commands"] = [*training.get("commands", []), command]
        (model / "card.toml").write_text(tomli_w.dumps(table), "utf-8")
    return SmallEyes(_TRIED[best], *({kind: float(values[at]) for kind, values in f1.items()} for at in (0, best)))


def _f1(segmenter: OnnxSegmenter, pictures: Pictures, times: float, *, jpeg: bool) -> np.ndarray:
    """F1 of eyes in percent with each of the weights, on whole pictures that were made small and enlarged again."""
    known = segmenter.scheme
    sides = (Label.LEFT_EYE, Label.RIGHT_EYE) if known.indices_of(Label.LEFT_EYE) else (Region.EYES,)
    right, total = np.zeros((2, len(_TRIED)))
    for parsing, labels in _parsed(segmenter, pictures, times, jpeg=jpeg):
        for number, weight in enumerate(_TRIED):
            best = np.asarray(with_small_eyes(parsing, weight).probabilities).argmax(0)
            for eye in sides:
                said, true = np.isin(best, known.indices_of(eye)), np.isin(labels, _LABELS.indices_of(eye))
                right[number] += (said & true).sum()
                total[number] += said.sum() + true.sum()
    return np.asarray(200 * right / np.maximum(total, 1))


def _parsed(segmenter: OnnxSegmenter, pictures: Pictures, times: float, *, jpeg: bool) -> Iterator[tuple[FaceParsing, np.ndarray]]:
    """What the model says of each picture, and its labels, (S, S) in CelebAMask-HQ's order."""
    side = segmenter.input_size[0]
    small, affine = round(side / times), np.array([[times, 0, 0], [0, times, 0]])
    for image, marked in zip(pictures.images, pictures.labels, strict=True):
        seen = cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA)
        if jpeg:
            seen = cv2.GaussianBlur(seen, (0, 0), _BLUR)
            seen = cv2.imdecode(cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1], cv2.IMREAD_COLOR)
        crop = cv2.resize(seen, (side, side), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
        labels = cv2.resize(marked, (side, side), interpolation=cv2.INTER_NEAREST)
        yield FaceParsing(segmenter.probabilities(crop[None])[0], segmenter.scheme, affine), labels
