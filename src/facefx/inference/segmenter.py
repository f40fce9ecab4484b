"""The segmenter for every model that has a card: onnxruntime."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cached_property, partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelError, ParameterError
from ..labels import LabelScheme
from ..shown import shown
from .cards import ModelCard, Quality
from .grey import decoded, sided
from .runtime import CPU, FLOATS, open_session, providers_for, run_session

if TYPE_CHECKING:
    import onnxruntime

__all__ = ["OnnxSegmenter"]


#: From this probability on a whole crop may be of one class: a wall is background everywhere.
_CERTAIN = 0.99


class OnnxSegmenter:
    """Runs a model folder. The session is made at the first use, once, and may be shared by threads.

    Parameters
    ----------
    card : the model's card.
    mirror : the test-time flip: parse each crop in the mirror too, and average the two with left and right swapped back. Twice the
        time, a little more accuracy, and no preference for either side of a face. By default as `quality` says.
    quality : ``"best"``, ``"balanced"`` or ``"fast"``: the size of the crops, whether to mirror, and whether to reckon in 8-bit
        integers, as `ModelCard.qualities` says. Integers are for processors: on another provider all qualities use floats.
    provider : what to run on: ``"cpu"``, ``"cuda"``, ``"tensorrt"``, ...; by default as FACEFX_PROVIDER says, see
        `facefx.inference.runtime`.
    strict : whether it is an error, and not only a warning, if another provider runs; by default as FACEFX_STRICT_PROVIDER says.

    Raises
    ------
    ParameterError
        If there is no such quality.
    """

    def __init__(
        self,
        card: ModelCard,
        mirror: bool | None = None,
        *,
        quality: Quality = "balanced",
        provider: str | None = None,
        strict: bool | None = None,
    ) -> None:
        self.card, self.wanted, self.strict = card, provider, strict
        # not of self: see `_Once`
        self._floats = _Once(partial(_checked_session, card, card.model_bytes, provider, strict))
        self._integers = self._floats
        if card.int8_sha256 is not None:
            self._integers = _Once(partial(_checked_session, card, card.int8_bytes, provider, strict))
        self._set(quality)
        if mirror is not None:
            self.mirror = mirror

    @classmethod
    def from_folder(
        cls,
        folder: str | Path,
        mirror: bool | None = None,
        *,
        quality: Quality = "balanced",
        provider: str | None = None,
        strict: bool | None = None,
    ) -> OnnxSegmenter:
        """The segmenter of a model folder. Raises `ModelError` if its card cannot be read."""
        return cls(ModelCard.read(Path(folder)), mirror, quality=quality, provider=provider, strict=strict)

    def with_quality(self, quality: Quality) -> OnnxSegmenter:
        """This model as another quality has it run, with the same sessions. Raises `ParameterError` if there is no such quality."""
        other = copy(self)
        other._set(quality)
        return other

    def for_frames(self, size: int) -> OnnxSegmenter:
        """This model for the frames of a film: fast, with crops of `size` pixels a side, not parsed in the mirror too.

        Both share their sessions. A model of a fixed size keeps its own. Raises `ModelError` if the model cannot be run.
        """
        frames = copy(self)
        frames.mirror, frames.size = False, size
        _ = frames.input_size  # asks the model, so that one that cannot be run is told of here
        return frames

    def _set(self, quality: Quality) -> None:
        if quality not in self.card.qualities:
            raise ParameterError(f"quality={shown(quality)} is not allowed; give one of {', '.join(self.card.qualities)}")
        self.quality: Quality = quality
        self.size, self.mirror, self.int8 = self.card.qualities[quality]

    @property
    def name(self) -> str:
        return self.card.name

    @property
    def scheme(self) -> LabelScheme:
        return self.card.scheme

    @property
    def input_size(self) -> tuple[int, int]:
        if self.size != self.card.input_size[0] and isinstance(fixed := self._session.get_inputs()[0].shape[2], int):
            return fixed, fixed
        return self.size, self.size

    @property
    def provider(self) -> str:
        """The provider that really runs, such as ``"CPUExecutionProvider"``."""
        return str(self._session.get_providers()[0])

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        """(N, H, W, 3) float32 RGB in [0, 1] → (N, C, H, W) float32, summing to 1 over C."""
        # Several at once keep a GPU busy. The cores are that with one, whose buffers fit their caches and are few enough to keep.
        together = 1 if self.provider == CPU or self._session.get_inputs()[0].shape[0] == 1 else max(len(crops), 1)
        answers = [self._seen(np.asarray(crops[i : i + together], np.float32)) for i in range(0, max(len(crops), 1), together)]
        return answers[0] if len(answers) == 1 else np.concatenate(answers)

    def _seen(self, crops: np.ndarray) -> np.ndarray:
        answer = self._run(crops)
        if self.mirror:
            mirrored = self._run(crops[:, :, ::-1])
            for index, partner in enumerate(self.scheme.mirror):
                answer[:, index] += mirrored[:, partner, :, ::-1]
            answer /= 2
        return answer

    def _run(self, crops: np.ndarray) -> np.ndarray:
        """(N, H, W, 3) → (N, C, H, W)."""
        wanted = np.ascontiguousarray(np.moveaxis(self._as_wanted(crops), -1, 1))
        values = run_session(self._session, self.name, wanted, output=self.card.output)
        expected = (len(crops), self.card.channels, *crops.shape[1:3])
        if values.shape != expected:
            raise ModelError(f"the model {self.name!r} returned an array of shape {values.shape}; its card promises {expected}")
        values = np.asarray(values, np.float32)
        if not np.isfinite(values).all():
            raise ModelError(f"the model {self.name!r} returned NaN or infinity; export it again, or run it on another provider")
        answer = self._as_classes(values)
        if answer[0, :, 0, 0].max() < _CERTAIN and (answer == answer[..., :1, :1]).all() and np.ptp(crops):
            raise ModelError(f"the model {self.name!r} says the same of every pixel, whatever it sees; export it again")
        return answer

    def _as_wanted(self, crops: np.ndarray) -> np.ndarray:
        """The crops with the mean and deviation of what the network learnt from."""
        mean, std = (np.array(values, np.float32) for values in (self.card.mean, self.card.std))
        return crops if not mean.any() and (std == 1).all() else (crops - mean) / std

    def _as_classes(self, values: np.ndarray) -> np.ndarray:
        """(N, channels of the network, H, W) → (N, classes of the scheme, H, W)."""
        outputs = self.card.outputs
        if self.card.values == "grey":
            found = decoded(values[:, 0], len(outputs))
            return found if len(outputs) == len(self.scheme) else sided(found)
        if self.card.values == "logits":
            values = _softmax(values)
        if outputs == tuple((index,) for index in range(self.card.channels)):
            return values
        return np.stack([values[:, group].sum(axis=1) for group in map(list, outputs)], axis=1)

    @property
    def _session(self) -> onnxruntime.InferenceSession:
        """That of the integers where a processor runs them, which is where they are quicker."""
        return (self._integers if self.int8 and providers_for(self.wanted)[0] == CPU else self._floats)()


def _checked_session(
    card: ModelCard, content: Callable[[], bytes], provider: str | None, strict: bool | None
) -> onnxruntime.InferenceSession:
    """A session that takes and gives what the card says. Raises `ModelError`."""
    session = open_session(card.name, content(), provider=provider, strict=strict)
    inputs, outputs = session.get_inputs(), session.get_outputs()
    taken, given = [(i.name, i.shape) for i in inputs], [(o.name, o.shape) for o in outputs]
    chosen = [o for o in outputs if card.output in (None, o.name)]
    if not chosen:
        raise ModelError(f"the model {card.name!r} gives {given}, and none is called {card.output!r} as its card says")
    if len(inputs) != 1 or len(chosen) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3:
        raise ModelError(
            f"the model {card.name!r} takes {taken} and gives {given}; allowed: one input (N, 3, H, W) and one output "
            "(N, C, H, W), or several of which the card says which: [output] name"
        )
    if inputs[0].type != "tensor(float)":
        raise ModelError(f"the model {card.name!r} takes {inputs[0].type}; allowed: tensor(float), 32 bits")
    if chosen[0].type not in FLOATS:
        raise ModelError(f"the model {card.name!r} gives {chosen[0].type}; allowed: one input and one output of floats")
    channels = chosen[0].shape[1] if len(chosen[0].shape) > 1 else None
    if isinstance(channels, int) and channels != card.channels:
        raise ModelError(f"the model {card.name!r} gives {channels} classes, but its card names {card.channels}")
    return session


def _softmax(logits: np.ndarray) -> np.ndarray:
    """Over the classes of (N, C, H, W), in place."""
    logits -= logits.max(axis=1, keepdims=True)
    np.exp(logits, out=logits)
    logits /= logits.sum(axis=1, keepdims=True)
    return logits


class _Once:
    """Calls a function at the first call, and gives that answer to all: also to threads and to copies of who holds it.

    A function that knows its holder would make a circle, in which a session lives on until Python's collector runs.
    """

    def __init__(self, make: Callable[[], onnxruntime.InferenceSession]) -> None:
        self._make, self._lock = make, Lock()

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process makes its own."""
        return _Once, (self._make,)

    def __call__(self) -> onnxruntime.InferenceSession:
        with self._lock:
            return self._made

    @cached_property
    def _made(self) -> onnxruntime.InferenceSession:
        return self._make()
