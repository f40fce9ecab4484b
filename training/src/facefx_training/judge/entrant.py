"""What is judged: a model folder, or several that parse as one, with the ways to use it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from facefx import parse
from facefx.face.values import Segmenter
from facefx.inference.cards import ModelCard
from facefx.inference.ensemble import Ensemble
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import LabelScheme, scheme

from ..data import Pictures
from .evaluate import evaluate, report
from .predictors import Predict, whole_frame

__all__ = ["CELEBAMASK", "Entrant"]

CELEBAMASK = scheme("celebamask")


@dataclass(frozen=True)
class Entrant:
    """One or more models, judged in their own label scheme, which may know fewer parts than the pictures' labels do."""

    cards: tuple[ModelCard, ...]

    @classmethod
    def read(cls, text: str | Path) -> Entrant:
        """`FOLDER`, or the text `FOLDER+FOLDER` for an ensemble. Raises `ModelError` for a folder without a proper card."""
        folders = [text] if isinstance(text, Path) else [Path(part) for part in text.split("+")]
        return cls(tuple(ModelCard.read(folder.resolve()) for folder in folders))

    @property
    def name(self) -> str:
        return "+".join(card.name for card in self.cards)

    @property
    def sha256(self) -> str:
        return "+".join(card.sha256 for card in self.cards)

    @property
    def scheme(self) -> LabelScheme:
        return self.cards[0].scheme

    @property
    def segmenter(self) -> Segmenter:
        members = [OnnxSegmenter(card, quality="best") for card in self.cards]
        return members[0] if len(members) == 1 else Ensemble(members)

    def end_to_end(self) -> Predict:
        """Detect, crop, parse, paste back; label maps in the own scheme."""
        segmenter = self.segmenter
        return lambda image: parse(image, segmenter=segmenter).label_map(self.scheme)

    def given_crops(self) -> Predict | None:
        """The network alone on whole frames at its card's input size, in the own scheme; None for an ensemble."""
        return whole_frame(self.cards[0].folder, self.cards[0].input_size[0]) if len(self.cards) == 1 else None

    def truth(self, pictures: Pictures) -> Pictures:
        """Pictures labelled in CelebAMask-HQ's order, with their labels translated to the own scheme."""
        return replace(pictures, labels=self.scheme.lookup_from(CELEBAMASK)[pictures.labels])

    def judge(self, predict: Predict, pictures: Pictures) -> tuple[dict[str, Any], list[np.ndarray]]:
        """What `evaluate.report` says over the own classes, in percent, and the predictions in the own scheme.

        `pictures` are labelled in CelebAMask-HQ's order.
        """
        matrix, predictions = evaluate(predict, self.truth(pictures), self.scheme)
        return report(matrix, self.scheme), predictions
