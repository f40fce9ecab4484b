"""Decoders: an encoder's features by rising stride in, one map at the decoder's `stride` out."""

from .psp import PSPDecoder
from .segnet import SegNetDecoder
from .separable import SeparableDecoder
from .unet import UNetDecoder

__all__ = ["PSPDecoder", "SegNetDecoder", "SeparableDecoder", "UNetDecoder"]
