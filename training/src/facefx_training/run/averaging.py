"""A running mean of a network's weights."""

from __future__ import annotations

from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

__all__ = ["averaged_copy"]


def averaged_copy(network: nn.Module, ema: float) -> AveragedModel:
    """A running mean with decay `ema` a step, which forgets faster at first, lest it hang on to the random start."""

    def blend(mean: Tensor, new: Tensor, count: Tensor | int) -> Tensor:
        decay = min(ema, (1 + int(count)) / (10 + int(count)))
        return mean.lerp(new, 1 - decay) if mean.is_floating_point() else new

    return AveragedModel(network, avg_fn=blend, use_buffers=True).requires_grad_(False)
