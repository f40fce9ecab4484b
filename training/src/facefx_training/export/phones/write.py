"""From a model folder to one for phones, compared with onnxruntime before it is called done."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import numpy as np

import facefx
from facefx.errors import ImageError, ModelError, ParameterError
from facefx.inference.cards import ModelCard, read_table
from facefx.inference.segmenter import OnnxSegmenter

from ...networks.published_network import PublishedNetwork
from .converters import Job
from .formats import FORMATS
from .phone_model import CARD, PhoneModel, PhoneSegmenter

__all__ = ["crops_of", "write_for_phones"]

_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
#: Share of the pixels whose likeliest label may be another one than onnxruntime's, unless the model reckons in 8-bit integers.
_CHANGED = 0.01


def write_for_phones(
    source: ModelCard, into: Path, *, to: str, precision: str = "float16", size: int | None = None, photos: Path
) -> dict[str, Any]:
    """Write a model of one size for phones, with its card.

    Parameters
    ----------
    source : the card of a model folder.
    into : folder to write; appears only when all went well.
    to : one of `FORMATS`.
    precision : of the weights; ``"int8"`` also of what is between the layers, where the format's converter does that.
    size : side of the crops in pixels; None for that of the quality ``fast``.
    photos : folder of photos of faces, which int8 takes its ranges from and on which the written model is compared: on the crops
        that `facefx.parse` gives the network.

    Returns
    -------
    dict
        The card's contents.

    Raises
    ------
    ParameterError
        No such format, or one without that precision.
    MissingExtra
        The format's converter is not installed.
    ModelError
        The model cannot be written so, or another model came out; nothing is written.
    """
    if to not in FORMATS:
        raise ParameterError(f"to={to!r} is not allowed; give one of {', '.join(FORMATS)}")
    if source.values == "grey":
        raise ModelError(f"{source.name!r} gives one grey picture, which is not written for phones; give a model of probabilities.")
    form = FORMATS[to]
    if precision not in form.precisions:
        raise ParameterError(f"precision={precision!r} is not allowed for {to}; its converter writes {', '.join(form.precisions)}")
    size = source.qualities["fast"].size if size is None else size
    network = PublishedNetwork(source.model_bytes(), size, output=source.output, mean=source.mean, std=source.std).eval()
    if network.classes != source.channels:
        raise ModelError(f"the model gives {network.classes} classes, but its card names {source.channels}.")
    crops = crops_of(source, size, photos)
    into.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=into.parent) as work:
        draft = Path(work) / into.name
        draft.mkdir()
        names = form.write(Job(network, size, draft, precision, crops))
        card = {
            "name": source.name,
            "version": source.version,
            "format": to,
            "precision": precision,
            "files": {path.relative_to(draft).as_posix(): _facts(path) for name in names for path in _files(draft / name)},
            "input": {"size": size, "layout": form.layout, **form.taken, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]},
            "output": {
                "layout": form.layout,
                **form.given,
                "values": "logits" if network.logits or source.values == "logits" else "probabilities",
            },
            "labels": read_table(source.folder)["labels"],  # the classes in the order of the channels
            "made_from": {"name": source.name, "version": source.version, "sha256": source.sha256},
            "license": source.license,
            "data_license": source.data_license,
        }
        (draft / CARD).write_text(json.dumps(card, indent=2) + "\n", "utf-8")
        model = PhoneModel(draft)
        card["compared"] = _compared(model, source, crops) if form.open else "not run: nothing on this platform runs it"
        model.card = card
        model.set_scores({})
        _put(draft, into)
    return card


def crops_of(source: ModelCard, size: int, photos: Path) -> np.ndarray:
    """(N, size, size, 3) float32 RGB in [0, 1]: what the network is given as `facefx.parse` looks at a folder's photos.

    Raises `ImageError` if there are none.
    """
    watched = _Watched(OnnxSegmenter(source).for_frames(size))
    for path in sorted(path for path in photos.glob("*") if path.suffix.lower() in _ENDINGS):
        facefx.parse(path, segmenter=watched)
    if not watched.crops:
        raise ImageError(f"{photos} holds no photos ({', '.join(_ENDINGS)}); give a folder of some, --photos samples for one")
    return np.concatenate(watched.crops)


class _Watched:
    """A segmenter that keeps what it is shown."""

    def __init__(self, segmenter: OnnxSegmenter) -> None:
        self.segmenter, self.crops = segmenter, cast(list[np.ndarray], [])
        self.name, self.scheme, self.input_size = segmenter.name, segmenter.scheme, segmenter.input_size

    def probabilities(self, crops: np.ndarray) -> np.ndarray:
        self.crops.append(np.array(crops, np.float32))
        return self.segmenter.probabilities(crops)


def _compared(model: PhoneModel, source: ModelCard, crops: np.ndarray) -> dict[str, Any]:
    """How near the written model's probabilities are to onnxruntime's, of what `facefx.parse` would be told of these crops."""
    expected = OnnxSegmenter(source).for_frames(model.size).probabilities(crops)
    given = PhoneSegmenter(model).probabilities(crops)
    same = float((given.argmax(1) == expected.argmax(1)).mean())
    if model.card["precision"] != "int8" and not 1 - same <= _CHANGED:
        raise ModelError(
            f"run by its own runtime, the written model gives {1 - same:.2%} of the pixels another label than onnxruntime, and "
            f"{_CHANGED:.0%} is allowed. Nothing was written: look for an operator that is translated wrongly."
        )
    return {
        "with": "onnxruntime",
        "crops": len(crops),
        "same_labels_percent": round(100 * same, 3),
        "largest_difference": float(f"{np.abs(given - expected).max():.3g}"),
        "mean_difference": float(f"{np.abs(given - expected).mean():.3g}"),
    }


def _files(path: Path) -> Sequence[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]


def _facts(path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def _put(draft: Path, into: Path) -> None:
    """Move what was written, in place of what an earlier call wrote; other files of that folder stay."""
    into.mkdir(exist_ok=True)
    for path in draft.iterdir():
        target = into / path.name
        if target.is_dir():
            shutil.rmtree(target)
        path.replace(target)
