"""The card of a face detector: a model folder with ``detector.onnx`` and ``card.toml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..cards import DETECTOR, checked_bytes, read_table
from ..errors import ModelError

__all__ = ["DetectorCard"]

_TEXTS = ("name", "version", "family", "summary", "sha256", "license", "data_license")


@dataclass(frozen=True)
class DetectorCard:
    """The contents of a detector's ``card.toml``; ``folder`` is where it lies.

    ``threshold`` is the score, 0 to 1, from which a face is believed in.
    """

    folder: Path
    name: str
    version: str
    family: str
    summary: str
    sha256: str
    parameters: int
    license: str
    data_license: str
    threshold: float
    scores: Mapping[str, Any] = field(default_factory=dict, repr=False)
    training: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, folder: Path) -> DetectorCard:
        """Read ``folder/card.toml``. Raises `ModelError` if it is missing, malformed or out of range."""
        path, table = folder / "card.toml", read_table(folder)
        try:
            card = cls(
                folder=folder,
                **{key: str(table[key]) for key in _TEXTS},
                parameters=int(table["parameters"]),
                threshold=float(table["threshold"]),
                scores=MappingProxyType(table.get("scores", {})),
                training=MappingProxyType(table.get("training", {})),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelError(f"the detector's card {path} lacks or garbles {error}; export the model again") from None
        if not 0 < card.threshold < 1:
            raise ModelError(f"the detector's card {path} has threshold {card.threshold}; allowed: between 0 and 1")
        return card

    def model_bytes(self) -> bytes:
        """The bytes of ``detector.onnx``, after checking them against the card's sha256."""
        return checked_bytes(self.folder / DETECTOR, self.name, self.sha256)
