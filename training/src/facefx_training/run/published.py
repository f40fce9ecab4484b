"""Going on from a model folder: the weights of an exported graph, back in the network that they came from.

The exporter folds each batch norm into the convolution before it. So that training goes on as if it had never been folded, each
norm is given the statistics of what reaches it, and the scale and shift that undo them: what the network answers stays the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from facefx.errors import ModelError
from facefx.inference.cards import PERSON, ModelCard, PersonCard, weights_in

from ..networks import Segmenter
from ..networks.onnx_graph import folded
from ..networks.pix2pix import Pix2Pix

__all__ = ["is_model", "segmenter_card", "take_over_encoder", "take_over_model"]

_log = logging.getLogger(__name__)

_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


def is_model(folder: Path) -> bool:
    """Whether a folder to start from is a model's, not a run's."""
    return (folder / weights_in(folder)).exists()


def segmenter_card(folder: Path) -> ModelCard:
    """The card of a segmenter's folder, of faces or of people. Raises `ModelError` if it cannot be read."""
    return (PersonCard if weights_in(folder) == PERSON else ModelCard).read(folder)


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
    given, own = _convolutions_of(folder), _shapes(order)
    if isinstance(network, Pix2Pix) and [one.shape for one in given[-1:]] == [(len(network.palette), 3, 1, 1)]:
        network.read_by(torch.tensor(given.pop().weights)[..., 0, 0])
    if [one.shape for one in given] != own:
        raise ModelError(
            f"{folder} has {len(given)} convolutions and this network {len(own)}, or of other shapes; "
            "start from a model of the same family, encoder and options."
        )
    _copy(given, order)
    _absorb_statistics(network, order, pictures)
    network.train(was_training)


@torch.no_grad()
def take_over_encoder(network: Segmenter, folder: Path, pictures: Tensor) -> None:
    """Give the encoder of `network` the weights of that in `folder`/model.onnx, which may go deeper; the rest stays as it is.

    Parameters and pictures are those of `take_over_model`.

    Raises
    ------
    ModelError
        The network has no encoder, or it does not begin like the model.
    """
    was_training = network.training
    network.eval()
    encoder = set(network.encoder_parameters())
    order = [module for module in _in_order_of_use(network, pictures[:1]) if encoder.issuperset(module.parameters())]
    given, own = _convolutions_of(folder), _shapes(order)
    if not own or [one.shape for one in given[: len(own)]] != own:
        raise ModelError(
            f"the {len(own)} convolutions of this network's encoder are not the first ones of {folder}; "
            "start from a model with the same encoder, or with one that goes deeper."
        )
    _copy(given[: len(own)], order)
    _absorb_statistics(network, order, pictures)
    network.train(was_training)
    _log.info("starting from the encoder of %s: %d of its %d convolutions", folder, len(own), len(given))


class _Given(NamedTuple):
    """A convolution of a model's graph; `weights` None where they are no constants, `bias` None where there is none."""

    weights: np.ndarray | None
    bias: np.ndarray | None

    @property
    def shape(self) -> tuple[int, ...] | None:
        return None if self.weights is None else self.weights.shape


def _convolutions_of(folder: Path) -> list[_Given]:
    """A model's convolutions in the exporter's order, which is that of use; `folded` does not keep it."""
    content = (folder / weights_in(folder)).read_bytes()
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in folded(content).graph.initializer}
    nodes = [node for node in onnx.load_from_string(content).graph.node if node.op_type in ("Conv", "ConvTranspose")]
    return [_Given(constants.get(node.input[1]), constants[node.input[2]] if len(node.input) > 2 else None) for node in nodes]


def _shapes(order: list[nn.Module]) -> list[tuple[int, ...]]:
    return [tuple(module.weight.shape) for module in order if isinstance(module, _CONVOLUTIONS)]


def _copy(given: list[_Given], order: list[nn.Module]) -> None:
    """Weights and biases into as many convolutions among the modules, a bias into the norm behind where there is one."""
    convolutions = [module for module in order if isinstance(module, _CONVOLUTIONS)]
    for module, one in zip(convolutions, given, strict=True):
        module.weight.copy_(torch.tensor(one.weights))
        bias = torch.zeros(module.out_channels) if one.bias is None else torch.tensor(one.bias)
        if module.bias is not None:
            module.bias.copy_(bias)
        else:
            _pass_through(_norm_behind(module, order), bias)


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


def _absorb_statistics(network: nn.Module, order: list[nn.Module], pictures: Tensor) -> None:
    """Measure what reaches each norm among the modules, and let its scale and shift undo that its inputs are normalised by it."""
    sums: dict[nn.Module, list[Tensor]] = {}

    def collect(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        if module not in order:
            return
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
