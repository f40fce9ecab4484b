"""What one epoch shows the network."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from facefx.labels import LabelScheme

from .augment import Augment
from .augment_scene import COMPANY, SceneAugment
from .celebamask import Pictures
from .paste import Paste

__all__ = ["FaceDataset", "rarity"]


def rarity(labels: np.ndarray, oftener: Mapping[str, float], scheme: LabelScheme) -> np.ndarray:
    """(N, H, W) label maps → (N,) float64, how often each is to be shown: as its rarest part asks, 1 if it has none.

    Parts that the scheme does not tell apart ask for nothing.
    """
    weights = np.ones(len(labels))
    for part, weight in oftener.items():
        present = np.isin(labels, scheme.indices_of(part)).any(axis=(1, 2))
        weights = np.where(present, np.maximum(weights, weight), weights)
    return weights


class FaceDataset(Dataset[tuple[Tensor, ...]]):
    """One epoch: as many pictures as there are, drawn by rarity and varied.

    All chance hangs on (seed, epoch, position), so that a run can be repeated, with any number of workers, and resumed.

    Parameters
    ----------
    pictures
    weights : (N,) float
        How often each is to be shown; need not sum to one.
    augment
        What varies them; None leaves them as they are.
    paste
        What puts rare parts of some onto others before that; None does not.
    """

    def __init__(
        self,
        pictures: Pictures,
        weights: np.ndarray,
        augment: Augment | None,
        *,
        seed: int,
        epoch: int,
        paste: Paste | None = None,
    ) -> None:
        self.pictures, self.seed, self.epoch = pictures, seed, epoch
        self.augment, self.paste = augment, paste
        order = np.random.default_rng([seed, epoch])
        self.order = order.choice(len(pictures), len(pictures), p=weights / weights.sum())

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[Tensor, ...]:
        """(3, S, S) uint8 image and (S, S) uint8 labels; and (S, S, 3) uint8 soft labels, where the pictures have them."""
        if position >= len(self):
            raise IndexError(position)
        index = self.order[position]
        rng = np.random.default_rng([self.seed, self.epoch, position])
        image, labels = self.pictures.images[index], self.pictures.labels[index]
        soft = None if self.pictures.soft is None else self.pictures.soft[index]
        if self.paste is not None:  # by chance of its own, so that crops and colours are those of a run without it
            image, labels, soft = self.paste(index, soft, np.random.default_rng([self.seed, self.epoch, position, 1]))
        if self.augment is not None:
            image, labels, soft = self.augment.with_soft(image, labels, soft, rng)
            if isinstance(self.augment, SceneAugment) and soft is None and rng.random() < COMPANY:
                other = self.order[rng.integers(len(self))]
                behind = self.augment(self.pictures.images[other], self.pictures.labels[other], rng)
                image, labels = self.augment.before((image, labels), behind, rng)
        shown = torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1))), torch.from_numpy(labels)
        return shown if soft is None else (*shown, torch.from_numpy(soft))
