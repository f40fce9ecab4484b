"""How readily a model says each class, put right for mean F1.

A network trained with rare classes that weigh more, so that it learns them at all, says them too often afterwards; and F1 is
highest where a class is said from half of its F1 on, as a probability, and not where it is the likeliest (Lipton et al., "Optimal
thresholding of classifiers to maximize F1 measure", 2014). So a number is added to each class's logits everywhere, which the last
convolution's bias takes up.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import onnx
import onnxruntime
import tomli_w
from onnx import numpy_helper

from facefx.errors import ModelError
from facefx.inference.cards import ModelCard, int8_of
from facefx.labels import IGNORE, scheme

from ..data import Pictures
from ..networks.onnx_graph import folded
from ..run.published import segmenter_card
from .to_onnx import drop_unused

__all__ = ["Balanced", "balance"]

#: Pixels with a class of more than this probability are said so whatever is added.
_SURE = 0.97
#: How far one class is shifted at most, in logits, and in what steps that is found.
_MOST, _STEPS = 3.0, (1.0, 0.5, 0.25)
#: Of mean F1 in percent: what a step must bring, lest noise be followed.
_LEAST = 0.03


class Balanced(NamedTuple):
    """Mean F1 in percent before and after, and what was added to the logits of which class."""

    before: float
    after: float
    added: dict[str, float]


def balance(model: Path, into: Path, pictures: Pictures, *, version: str, command: str) -> Balanced:
    """Write a model whose classes are said as readily as suits mean F1 on labelled pictures, and its card without scores.

    Parameters
    ----------
    model, into : model folders; they may be the same.
    pictures : labelled in CelebAMask-HQ's order, which neither trained the model nor will judge it.
    version, command : for the card.

    Raises
    ------
    ModelError
        The model does not end in a convolution with a bias for each class.
    """
    card = segmenter_card(model)
    content = card.model_bytes()
    doubtful = _doubtful(content, card, pictures)
    shifts = _shifts(doubtful, len(card.scheme))
    shifted = _shifted(content, shifts)
    added = {name: float(shift) for name, shift in zip(card.scheme.classes, shifts, strict=True) if shift}

    table = tomllib.loads((model / "card.toml").read_text("utf-8"))
    for stale in ("scores", "int8", "small"):
        table.pop(stale, None)
    table["quality"] = {name: {"size": run.size, "mirror": run.mirror} for name, run in card.qualities.items()}
    training = table.setdefault("training", {})
    training["commands"] = [*training.get("commands", []), command]
    training["balanced"] = {"pictures": len(pictures), "added_to_logits": added}
    table |= {"name": into.name, "version": version, "sha256": hashlib.sha256(shifted).hexdigest()}
    into.mkdir(parents=True, exist_ok=True)
    (into / int8_of(card.WEIGHTS)).unlink(missing_ok=True)  # of other weights, from now on
    (into / card.WEIGHTS).write_bytes(shifted)
    (into / "card.toml").write_text(tomli_w.dumps(table), "utf-8")
    return Balanced(doubtful.mean_f1(np.zeros(len(shifts))), doubtful.mean_f1(shifts), added)


@dataclass(frozen=True)
class _Counts:
    """Pixels that may change, and how often each class was said, is so, and both, among those that cannot."""

    probabilities: np.ndarray  # (N, C) float32
    labels: np.ndarray  # (N,)
    said: np.ndarray  # (C,)
    right: np.ndarray  # (C,)
    true: np.ndarray  # (C,), among all

    def mean_f1(self, shifts: np.ndarray) -> float:
        """Over all classes but the background, in percent."""
        said = (self.probabilities * np.exp(shifts).astype(np.float32)).argmax(1)
        classes = len(shifts)
        right = self.right + np.bincount(said[said == self.labels], minlength=classes)
        f1 = 2 * right / np.maximum(self.said + np.bincount(said, minlength=classes) + self.true, 1)
        return float(100 * f1[1:].mean())


def _doubtful(content: bytes, card: ModelCard, pictures: Pictures) -> _Counts:
    """What the model says of every second pixel of whole frames at its input size."""
    side, classes = card.input_size[0], len(card.scheme)
    labels_of = card.scheme.lookup_from(scheme("celebamask"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    doubtful: list[tuple[np.ndarray, np.ndarray]] = []
    said, right, true = (np.zeros(classes, np.int64) for _ in range(3))
    for image, marked in zip(pictures.images, pictures.labels, strict=True):
        small = cv2.resize(image, (side, side), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
        answer = session.run(None, {session.get_inputs()[0].name: small.transpose(2, 0, 1)[None]})[0][0][:, ::2, ::2]
        probabilities = answer.reshape(classes, -1).T
        labels = labels_of[cv2.resize(marked, (side, side), interpolation=cv2.INTER_NEAREST)[::2, ::2].ravel()]
        known = labels < IGNORE - 1
        probabilities, labels = probabilities[known], labels[known]
        sure = probabilities.max(1) > _SURE
        best = probabilities[sure].argmax(1)
        said += np.bincount(best, minlength=classes)
        right += np.bincount(best[best == labels[sure]], minlength=classes)
        true += np.bincount(labels, minlength=classes)
        doubtful.append((probabilities[~sure], labels[~sure]))
    probabilities, labels = (np.concatenate(parts) for parts in zip(*doubtful, strict=True))
    return _Counts(np.ascontiguousarray(probabilities), labels, said, right, true)


def _shifts(counts: _Counts, classes: int) -> np.ndarray:
    """What to add to each class's logits: by turns, one class after the other, the rarest first, in ever smaller steps."""
    shifts = np.zeros(classes)
    best = counts.mean_f1(shifts)
    for step in _STEPS:
        for index in np.argsort(counts.true):
            for change in (-step, step):
                while abs(shifts[index] + change) <= _MOST:
                    trial = shifts.copy()
                    trial[index] += change
                    if (found := counts.mean_f1(trial)) <= best + _LEAST:
                        break
                    best, shifts = found, trial
    return shifts


def _shifted(content: bytes, shifts: np.ndarray) -> bytes:
    model = onnx.load_from_string(content)
    last = next((node for node in reversed(model.graph.node) if node.op_type == "Conv"), None)
    bias = _constant(model, last.input[2]) if last is not None and len(last.input) > 2 else None
    if bias is None or list(bias.dims) != [len(shifts)]:
        raise ModelError(f"the model ends in no convolution with a bias for each of its {len(shifts)} classes; nothing was written")
    values = numpy_helper.to_array(bias)
    bias.CopyFrom(numpy_helper.from_array((values + shifts).astype(values.dtype), bias.name))
    return bytes(model.SerializeToString())


def _constant(model: onnx.ModelProto, name: str) -> onnx.TensorProto | None:
    """The initializer of that name, in place of what works it out without the picture, as pix2pix's bias comes of its palette."""
    graph = model.graph
    maker = next((node for node in graph.node if name in node.output), None)
    if maker is not None:
        known = [tensor for tensor in folded(model.SerializeToString()).graph.initializer if tensor.name == name]
        if known:
            graph.node.remove(maker)
            graph.initializer.extend(known)
            drop_unused(graph)
    return next((tensor for tensor in graph.initializer if tensor.name == name), None)
