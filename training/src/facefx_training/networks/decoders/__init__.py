"""Decoders: features by rising stride in, one map of features at the decoder's `stride` out."""

from .unet import UNetDecoder

__all__ = ["UNetDecoder"]
