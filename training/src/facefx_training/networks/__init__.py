"""Networks: encoders, decoders, and the families that join them."""

from .encoders import build_encoder, encoders
from .families import build, families, usual_encoder
from .segmenter import Segmenter

__all__ = ["Segmenter", "build", "build_encoder", "encoders", "families", "usual_encoder"]
