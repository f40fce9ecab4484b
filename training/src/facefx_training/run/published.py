"""Going on from a model folder: the weights of an exported graph, back in the network that they came from.

The exporter folds each batch norm into the convolution before it. So that training goes on as if it had never been folded, each
norm is given the statistics of what reaches it, and the scale and shift that undo them: what the network answers stays the same.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from facefx.errors import ModelError

from ..networks.onnx_graph import folded

__all__ = ["is_model", "take_over_model"]

_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def is_model(folder: Path) -> bool:
    """Whether a folder to start from is a model's, not a run's."""
    return (folder / "model.onnx").exists()


@torch.no_grad()
def take_over_model(network: nn.Module, folder: Path, pictures: Tensor) -> None:
    """Give `network` the weights of `folder`/model.onnx.

    Parameters
    ----------
    network : of the family, encoder and options that the model was exported from
    folder : a model folder
    pictures : (N, 3, S, S) float32, RGB in [0, 1]; a few dozen such as it will be trained on, for the norms' statistics

    Raises
    ------
    ModelError
        The model's convolutions are not the network's, or the network learns with other layers too.
    """
    was_training = network.training
    network.eval()
    order = _in_order_of_use(network, pictures[:1])
    if len({p for module in order for p in module.parameters()}) < len(list(network.parameters())):
        raise ModelError(f"only convolutions are read from {folder}, and this network has other layers; start from a run instead.")
    content = (folder / "model.onnx").read_bytes()
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in folded(content).graph.initializer}
    written = onnx.load_from_string(content).graph.node  # in the exporter's order, which `folded` does not keep
    nodes = [node for node in written if node.op_type in ("Conv", "ConvTranspose")]
    convolutions = [module for module in order if isinstance(module, _CONVOLUTIONS)]
    given = [weights[node.input[1]].shape if node.input[1] in weights else None for node in nodes]
    own = [tuple(module.weight.shape) for module in convolutions]
    if given != own:
        raise ModelError(
            f"{folder} has {len(given)} convolutions and this network {len(own)}, or of other shapes; "
            "start from a model of the same family, encoder and options."
        )
    for module, node in zip(convolutions, nodes, strict=True):
        module.weight.copy_(torch.tensor(weights[node.input[1]]))
        bias = torch.tensor(weights[node.input[2]]) if len(node.input) > 2 else torch.zeros(module.out_channels)
        if module.bias is not None:
            module.bias.copy_(bias)
        else:
            _pass_through(_norm_behind(module, order), bias)
    _absorb_statistics(network, pictures)
    network.train(was_training)


def _in_order_of_use(network: nn.Module, picture: Tensor) -> list[nn.Module]:
    """The convolutions and norms as a picture meets them, which is how the exporter writes them down."""
    order: list[nn.Module] = []
    _watched(network, (*_CONVOLUTIONS, nn.BatchNorm2d), lambda module, inputs: order.append(module), picture)
    return order


def _norm_behind(convolution: nn.Module, order: list[nn.Module]) -> nn.BatchNorm2d:
    norm = order[order.index(convolution) + 1]
    assert isinstance(norm, nn.BatchNorm2d)  # convolutions without a bias have one
    return norm


def _pass_through(norm: nn.BatchNorm2d, shift: Tensor) -> None:
    """Let a norm add `shift` and do nothing else, as long as it does not learn."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    norm.running_mean.zero_()
    norm.running_var.fill_(1 - norm.eps)
    norm.weight.fill_(1)
    norm.bias.copy_(shift)


def _absorb_statistics(network: nn.Module, pictures: Tensor) -> None:
    """Measure what reaches each norm, and let its scale and shift undo that its inputs are normalised by it."""
    sums: dict[nn.Module, list[Tensor]] = {}

    def collect(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].double()
        moments = torch.stack([x.mean((0, 2, 3)), x.square().mean((0, 2, 3))])
        sums.setdefault(module, []).append(moments)

    for batch in pictures.split(8):
        _watched(network, (nn.BatchNorm2d,), collect, batch)
    for norm, moments in sums.items():
        assert isinstance(norm, nn.BatchNorm2d)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        mean, square = torch.stack(moments).mean(0)
        variance = (square - mean.square()).clamp(min=1e-8)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_((variance + norm.eps).sqrt())
        norm.bias.add_(mean)


def _watched(network: nn.Module, kinds: tuple[type, ...], see: Callable[[nn.Module, Any], None], pictures: Tensor) -> None:
    """Run pictures through the network and let `see` have each module of these kinds with its inputs, in their order."""
    handles = [module.register_forward_pre_hook(see) for module in network.modules() if isinstance(module, kinds)]
    try:
        network(pictures)
    finally:
        for handle in handles:
            handle.remove()
