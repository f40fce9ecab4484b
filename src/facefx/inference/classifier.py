"""A small classifier of a few measurements, run with numpy alone."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..errors import ModelError, UnknownName
from .cards import CLASSIFIER, checked_bytes, installed_models, local_models, read_table

__all__ = ["Classifier", "installed_classifier"]


@dataclass(frozen=True, eq=False)
class Classifier:
    """Multinomial logistic regression on random Fourier features, which make it bend like one with a Gaussian kernel.

    Rahimi and Recht, "Random Features for Large-Scale Kernel Machines", NIPS 2007. For D measurements, M waves, C classes:

    Attributes
    ----------
    classes, measurements : their names.
    mean, scale : (D,), which bring the measurements to mean 0 and standard deviation 1.
    waves, phases : (D, M) and (M,), drawn at random before training.
    weights, bias : (M, C) and (C,).
    temperature : what the logits are divided by, so that probabilities mean what they say (Guo et al., "On Calibration of Modern
        Neural Networks", ICML 2017).
    """

    classes: tuple[str, ...]
    measurements: tuple[str, ...]
    mean: np.ndarray = field(repr=False)
    scale: np.ndarray = field(repr=False)
    waves: np.ndarray = field(repr=False)
    phases: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    bias: np.ndarray = field(repr=False)
    temperature: float = 1.0

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """(N, D) measurements → (N, C) float64, summing to 1."""
        logits = (self.expanded(values) @ self.weights + self.bias) / self.temperature
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))

    def expanded(self, values: np.ndarray) -> np.ndarray:
        """(N, D) measurements → (N, M) Fourier features."""
        return np.asarray(np.sqrt(2 / len(self.phases)) * np.cos((values - self.mean) / self.scale @ self.waves + self.phases))

    @classmethod
    def read(cls, folder: Path) -> Classifier:
        """Read a model's folder. Raises `ModelError` if it lacks something, is damaged, or contradicts itself."""
        try:
            card = read_table(folder)
            with np.load(io.BytesIO(checked_bytes(folder / CLASSIFIER, folder.name, card["sha256"]))) as arrays:
                names = ("mean", "scale", "waves", "phases", "weights", "bias")
                values = {name: arrays[name].astype(float) for name in names}
                model = cls(tuple(card["classes"]), tuple(card["measurements"]), **values, temperature=float(card["temperature"]))
        except ModelError:
            raise
        except Exception as error:  # zipfile, zlib and numpy raise nearly anything for a damaged archive
            raise ModelError(f"the classifier in {folder} cannot be read: {type(error).__name__}: {str(error)[:200]}") from None
        inputs, outputs = len(model.measurements), len(model.classes)
        waves = len(model.phases)
        shapes = model.mean.shape, model.waves.shape, model.weights.shape, model.bias.shape
        if shapes != ((inputs,), (inputs, waves), (waves, outputs), (outputs,)):
            raise ModelError(f"the classifier in {folder} has arrays of shapes {shapes}, which do not fit its card")
        if not (model.temperature > 0 and all(np.isfinite(array).all() for array in (model.temperature, *values.values()))):
            raise ModelError(f"the classifier in {folder} holds NaN, infinity, or a temperature that is not above 0")
        return model


@lru_cache(maxsize=4)
def installed_classifier(name: str) -> Classifier:
    """A classifier that comes with facefx or lies in `FACEFX_MODELS`; read once. Raises `UnknownName` if there is no such model."""
    folders = {**local_models(), **installed_models()}
    if name not in folders:
        raise UnknownName("model", name, folders)
    return Classifier.read(folders[name])
