"""Label maps for photos of which only the hair is labelled: a trained model's, corrected by the mask."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from facefx.errors import ImageError
from facefx.labels import IGNORE, Label, scheme

from .copies import ALIKE, picture_hash
from .hair import NOT_HAIR, hair_names, read_hair
from .square import square

__all__ = ["correct_by_hair", "hair_only", "likely_copies", "pseudo_label"]

_SCHEME = scheme("celebamask")
_MIRROR = list(_SCHEME.mirror)
_HAIR = _SCHEME.indices_of(Label.HAIR)[0]


def correct_by_hair(probabilities: np.ndarray, hair: np.ndarray, sure: float) -> np.ndarray:
    """Hair where the mask has it; elsewhere the likeliest other label, or 254 where that is less likely than `sure`.

    Parameters
    ----------
    probabilities : (C, H, W) float
    hair : (H, W) bool
    """
    others = probabilities.copy()
    others[_HAIR] = 0
    others /= np.maximum(others.sum(0), 1e-6)
    labels = others.argmax(0).astype(np.uint8)
    labels[(others.max(0) < sure) | (probabilities[_HAIR] > 0.5)] = NOT_HAIR
    labels[hair] = _HAIR
    return labels


def hair_only(hair: np.ndarray) -> np.ndarray:
    """(H, W) bool → label map with hair, and 254 elsewhere."""
    return np.where(hair, np.uint8(_HAIR), np.uint8(NOT_HAIR))


def likely_copies(folder: Path, names: Iterable[str], held_out: Iterable[Path]) -> set[str]:
    """Names of photos whose perceptual hash (DCT, 64 bits) is within 6 bits of a held-out one's: the same photo."""
    hashes = np.array([_hash_of(path) for path in held_out]).reshape(-1, 64)
    copies = set()
    for name in names:
        photo = next((folder / "images").glob(f"{name}.*"))
        if ((hashes != _hash_of(photo)).sum(1) <= ALIKE).any():
            copies.add(name)
    return copies


def _hash_of(path: Path) -> np.ndarray:
    photo = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if photo is None:
        raise ImageError(f"{path} cannot be decoded; remove it from its folder.")
    return picture_hash(photo)


def pseudo_label(
    folders: list[Path],
    into: Path,
    *,
    model: Path | None,
    held_out: list[Path],
    license: str,
    side: int = 384,
    size: int = 256,
    sure: float = 0.85,
) -> dict[str, Any]:
    """Write `into`/images, labels, train.txt and about.json from folders of `images/` and `hair/`.

    Parameters
    ----------
    model : teacher, whose answers for a picture and its mirror image are averaged; None knows nothing but hair
    held_out : photos that must not be trained on, nor copies of them
    license : terms of the photos, for the cards of models that are trained on them
    side, size : of the stored pictures, and of those the teacher sees, pixels
    sure : probability below which the teacher's word is not taken

    Returns
    -------
    What about.json says: the photos' origin and license, how many were written, and left out as copies of held-out ones.
    """
    (into / "images").mkdir(parents=True, exist_ok=True)
    (into / "labels").mkdir(exist_ok=True)
    teacher = _teacher(model) if model else None
    written: list[str] = []
    left_out = 0
    for folder in folders:
        names = hair_names(folder)
        copies = likely_copies(folder, names, held_out)
        names = [name for name in names if name not in copies]
        left_out += len(copies)
        for name, (image, hair) in zip(names, read_hair(folder, names), strict=True):
            image, labels = square(image, hair_only(hair), side)
            if teacher is not None:
                answer = correct_by_hair(_average_of_mirrored(teacher, image, size), labels == _HAIR, sure)
                labels = np.where(labels == IGNORE, labels, answer)
            cv2.imwrite(
                str(into / "images" / f"{name}.jpg"), cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 95]
            )
            cv2.imwrite(str(into / "labels" / f"{name}.png"), labels)
            written.append(name)
    (into / "train.txt").write_text("\n".join(written) + "\n")
    about = {
        "name": ", ".join("/".join(folder.parts[-2:]) for folder in folders),
        "license": license,
        "labels": "hair by hand, else a teacher's" if model else "hair only",
        "pictures": len(written),
        "left_out_as_copies": left_out,
    }
    (into / "about.json").write_text(json.dumps(about, indent=2) + "\n")
    return about


def _teacher(model: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession((model / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"])


def _average_of_mirrored(teacher: onnxruntime.InferenceSession, image: np.ndarray, size: int) -> np.ndarray:
    """(C, S, S) probabilities for an (S, S, 3) uint8 picture."""
    small = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    batch = np.stack([small, small[:, ::-1]]).transpose(0, 3, 1, 2)
    (answer,) = teacher.run(None, {"image": np.ascontiguousarray(batch)})
    mean = (answer[0] + answer[1][_MIRROR, :, ::-1]) / 2
    return np.stack([cv2.resize(channel, image.shape[1::-1], interpolation=cv2.INTER_LINEAR) for channel in mean])
