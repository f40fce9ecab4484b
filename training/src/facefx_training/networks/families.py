"""The families of networks by name. A new one is a function here; its contract tests come from the registry."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import nn

from facefx.errors import ParameterError, UnknownName

from .attention import AttentionBridge
from .decoders import PSPDecoder, SegNetDecoder, UNetDecoder
from .encoders import Encoder, build_encoder
from .grey_unet import GreyUNet
from .heads import SegmentationHead
from .light_unet import LightUNet
from .pix2pix import Pix2Pix
from .segmenter import EncoderDecoder, Segmenter
from .unet2015 import UNet2015

__all__ = ["build", "families", "usual_encoder"]

_FAMILIES: dict[str, Callable[..., Segmenter]] = {}
_ON_ENCODER: dict[str, str] = {}  # families over an interchangeable encoder, and their usual one


def _family(name: str, *, encoder: str | None = None) -> Callable[[Callable[..., Segmenter]], Callable[..., Segmenter]]:
    def register(make: Callable[..., Segmenter]) -> Callable[..., Segmenter]:
        _FAMILIES[name] = make
        if encoder is not None:
            _ON_ENCODER[name] = encoder
        return make

    return register


@_family("unet", encoder="efficientnet-lite0")
def _unet(classes: int, encoder: Encoder, *, stem: int = 0, dropout: float = 0.1) -> Segmenter:
    decoder = UNetDecoder(encoder.channels, stem=stem)
    head = SegmentationHead(decoder.channels, classes, stride=decoder.stride, dropout=dropout)
    return EncoderDecoder(encoder, nn.Sequential(decoder, head))


@_family("pspnet", encoder="efficientnet-lite0")
def _pspnet(classes: int, encoder: Encoder, *, dropout: float = 0.1) -> Segmenter:
    decoder = PSPDecoder(encoder.channels)
    head = SegmentationHead(decoder.channels, classes, stride=decoder.stride, dropout=dropout)
    return EncoderDecoder(encoder, nn.Sequential(decoder, head))


@_family("transunet", encoder="efficientnet-lite0")
def _transunet(classes: int, encoder: Encoder, *, stem: int = 0, dropout: float = 0.1, depth: int = 3, heads: int = 5) -> Segmenter:
    widths = (160, 112, 64, 32)
    decoder = UNetDecoder(encoder.channels, widths, stem, AttentionBridge(widths[0], depth=depth, heads=heads))
    head = SegmentationHead(decoder.channels, classes, stride=decoder.stride, dropout=dropout)
    return EncoderDecoder(encoder, nn.Sequential(decoder, head))


@_family("segnet", encoder="efficientnet-lite0")
def _segnet(classes: int, encoder: Encoder, *, dropout: float = 0.1) -> Segmenter:
    decoder = SegNetDecoder(encoder.channels)
    head = SegmentationHead(decoder.channels, classes, stride=decoder.stride, dropout=dropout)
    return EncoderDecoder(encoder, nn.Sequential(decoder, head))


_family("light-unet", encoder="efficientnet-lite0-short")(LightUNet)
_family("grey-unet", encoder="efficientnet-lite0-shorter")(GreyUNet)
_family("pix2pix", encoder="efficientnet-lite0")(Pix2Pix)
_family("unet2015")(UNet2015)


def families() -> tuple[str, ...]:
    """Names that `build` knows."""
    return tuple(_FAMILIES)


def usual_encoder(family: str) -> str | None:
    """The encoder of a family for which none is named; None if it takes none."""
    return _ON_ENCODER.get(family)


def build(
    family: str, classes: int, *, encoder: str | None = None, pretrained: bool | str | Path = True, **options: Any
) -> Segmenter:
    """Build a segmenter: (N, 3, H, W) float32 RGB in [0, 1], any H, W >= 64 → logits (N, classes, H, W).

    Parameters
    ----------
    family
        One of `families()`.
    classes
        How many labels it tells apart.
    encoder
        One of `encoders()`; None for the family's usual one. Families that are trained from scratch take none.
    pretrained
        Where an encoder's weights come from: True an installed package, a path a file, False nowhere (random). Families that are
        trained from scratch start at random whatever this says.
    **options
        The family's own, see its function.

    Raises
    ------
    UnknownName
        No family or encoder is called that.
    ParameterError
        An encoder for a family that takes none, or fewer than one class.
    ModelError
        Pretrained weights that cannot be found or do not fit.
    """
    if family not in _FAMILIES:
        raise UnknownName("family", family, _FAMILIES)
    if classes < 1:
        raise ParameterError(f"a segmenter needs at least 1 class and was given classes={classes}.")
    if family in _ON_ENCODER:
        return _FAMILIES[family](classes, build_encoder(encoder or _ON_ENCODER[family], pretrained=pretrained), **options)
    if encoder is not None:
        allowed = ", ".join(sorted(_ON_ENCODER))
        raise ParameterError(
            f"family {family!r} takes no encoder and was given {encoder!r}; leave it out, or use one of {allowed}."
        )
    return _FAMILIES[family](classes, **options)
