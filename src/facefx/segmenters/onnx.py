"""The segmenter for every model that has a card: onnxruntime."""

from __future__ import annotations

import logging
import os
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ..cards import ModelCard
from ..errors import MissingExtra, ModelError, ParameterError
from ..labels import LabelScheme

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxSegmenter", "available_providers", "open_session", "thread_count"]

log = logging.getLogger(__name__)

#: Best first. Others that onnxruntime may offer (cloud services, say) are never chosen.
PROVIDERS = ("CUDAExecutionProvider", "DmlExecutionProvider", "CoreMLExecutionProvider", "CPUExecutionProvider")


def _runtime() -> Any:
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtra("onnxruntime, which runs the segmenters,", "cpu") from None
    return onnxruntime


def available_providers() -> list[str]:
    """The providers that this installation of onnxruntime offers, best first."""
    offered = _runtime().get_available_providers()
    return [p for p in PROVIDERS if p in offered]


def thread_count(text: str) -> int:
    """The number that FACEFX_THREADS holds. Raises `ParameterError` unless it is a positive whole number."""
    if not text.isdecimal() or int(text) < 1:
        raise ParameterError(f"the environment variable FACEFX_THREADS must be a whole number, at least 1; given was {text!r}")
    return int(text)


def open_session(model: str, content: bytes) -> onnxruntime.InferenceSession:
    """A session on the best provider there is. Raises `ModelError` if onnxruntime cannot run the model."""
    runtime = _runtime()
    options = runtime.SessionOptions()
    options.log_severity_level = 3
    if threads := os.environ.get("FACEFX_THREADS"):
        options.intra_op_num_threads = thread_count(threads)
    wanted = available_providers()
    try:
        session = runtime.InferenceSession(content, options, providers=wanted)
    except Exception as error:  # onnxruntime's own errors derive from Exception only
        raise ModelError(f"onnxruntime cannot run the model {model!r}: {error}") from None
    used = session.get_providers()[0]
    if wanted[0] != used:
        log.warning("%s is installed but did not start; %s runs the model %s instead", wanted[0], used, model)
    return session


class OnnxSegmenter:
    """Runs a model folder. The session is made at the first use, once, and may be shared by threads.

    Parameters
    ----------
    card : the model's card.
    mirror : parse each crop in the mirror too, and average the two with left and right swapped back. Twice the time, a little more
        accuracy, and no preference for either side of a face.
    """

    def __init__(self, card: ModelCard, mirror: bool = True) -> None:
        self.card, self.mirror = card, mirror
        self._lock = Lock()

    @classmethod
    def from_folder(cls, folder: str | Path) -> OnnxSegmenter:
        return cls(ModelCard.read(Path(folder)))

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def scheme(self) -> LabelScheme:
        return self.card.scheme

    @property
    def input_size(self) -> tuple[int, int]:
        return self.card.input_size

    @property
    def provider(self) -> str:
        """The provider that really runs, such as ``"CPUExecutionProvider"``."""
        return str(self._ready().get_providers()[0])

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, H, W, 3) float32 RGB in [0, 1] → (N, C, H, W) float32, summing to 1 over C."""
        batch = np.moveaxis(np.asarray(crops, np.float32), -1, 1)
        if not self.mirror:
            return self._run(batch)
        both = self._run(np.concatenate([batch, batch[..., ::-1]]))
        seen, mirrored = both[: len(crops)], both[len(crops) :]
        return (seen + mirrored[:, list(self.scheme.mirror), :, ::-1]) / 2

    def _run(self, batch: np.ndarray) -> np.ndarray:
        """(N, 3, H, W) → (N, C, H, W)."""
        session = self._ready()
        (output,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(batch)})
        expected = (len(batch), len(self.scheme), *batch.shape[2:])
        if output.shape != expected:
            raise ModelError(f"the model {self.name!r} returned an array of shape {output.shape}; its card promises {expected}")
        return np.asarray(output, np.float32)

    def _ready(self) -> onnxruntime.InferenceSession:
        with self._lock:
            return self._session

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        session = open_session(self.name, self.card.model_bytes())
        self._check(session)
        return session

    def _check(self, session: onnxruntime.InferenceSession) -> None:
        inputs, outputs = session.get_inputs(), session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3:
            taken, given = [(i.name, i.shape) for i in inputs], [(o.name, o.shape) for o in outputs]
            raise ModelError(
                f"the model {self.name!r} takes {taken} and gives {given}; "
                "allowed: one input (N, 3, H, W) and one output (N, C, H, W)"
            )
        channels = outputs[0].shape[1]
        if isinstance(channels, int) and channels != len(self.scheme):
            raise ModelError(f"the model {self.name!r} gives {channels} classes, but its card's scheme has {len(self.scheme)}")
