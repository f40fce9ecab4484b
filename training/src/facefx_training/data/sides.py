"""Left and right of a label map."""

from __future__ import annotations

import numpy as np

from facefx.labels import LabelScheme, scheme

__all__ = ["FEW_PIXELS", "mirrored_names", "sided_pairs", "upright_sides"]

#: Parts of fewer pixels have no say in which side is which.
FEW_PIXELS = 20
_CELEBAMASK = scheme("celebamask")


def sided_pairs(scheme: LabelScheme) -> list[tuple[int, int]]:
    """Indices of the classes (left_X, right_X) that `scheme` has."""
    index = {name: position for position, name in enumerate(scheme.classes)}
    pairs = [
        (position, index.get(name.replace("left_", "right_", 1))) for name, position in index.items() if name.startswith("left_")
    ]
    return [(left, right) for left, right in pairs if right is not None]


def mirrored_names(labels: np.ndarray, scheme: LabelScheme) -> np.ndarray:
    """The same map, with the names of left and right parts exchanged and the pixels where they were."""
    table = np.arange(256, dtype=np.uint8)
    for left, right in sided_pairs(scheme):
        table[[left, right]] = right, left
    return table[labels]


def upright_sides(labels: np.ndarray, scheme: LabelScheme = _CELEBAMASK) -> np.ndarray:
    """Undo swapped sides: about 8 % of CelebAMask-HQ's masks call the subject's left the right, in all pairs at once.

    In an upright picture the left eye, brow and ear lie at larger x than the right ones. Only pairs of which both parts can be seen
    count, so a profile, where one side is hidden, stays as it is.

    Parameters
    ----------
    labels : (H, W) uint8, indices of `scheme`

    Returns
    -------
    (H, W) uint8
        The same map, or its sides exchanged if more pairs are the wrong way round than the right one.
    """
    votes = 0.0
    for left, right in sided_pairs(scheme):
        left_x, right_x = np.nonzero(labels == left)[1], np.nonzero(labels == right)[1]
        if min(left_x.size, right_x.size) >= FEW_PIXELS:
            votes += np.sign(left_x.mean() - right_x.mean())
    return mirrored_names(labels, scheme) if votes < 0 else labels
