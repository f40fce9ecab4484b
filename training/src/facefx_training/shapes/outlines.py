"""Outlines of the faces in a folder of photos with one sub-folder a shape."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import facefx
from facefx.analyzers.outline import OUTLINE, outline_of
from facefx.errors import FacefxError

from .copies import fingerprint, groups_alike

__all__ = ["Outlines", "read_outlines"]

_PHOTOS = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True, eq=False)
class Outlines:
    """What is known of N photos.

    Attributes
    ----------
    values : (N, D) float64, `facefx.analyzers.outline.OUTLINE`.
    labels : (N,) int, indices into `classes`.
    groups : (N,) int, the same for photos that are copies of each other, in whichever folders.
    left_out : how many photos show no face, or one whose eyes, nose, mouth or chin are hidden.
    """

    classes: tuple[str, ...]
    values: np.ndarray
    labels: np.ndarray
    groups: np.ndarray
    left_out: int

    def save(self, path: Path) -> None:
        np.savez(path, classes=self.classes, measurements=OUTLINE, **{n: getattr(self, n) for n in _ARRAYS}, left_out=self.left_out)

    @classmethod
    def load(cls, path: Path) -> Outlines:
        """What `save` wrote. Raises `FacefxError` if facefx has measured outlines differently since then."""
        with np.load(path) as found:
            if tuple(found["measurements"].tolist()) != OUTLINE:
                raise FacefxError(f"{path} holds other measurements than this facefx takes; delete it to measure again")
            return cls(tuple(found["classes"].tolist()), **{n: found[n] for n in _ARRAYS}, left_out=int(found["left_out"]))


_ARRAYS = ("values", "labels", "groups")


def read_outlines(data: Path) -> Outlines:
    """Parse the largest face of every photo in `data`/SHAPE/. Raises `FacefxError` if there are not two shapes of photos."""
    classes = tuple(sorted(folder.name for folder in data.iterdir() if folder.is_dir()))
    photos = [(path, i) for i, c in enumerate(classes) for path in sorted((data / c).iterdir()) if path.suffix.lower() in _PHOTOS]
    if len({label for _, label in photos}) < 2:
        raise FacefxError(f"{data} has no photos in at least two folders; lay it out as {data}/SHAPE/PHOTO.jpg")
    values, labels, fingerprints = [], [], []
    for number, (path, label) in enumerate(photos, 1):
        scene = facefx.parse(path)
        outline = outline_of(scene.faces[0]) if scene.faces else None
        if outline is not None:
            values.append(outline)
            labels.append(label)
            fingerprints.append(fingerprint(scene.faces[0]))
        if number % 20 == 0:
            logging.info("%d of %d photos parsed", number, len(photos))
    groups = groups_alike(np.array(fingerprints))
    return Outlines(classes, np.array(values), np.array(labels), groups, len(photos) - len(values))
