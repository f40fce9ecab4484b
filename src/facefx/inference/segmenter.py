"""The segmenter for every model that has a card: onnxruntime."""

from __future__ import annotations

from copy import copy
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ModelError
from ..labels import LabelScheme
from .cards import ModelCard
from .runtime import open_session, run_session

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxSegmenter"]


class OnnxSegmenter:
    """Runs a model folder. The session is made at the first use, once, and may be shared by threads.

    Parameters
    ----------
    card : the model's card.
    mirror : the test-time flip: parse each crop in the mirror too, and average the two with left and right swapped back. Twice the
        time, a little more accuracy, and no preference for either side of a face.
    provider : what to run on: ``"cpu"``, ``"cuda"``, ``"tensorrt"``, ...; by default as FACEFX_PROVIDER says, see
        `facefx.inference.runtime`.
    strict : whether it is an error, and not only a warning, if another provider runs; by default as FACEFX_STRICT_PROVIDER says.
    """

    def __init__(self, card: ModelCard, mirror: bool = True, *, provider: str | None = None, strict: bool | None = None) -> None:
        self.card, self.mirror, self.wanted, self.strict = card, mirror, provider, strict
        self._input_size = card.input_size
        self._lock = Lock()

    @classmethod
    def from_folder(
        cls, folder: str | Path, mirror: bool = True, *, provider: str | None = None, strict: bool | None = None
    ) -> OnnxSegmenter:
        """The segmenter of a model folder. Raises `ModelError` if its card cannot be read."""
        return cls(ModelCard.read(Path(folder)), mirror, provider=provider, strict=strict)

    def for_frames(self, size: int) -> OnnxSegmenter:
        """This model for the frames of a film: fast, with crops of `size` pixels a side, not parsed in the mirror too.

        Both share one session. A model of a fixed size keeps its own. Raises `ModelError` if the model cannot be run.
        """
        fixed = self._ready().get_inputs()[0].shape[2]
        frames = copy(self)
        frames.mirror = False
        frames._input_size = (fixed, fixed) if isinstance(fixed, int) else (size, size)
        return frames

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def scheme(self) -> LabelScheme:
        return self.card.scheme

    @property
    def input_size(self) -> tuple[int, int]:
        return self._input_size

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
        output = run_session(self._ready(), self.name, np.ascontiguousarray(batch))
        expected = (len(batch), len(self.scheme), *batch.shape[2:])
        if output.shape != expected:
            raise ModelError(f"the model {self.name!r} returned an array of shape {output.shape}; its card promises {expected}")
        return np.asarray(output, np.float32)

    def _ready(self) -> onnxruntime.InferenceSession:
        with self._lock:
            return self._session

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        session = open_session(self.name, self.card.model_bytes(), provider=self.wanted, strict=self.strict)
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
