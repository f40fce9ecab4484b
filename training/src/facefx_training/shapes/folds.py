"""Folds for cross-validation that never split a group."""

from __future__ import annotations

import numpy as np

__all__ = ["grouped_folds"]


def grouped_folds(labels: np.ndarray, groups: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """(N,) int: each photo's fold. Groups stay together, and every class is spread as evenly over the folds as they allow."""
    place = np.zeros(len(labels), int)
    counts = np.zeros((folds, int(labels.max()) + 1))
    names = rng.permutation(np.unique(groups))
    # Large groups first; of one size they stay shuffled.
    for group in sorted(names, key=lambda name: -int((groups == name).sum())):
        members = groups == group
        added = np.bincount(labels[members], minlength=counts.shape[1])
        # Where this group's classes are rarest, and among those the emptiest.
        fold = int(np.lexsort((counts.sum(axis=1), counts @ added))[0])
        place[members] = fold
        counts[fold] += added
    return place
