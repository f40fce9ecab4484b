"""Published models for phones: LiteRT (``tflite``), ncnn and Core ML, of one size, written and then run by their own runtimes.

A folder holds the model and ``card.json``: what goes in, what comes out, how near it is to what onnxruntime answers.
"""

from .formats import FORMATS, PRECISIONS
from .phone_model import CARD, PhoneModel, PhoneSegmenter
from .write import write_for_phones

__all__ = ["CARD", "FORMATS", "PRECISIONS", "PhoneModel", "PhoneSegmenter", "write_for_phones"]
