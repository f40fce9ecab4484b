"""The pictures that a detector learns from, composed as they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from facefx.errors import ImageError
from facefx.face.values import Box

from ..data import read_celebamask, read_names
from ..data.augment import through_jpeg
from .compose import Composed, Head, background, compose, cut_head, faceless_patch
from .frames import Frame, on_scene, read_frames
from .targets import targets

__all__ = ["ComposedPictures", "Material", "draw", "group_picture", "read_material"]

#: Shares of the pictures that show nobody, a part of one large head, and one or two large faces.
_NOBODY, _PART, _PORTRAIT = 0.06, 0.06, 0.28
#: The others show many, down to a side of so many pixels.
_SMALLEST = 14.0
#: Share of faces that are tilted to any side.
_TURNED = 0.4


@dataclass(frozen=True, eq=False)
class Material:
    """What pictures are composed of: heads, patches without a face, and photos with one face that are laid on whole."""

    heads: Sequence[Head]
    patches: Sequence[np.ndarray]
    frames: Sequence[Frame] = ()


def read_material(faces: Path, split: str, *, frames: Path | None = None, size: int | None = None) -> Material:
    """The heads and patches of a folder of pairs, "train" or "val", at `size` pixels, and the photos of another with landmarks.

    Raises
    ------
    ImageError
        A file cannot be read, or no head or patch could be cut.
    """
    pairs = read_celebamask(faces, read_names(faces / f"{split}.txt"), size)
    both = list(zip(pairs.images, pairs.labels, strict=True))
    heads = [head for image, labels in both if (head := cut_head(image, labels))]
    patches = [patch.copy() for image, labels in both if (patch := faceless_patch(image, labels)) is not None]
    if not heads or not patches:
        raise ImageError(f"{faces}: of {len(both)} pairs in {split}.txt, {len(heads)} show a head and {len(patches)} a background.")
    return Material(heads, patches, read_frames(frames, split) if frames else ())


def draw(material: Material, size: int, rng: np.random.Generator, frames_share: float = 0.0) -> Composed:
    """A square picture to learn from: a group, a portrait, a photo with landmarks, or no face; then made worse, as photos are."""
    scene = _enlarged(background(material.patches, (size, size), rng), rng)
    kind = rng.random()
    if material.frames and rng.random() < frames_share:
        made = on_scene(material.frames, scene, rng, sizes=(_SMALLEST, 1.0), turned=_TURNED)
    elif kind < _NOBODY:
        made = compose(material.heads, scene, rng, count=0)
    elif kind < _NOBODY + _PART:
        made = Composed(_part_of_a_head(material.heads, size, rng), ())
    elif kind < _NOBODY + _PART + _PORTRAIT:
        made = compose(material.heads, scene, rng, count=int(rng.integers(1, 3)), sizes=(0.3 * size, 1.1), turned=_TURNED)
    else:
        made = compose(material.heads, scene, rng, count=int(rng.integers(3, 13)), sizes=(_SMALLEST, 0.5), turned=_TURNED)
    covered = _covered(_framed(made, rng), material.patches, rng)
    return Composed(_worsened(covered.image, rng), covered.faces)


def _enlarged(scene: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every other time a part of a picture, down to a fifth as wide, enlarged to the whole: as a piece of a large photo looks."""
    if rng.random() < 0.5:
        return scene
    size = scene.shape[0]
    width = int(size * rng.uniform(0.2, 1))
    y, x = rng.integers(0, size - width + 1, 2)
    return cv2.resize(scene[y : y + width, x : x + width], (size, size), interpolation=cv2.INTER_CUBIC)


def _part_of_a_head(heads: Sequence[Head], size: int, rng: np.random.Generator) -> np.ndarray:
    """A part of a face, of hair or of clothes so near that it fills the picture; less than half as wide as the face."""
    head = heads[int(rng.integers(len(heads)))]
    width = max(min(int(head.side * rng.uniform(0.15, 0.45)), head.image.shape[0]), 1)
    y, x = rng.integers(0, head.image.shape[0] - width + 1, 2)
    part = np.rot90(head.image[y : y + width, x : x + width], int(rng.integers(4)))
    return cv2.resize(np.ascontiguousarray(part), (size, size), interpolation=cv2.INTER_CUBIC)


def group_picture(material: Material, seed: int, index: int) -> Composed:
    """A picture to judge by: as `benchmarks/detectors.py` composes them."""
    rng = np.random.default_rng((seed, index))
    size = int(rng.integers(480, 1081)), int(rng.integers(640, 1441))
    return compose(material.heads, background(material.patches, size, rng), rng)


def _framed(made: Composed, rng: np.random.Generator) -> Composed:
    """Now and then one side of the picture is blank, as in letterboxed ones; faces are seen as far as they are outside of that."""
    if rng.random() > 0.15:
        return made
    size = made.image.shape[0]
    width = int(rng.uniform(0.05, 0.35) * size)
    window = [slice(0, size), slice(0, size)]
    axis, first = int(rng.integers(2)), bool(rng.random() < 0.5)
    window[axis] = slice(0, width) if first else slice(size - width, size)
    image = made.image.copy()
    image[tuple(window)] = int(rng.choice([0, 128, 255]))
    blank = Box(window[1].start, window[0].start, window[1].stop, window[0].stop)
    faces = [replace(f, visible=f.visible * (1 - f.box.intersection(blank).area / f.box.area)) for f in made.faces]
    return Composed(image, tuple(faces))


def _covered(made: Composed, patches: Sequence[np.ndarray], rng: np.random.Generator) -> Composed:
    """Some faces have something before them: an ellipse of a patch or of one colour, at most half as wide as they."""
    image = made.image.copy()
    for face in made.faces:
        if rng.random() > 0.2:
            continue
        middle = np.array(face.box.center) + rng.uniform(-0.5, 0.5, 2) * face.box.side
        axes = np.maximum(rng.uniform(0.08, 0.25, 2) * face.box.side, 1)
        mask = np.zeros(image.shape[:2], np.uint8)
        center, half = tuple(middle.astype(int).tolist()), tuple(axes.astype(int).tolist())
        cv2.ellipse(mask, center, half, float(rng.uniform(0, 180)), 0, 360, 1, -1)
        patch = patches[int(rng.integers(len(patches)))]
        filling = cv2.resize(patch, image.shape[1::-1]) if rng.random() < 0.5 else np.full_like(image, rng.integers(0, 256, 3))
        image[mask > 0] = filling[mask > 0]
    return Composed(image, made.faces)


def _worsened(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture grey, brighter or darker, out of focus, or compressed, each now and then."""
    if rng.random() < 0.1:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.4:
        table = 255 * (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.35)) * rng.uniform(0.7, 1.2)
        image = np.clip(table, 0, 255).astype(np.uint8)[image]
    if rng.random() < 0.2:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.3)))
    if rng.random() < 0.3:
        image = through_jpeg(image, int(rng.integers(25, 91)))
    return image


class ComposedPictures(Dataset[tuple[Tensor, Tensor]]):
    """`length` pictures, (3, S, S) uint8, with their targets, (A, 16) float32; seed, epoch and place tell each of them."""

    def __init__(self, material: Material, size: int, length: int, *, frames_share: float, seed: int, epoch: int) -> None:
        self.material, self.size, self.length = material, size, length
        self.frames_share, self.seed, self.epoch = frames_share, seed, epoch

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor]:
        rng = np.random.default_rng((self.seed, self.epoch, place))
        made = draw(self.material, self.size, rng, self.frames_share)
        wanted = targets(made.faces, self.size, self.size)
        return torch.from_numpy(np.ascontiguousarray(made.image.transpose(2, 0, 1))), torch.from_numpy(wanted)
