"""Writing the classifier's folder: its weights and its card."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import tomli_w

from facefx.inference.cards import CLASSIFIER, find_card
from facefx.inference.classifier import Classifier
from facefx.plugins.resolve import DEFAULT_SEGMENTER

from .fit import Settings, fit
from .judge import Judgement
from .outlines import Outlines

__all__ = ["write_model"]


def write_model(into: Path, photos: Outlines, settings: Settings, judgement: Judgement, command: str, folds: str) -> Classifier:
    """Fit on all photos, with the temperature of the judgement, and write `into`/classifier.npz and card.toml."""
    model = replace(fit(photos.values, photos.labels, photos.classes, settings), temperature=judgement.temperature)
    parser = find_card(DEFAULT_SEGMENTER)
    into.mkdir(parents=True, exist_ok=True)
    arrays = {name: getattr(model, name).astype(np.float32) for name in ("mean", "scale", "waves", "phases", "weights", "bias")}
    np.savez_compressed(into / CLASSIFIER, **arrays)
    card = {
        "name": into.name,
        "version": "1.0.0",
        "family": "multinomial logistic regression on random Fourier features",
        "summary": f"{', '.join(photos.classes)}: shapes of faces, from {len(model.measurements)} measurements of the outline",
        "license": "CC-BY-NC-4.0",
        "data_license": "unclear: photos from the web, for research",
        "sha256": hashlib.sha256((into / CLASSIFIER).read_bytes()).hexdigest(),
        "parameters": int(model.weights.size + model.bias.size),
        "classes": list(model.classes),
        "measurements": list(model.measurements),
        "temperature": model.temperature,
        "training": {
            "date": datetime.now(UTC).date().isoformat(),
            "command": command,
            "settings": asdict(settings),
            "measured_on": f"regions of {parser.name} {parser.version} (sha256 {parser.sha256})",
            "data": {
                "photos": len(photos.labels),
                "left_out": photos.left_out,
                "without_copies": len(np.unique(photos.groups)),
                "per_class": dict(zip(photos.classes, np.bincount(photos.labels).tolist(), strict=True)),
            },
        },
        "scores": {
            "on": folds,
            "accuracy": round(100 * judgement.accuracy, 1),
            "accuracy_spread": round(100 * judgement.spread, 1),
            "among_the_first_two": round(100 * judgement.first_two, 1),
            "log_loss": round(judgement.log_loss, 3),
            "calibration_error": round(100 * judgement.calibration_error, 1),
            "calibration": [{"score": round(100 * score, 1), "right": round(100 * hit, 1)} for score, hit in judgement.bins],
            "confusion": {
                name: dict(zip(photos.classes, row.round(1).tolist(), strict=True))
                for name, row in zip(photos.classes, judgement.confusion, strict=True)
            },
        },
    }
    (into / "card.toml").write_text(tomli_w.dumps(card), "utf-8")
    return Classifier.read(into)
