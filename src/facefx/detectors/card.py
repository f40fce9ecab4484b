"""The card of a face detector: a model folder with ``detector.onnx`` and ``card.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..cards import DETECTOR, Card
from ..errors import ModelError

__all__ = ["DetectorCard"]


@dataclass(frozen=True, kw_only=True)
class DetectorCard(Card):
    """The contents of a detector's ``card.toml``.

    ``threshold`` is the score, 0 to 1, from which a face is believed in.
    """

    WEIGHTS = DETECTOR

    threshold: float

    @classmethod
    def _own_fields(cls, table: Mapping[str, Any]) -> dict[str, Any]:
        threshold = float(table["threshold"])
        if not 0 < threshold < 1:
            raise ModelError(f"it has threshold {threshold}; allowed: between 0 and 1")
        return {"threshold": threshold}
