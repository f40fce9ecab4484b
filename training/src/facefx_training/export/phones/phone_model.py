"""A folder that was written for phones, read again: its card, and the model run by its own runtime."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from facefx.errors import ModelError
from facefx.inference.card_ends import labels_of_card
from facefx.labels import LabelScheme

from .formats import FORMATS, Run

__all__ = ["CARD", "PhoneModel", "PhoneSegmenter"]

#: JSON, which Kotlin and Swift read without a further library, and which keeps facefx from taking the folder for one of its models.
CARD = "card.json"


class PhoneModel:
    """A folder with card.json and the files that it names.

    Raises
    ------
    ModelError
        No such card, or not one that was written by this version of facefx-training.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.card: dict[str, Any] = json.loads((folder / CARD).read_text("utf-8"))
            self.format = FORMATS[self.card["format"]]
            self.size = int(self.card["input"]["size"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(f"{folder / CARD} is not a card of facefx-train export --to: {error!r}") from None

    @cached_property
    def run(self) -> Run:
        """The model by its own runtime on one thread: (S, S, 3) float32 RGB in [0, 1] → (channels, S, S).

        Raises
        ------
        ModelError
            Nothing on this platform runs it.
        MissingExtra
            The runtime is not installed.
        """
        if self.format.open is None:
            raise ModelError(f"{self.folder} is a model for {self.card['format']}, which only Apple's platforms run.")
        return self.format.open(self.folder)

    def set_scores(self, scores: Mapping[str, Any]) -> None:
        """Put measured scores into the card."""
        self.card["scores"] = {**self.card.get("scores", {}), **scores}
        (self.folder / CARD).write_text(json.dumps(self.card, indent=2) + "\n", "utf-8")


class PhoneSegmenter:
    """A phone's model where `facefx.parse` takes a segmenter: the crops that it would be given on a phone, and nothing mirrored."""

    def __init__(self, model: PhoneModel) -> None:
        self.model = model
        self.scheme: LabelScheme
        self.scheme, self.outputs = labels_of_card(model.card["name"], model.card["labels"])

    @property
    def name(self) -> str:
        return f"{self.model.card['name']}-{self.model.card['format']}-{self.model.card['precision']}"

    @property
    def input_size(self) -> tuple[int, int]:
        return self.model.size, self.model.size

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, S, S, 3) float32 RGB in [0, 1] → (N, C, S, S) float32, summing to 1 over C."""
        values = np.stack([self.model.run(np.ascontiguousarray(crop, np.float32)) for crop in crops])
        if self.model.card["output"]["values"] == "logits":
            shares = np.exp(values - values.max(1, keepdims=True))
            values = shares / shares.sum(1, keepdims=True)
        return np.stack([values[:, list(group)].sum(1) for group in self.outputs], 1)
