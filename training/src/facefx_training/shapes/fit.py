"""Fitting the classifier."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch

from facefx.analyzers.outline import OUTLINE
from facefx.inference.classifier import Classifier

__all__ = ["Settings", "fit", "fitted_temperature"]


@dataclass(frozen=True)
class Settings:
    """How the classifier is fitted.

    Attributes
    ----------
    waves : how many Fourier features.
    gamma : of the Gaussian kernel exp(-gamma |x - y|²) that they stand for, over measurements of standard deviation 1.
    ridge : weight of the squared weights beside the mean log loss.
    seed : of the waves.
    """

    waves: int = 300
    gamma: float = 0.01
    ridge: float = 0.00015
    seed: int = 0


def fit(values: np.ndarray, labels: np.ndarray, classes: tuple[str, ...], settings: Settings) -> Classifier:
    """Multinomial logistic regression on random Fourier features of (N, D) measurements, with a ridge; classes count alike."""
    rng = np.random.default_rng(settings.seed)
    mean, scale = values.mean(axis=0), values.std(axis=0) + 1e-9
    waves = rng.normal(0, np.sqrt(2 * settings.gamma), (values.shape[1], settings.waves))
    phases = rng.uniform(0, 2 * np.pi, settings.waves)
    empty = np.zeros((settings.waves, len(classes))), np.zeros(len(classes))
    model = Classifier(classes, OUTLINE, mean, scale, waves, phases, *empty)
    weights, bias = _regression(model.expanded(values), labels, len(classes), settings.ridge)
    return replace(model, weights=weights, bias=bias)


def _regression(features: np.ndarray, labels: np.ndarray, classes: int, ridge: float) -> tuple[np.ndarray, np.ndarray]:
    x, y = torch.from_numpy(features), torch.from_numpy(labels)
    rarity = len(labels) / (classes * torch.bincount(y, minlength=classes).clamp(min=1).double())
    weights = torch.zeros(x.shape[1], classes, dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.float64, requires_grad=True)
    search = torch.optim.LBFGS([weights, bias], max_iter=300, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        search.zero_grad()
        value = torch.nn.functional.cross_entropy(x @ weights + bias, y, rarity) + ridge * weights.square().sum()
        value.backward()
        return value

    search.step(loss)
    return weights.detach().numpy(), bias.detach().numpy()


def fitted_temperature(logarithms: np.ndarray, labels: np.ndarray) -> float:
    """What logits, (N, C), are best divided by: least log loss, to a hundredth."""
    candidates = np.arange(0.3, 4.0, 0.01)
    losses = []
    for temperature in candidates:
        scaled = logarithms / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        losses.append(float(np.mean(np.log(np.exp(scaled).sum(axis=1)) - scaled[np.arange(len(labels)), labels])))
    return round(float(candidates[int(np.argmin(losses))]), 2)
