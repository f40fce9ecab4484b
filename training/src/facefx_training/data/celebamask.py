"""Reading a folder of pairs ready for training: `images/NAME.jpg` (or .webp, .png), `labels/NAME.png` (index maps), lists of names.

`train.txt` and `val.txt` hold the names. The indices are CelebAMask-HQ's, unless `about.json` names another scheme. Labels may also
be 254 (not hair, else unknown) and 255 (unknown), as in pseudo-labelled folders and those that `facefx-train prepare` translated.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefx.errors import ImageError, ParameterError
from facefx.labels import IGNORE, LabelScheme
from facefx.labels import scheme as find_scheme

from .hair import NOT_HAIR
from .sides import upright_sides
from .translate import translated

__all__ = ["Pictures", "about", "join", "picture_path", "read_celebamask", "read_names", "scheme_of", "told_of"]

_ENDINGS = (".jpg", ".webp", ".png")


@dataclass(frozen=True)
class Pictures:
    """Pictures of one size and their label maps, decoded.

    Attributes
    ----------
    names : sequence of str
    images : (N, S, S, 3) uint8, RGB
    labels : (N, S, S) uint8, indices of the scheme that was asked for; 255: unknown; 254: not hair, else unknown
    soft : (N, T, T, 3) uint8, a teacher's answers (`data.soft`), or None
    """

    names: Sequence[str]
    images: np.ndarray
    labels: np.ndarray
    soft: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.names)


def read_names(path: Path) -> list[str]:
    """The words of a text file, one a line."""
    return path.read_text().split()


def picture_path(root: Path, name: str) -> Path:
    """The picture of that name; the usual path, which does not exist, if there is none."""
    paths = [root / "images" / f"{name}{ending}" for ending in _ENDINGS]
    return next((path for path in paths if path.exists()), paths[0])


def about(root: Path) -> dict[str, Any]:
    """What a folder's about.json says of it; nothing if there is none."""
    file = root / "about.json"
    return json.loads(file.read_text()) if file.exists() else {}


def told_of(root: Path) -> dict[str, Any]:
    """What the about.json of a folder that is mixed in says, for the card of what learns from it.

    Raises
    ------
    ParameterError
        It has none, so nobody would know whose pictures those are, and under which terms.
    """
    if not (said := about(root)):
        raise ParameterError(
            f"{root} has no about.json, from which the model's card takes where pictures come from and their terms; "
            'write one with "name", "license" and "pictures", or make the folder with facefx-train prepare.'
        )
    return said


def scheme_of(root: Path) -> LabelScheme:
    """The label scheme of a folder's label pictures, as its about.json says; CelebAMask-HQ's if it does not."""
    return find_scheme(about(root).get("scheme", "celebamask"))


def read_celebamask(
    root: Path,
    names: Sequence[str],
    size: int | None = None,
    *,
    scheme: str | LabelScheme = "celebamask",
    correct_sides: bool = True,
) -> Pictures:
    """Decode the named pairs once, images averaged and labels picked down to `size` x `size` (None leaves them as they are).

    Label pictures in the order of another scheme (`scheme_of`) are translated to `scheme`: pixels whose part it does not tell apart
    become 255, or 254 if they are known not to be hair. Sides are corrected unless `facefx-train prepare` has done so.

    Raises
    ------
    ImageError
        A file is missing or cannot be decoded, or a label map has an index outside its scheme.
    """
    source, wanted = scheme_of(root), find_scheme(scheme)
    correct_sides = correct_sides and about(root).get("sides") != "corrected"
    images, labels = [], []
    for name in names:
        photo = picture_path(root, name)
        image = cv2.imread(str(photo), cv2.IMREAD_COLOR_RGB)
        label = cv2.imread(str(root / "labels" / f"{name}.png"), cv2.IMREAD_UNCHANGED)
        if image is None or label is None:
            raise ImageError(
                f"{root}: images/{photo.name} ({', '.join(_ENDINGS)}) or labels/{name}.png is missing or cannot be decoded."
            )
        if label.ndim != 2 or label[label < NOT_HAIR].max(initial=0) >= len(source):
            raise ImageError(f"{root}: labels/{name}.png is not a map of indices 0 to {len(source) - 1}, {NOT_HAIR} and {IGNORE}.")
        if correct_sides:
            label = upright_sides(label, source)
        if size is not None:
            image = cv2.resize(image, (size, size), interpolation=cv2.INTER_AREA)
            label = cv2.resize(label, (size, size), interpolation=cv2.INTER_NEAREST_EXACT)
        images.append(image)
        labels.append(translated(label, source, wanted))
    return Pictures(tuple(names), np.stack(images), np.stack(labels))


def join(sets: Sequence[Pictures]) -> Pictures:
    """Several sets of one size as one; all have soft labels of one size, or none has."""
    names = [name for pictures in sets for name in pictures.names]
    soft = [pictures.soft for pictures in sets if pictures.soft is not None]
    return Pictures(
        names,
        np.concatenate([p.images for p in sets]),
        np.concatenate([p.labels for p in sets]),
        np.concatenate(soft) if soft else None,
    )
