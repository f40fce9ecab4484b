"""Ways to use an exported model: alone on given crops, and through facefx's own detection and cropping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from facefx.face.values import Segmenter
from facefx.inference.cards import ModelCard, Quality, any_card, weights_in
from facefx.inference.segmenter import OnnxSegmenter

__all__ = ["Predict", "on_whole_frames", "through_facefx", "whole_frame"]

#: (H, W, 3) uint8 RGB → (H, W) uint8 label map.
Predict = Callable[[np.ndarray], np.ndarray]


def whole_frame(model: Path | bytes, size: int, *, threads: int = 1) -> Predict:
    """The network alone on the frame as it is, shrunk to `size`, probabilities enlarged again; a model's folder, or its bytes."""
    if isinstance(model, Path) and isinstance(card := any_card(model), ModelCard) and card.values == "grey":
        segmenter = OnnxSegmenter(card, mirror=False, provider="cpu")
        return on_whole_frames(lambda small: segmenter.probabilities(small[None])[0], size)
    content = model if isinstance(model, bytes) else (model / weights_in(model)).read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return on_whole_frames(
        lambda small: session.run(None, {"image": np.ascontiguousarray(small.transpose(2, 0, 1)[None])})[0][0], size
    )


def on_whole_frames(answer: Callable[[np.ndarray], np.ndarray], size: int) -> Predict:
    """The same with whatever gives (C, size, size) probabilities of a frame's (size, size, 3) float32 RGB in [0, 1]."""

    def predict(image: np.ndarray) -> np.ndarray:
        small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        height, width = image.shape[:2]
        best, labels = np.full((height, width), -1, np.float32), np.zeros((height, width), np.uint8)
        for index, values in enumerate(answer(small)):
            values = cv2.resize(values, (width, height), interpolation=cv2.INTER_LINEAR)
            labels[values > best] = index
            np.maximum(best, values, out=best)
        return labels

    return predict


def through_facefx(model: Path | Segmenter, detector: str | None = None, quality: Quality = "best") -> Predict:
    """End to end: detect, by default as facefx does, crop, parse, paste back; label maps in the model's own scheme.

    A segmenter instead of a model folder runs as it is, whatever the quality.
    """
    import facefx

    segmenter: Segmenter = OnnxSegmenter.from_folder(model.resolve(), quality=quality) if isinstance(model, Path) else model
    return lambda image: facefx.parse(image, segmenter=segmenter, detector=detector).label_map(segmenter.scheme)
