"""The segmenter as video uses it: one look a face, at the size that is asked for."""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from ..face.values import Segmenter
from ..inference.cards import ModelCard
from ..inference.segmenter import OnnxSegmenter

__all__ = ["for_frames"]


class _OneLook(OnnxSegmenter):
    """A model that sees each crop once, not in the mirror too, at another size than its card's, if it takes any."""

    def __init__(self, card: ModelCard, size: int) -> None:
        super().__init__(card, mirror=False)
        fixed = self._ready().get_inputs()[0].shape[2]
        self._size = fixed if isinstance(fixed, int) else size

    @property
    def input_size(self) -> tuple[int, int]:
        return self._size, self._size


def for_frames(segmenter: Segmenter, size: int) -> Segmenter:
    """The segmenter to use for frames: faster where it is an onnxruntime one, else as it is. One session a model and size."""
    if not isinstance(segmenter, OnnxSegmenter):
        return segmenter
    with _LOCK:
        key = segmenter.card.folder, segmenter.card.sha256, size
        if key not in _MADE:
            _MADE[key] = _OneLook(segmenter.card, size)
        return _MADE[key]


_LOCK = Lock()
_MADE: dict[tuple[Path, str, int], _OneLook] = {}
