"""How far a network's answers are from what each cell should say."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from .targets import FACE, IGNORED

__all__ = ["WEIGHTS", "detection_loss"]

#: What each part of the loss weighs.
WEIGHTS = {"score": 1.0, "box": 2.0, "roll": 0.5, "points": 2.0}
_SIZE_LIMIT = 4.0


def detection_loss(codes: Tensor, targets: Tensor, cells: Tensor) -> dict[str, Tensor]:
    """The parts of the loss, each a mean over the cells of faces, not yet weighed.

    The score learns how well the cell knows the box (quality focal loss: Li et al. 2020), boxes by generalised intersection over
    union (Rezatofighi et al. 2019), roll and points by a smooth L1 distance.

    Parameters
    ----------
    codes : (N, A, 16) of the network
    targets : (N, A, 16) of `targets`
    cells : (A, 3) of `facefx.inference.detector.decode.cells`
    """
    kind = targets[..., 0]
    faces = kind == FACE
    count = faces.sum().clamp(min=1)
    given, wanted = codes[faces], targets[faces]
    cell = cells.expand(len(targets), -1, -1)[faces]
    middle = cell[:, :2] + given[:, 1:3] * cell[:, 2:]
    side = 4 * cell[:, 2] * given[:, 3].clamp(-_SIZE_LIMIT, _SIZE_LIMIT).exp()
    overlap, generalised = _overlaps(middle, side, wanted[:, 1:3], wanted[:, 3])

    quality = torch.zeros_like(kind)
    quality[faces] = overlap.detach()
    logits = codes[..., 0]
    distance = (quality - logits.sigmoid()).detach().abs()
    score = distance**2 * F.binary_cross_entropy_with_logits(logits, quality, reduction="none")

    points, seen = wanted[:, 6:], ~wanted[:, 6:].isnan()
    return {
        "score": score[kind != IGNORED].sum() / count,
        "box": (1 - generalised).sum() / count,
        "roll": F.smooth_l1_loss(given[:, 4:6], wanted[:, 4:6], beta=0.2, reduction="sum") / count,
        "points": F.smooth_l1_loss(given[:, 6:][seen], points[seen], beta=0.05, reduction="sum") / count,
    }


def _overlaps(middle: Tensor, side: Tensor, other_middle: Tensor, other_side: Tensor) -> tuple[Tensor, Tensor]:
    """Intersection over union of N pairs of squares, and the generalised one, (N,) each."""
    half, other_half = side[:, None] / 2, other_side[:, None] / 2
    low, high, other_low, other_high = middle - half, middle + half, other_middle - other_half, other_middle + other_half
    shared = (torch.minimum(high, other_high) - torch.maximum(low, other_low)).clamp(min=0).prod(dim=1)
    union = side**2 + other_side**2 - shared
    hull = (torch.maximum(high, other_high) - torch.minimum(low, other_low)).prod(dim=1)
    overlap = shared / union
    return overlap, overlap - (hull - union) / hull
