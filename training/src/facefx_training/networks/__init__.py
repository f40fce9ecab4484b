"""Networks: encoders, decoders, the families that join them, and what the ONNX graph of one holds and costs.

May import nothing else of this package.
"""

from .encoders import build_encoder, encoders
from .families import build, families, usual_encoder
from .segmenter import Segmenter

__all__ = ["Segmenter", "build", "build_encoder", "encoders", "families", "usual_encoder"]
