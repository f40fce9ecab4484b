"""Which colour of a mask picture stands for which label, for pix2pix.

Along a border the painted colour goes from one label's to the other's, and what lies nearest on the way is read there: a thin line
of a third label, if a third colour is near. So parts that touch get colours between which there is no other.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np
import torch
from torch import Tensor

from ..networks.pix2pix import spread_palette

__all__ = ["arranged_palette", "strays"]

#: Steps from one colour to another, label maps that are looked at, and orders that the search starts from.
_STEPS, _LOOKED_AT, _STARTS = 33, 400, 30


def arranged_palette(labels: np.ndarray, classes: int) -> Tensor:
    """(classes, 3) RGB in [0, 1]: grey and `spread_palette`'s colours, given out so that few third labels are read at borders.

    Pairs of colours are exchanged as long as that lessens the sum of `strays`, from several orders; always with the same result.

    Parameters
    ----------
    labels : (N, H, W) integer label maps; what is not below `classes` is unknown
    classes : at least 2
    """
    colours = np.concatenate([np.full((1, 3), 0.5), spread_palette(classes - 1).numpy()])  # from grey the way to each is free
    borders, sizes = _borders(labels[:: len(labels) // _LOOKED_AT + 1], classes)
    weights, between = borders / np.maximum(sizes, 1), _between(colours)

    def cost(order: np.ndarray) -> float:
        return float((weights * between[np.ix_(order, order, order)]).sum())

    orders = [np.random.default_rng(seed).permutation(classes) for seed in range(_STARTS)]
    best = min((_exchanged(order, cost) for order in orders), key=cost)
    return torch.from_numpy(colours[best]).float()


def strays(palette: Tensor, labels: np.ndarray) -> np.ndarray:
    """(classes,) float64: length of borders along which a label is read that is none of the two, for a pixel of that label.

    A border of one pixel between labels whose colours have a third one nearest on half of the way between them counts one half.
    """
    borders, sizes = _borders(labels, len(palette))
    return (borders * _between(palette.numpy())).sum((0, 1)) / np.maximum(sizes, 1)


def _borders(labels: np.ndarray, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """(classes, classes, 1) pairs of neighbours with other labels, each counted once; and (classes,) pixels of each label."""
    labels = np.where(labels < classes, labels, classes).astype(np.int64)
    count = np.zeros((classes + 1) ** 2)
    for one, other in ((labels[:, 1:], labels[:, :-1]), (labels[..., 1:], labels[..., :-1])):
        count += np.bincount((one * (classes + 1) + other).ravel(), minlength=len(count))
    pairs = count.reshape(classes + 1, -1)[:classes, :classes]
    return np.triu(pairs + pairs.T, 1)[..., None], np.bincount(labels.ravel(), minlength=classes + 1)[:classes]


def _between(colours: np.ndarray) -> np.ndarray:
    """(C, 3) → (C, C, C): on what share of the straight way from one colour to another a third one is the nearest."""
    shares = np.zeros((len(colours),) * 3)
    way = np.linspace(0, 1, _STEPS)[:, None]
    for a, b in combinations(range(len(colours)), 2):
        met = (colours[a] + way * (colours[b] - colours[a]))[:, None]
        nearest = np.bincount(np.square(met - colours).sum(-1).argmin(1), minlength=len(colours)) / _STEPS
        nearest[[a, b]] = 0
        shares[a, b] = shares[b, a] = nearest
    return shares


def _exchanged(order: np.ndarray, cost: Callable[[np.ndarray], float]) -> np.ndarray:
    """The order after the best exchange of two places, again and again, until none helps."""
    while True:
        tries = [order]
        for a, b in combinations(range(len(order)), 2):
            tried = order.copy()
            tried[[a, b]] = tried[[b, a]]
            tries.append(tried)
        costs = [cost(tried) for tried in tries]
        best = int(np.argmin(costs))
        if costs[best] >= costs[0] - 1e-12:
            return order
        order = tries[best]
