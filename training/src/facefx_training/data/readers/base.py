"""What every reader gives, whatever its data set looks like on disk: a photo and a label map of one size, or a reason why not."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from PIL import Image, ImageOps

from facefx.errors import ImageError
from facefx.labels import IGNORE, LabelScheme

from ..irises import can_draw_irises, with_irises
from ..sides import upright_sides
from ..translate import translated

__all__ = ["PHOTOS", "BadPair", "Entry", "Fault", "Pair", "Reader", "Split", "by_stem", "decode", "decode_indices", "joined"]

Split = Literal["train", "val", "test"]
Fault = Literal["missing", "corrupt", "misaligned", "empty", "same name", "unlisted"]

#: Endings of photos, best first where a photo is there in several.
PHOTOS = (".png", ".bmp", ".jpg", ".jpeg", ".tif", ".tiff", ".webp")


class BadPair(ImageError):
    """A photo and its labels that cannot be used; `fault` says in one word why."""

    def __init__(self, name: str, fault: Fault, detail: str) -> None:
        self.name, self.fault, self.detail = name, fault, detail
        super().__init__(f"{name}: {fault}: {detail}")


@dataclass(frozen=True)
class Entry:
    """One picture of a data set, not read yet.

    Attributes
    ----------
    name : unlike that of any other entry, and fit for a file's name
    photo : None if there are labels without a photo
    masks : files that hold its labels; none if it has no labels
    split : the part of the data set that its authors put it in, if they did
    """

    name: str
    photo: Path | None
    masks: tuple[Path, ...] = ()
    split: Split | None = None


@dataclass(frozen=True)
class Pair:
    """A photo, (H, W, 3) uint8 RGB, and its label map, (H, W) uint8, 255 where nothing is known and 254 where it is not hair."""

    image: np.ndarray
    labels: np.ndarray


class Reader(ABC):
    """A data set in one layout on disk. Nothing is read before it is asked for; nothing is downloaded, ever.

    Attributes
    ----------
    name : of the layout
    form : the files it consists of, for help and errors
    labelled : whether each photo should have labels
    license : the terms its authors state, as far as known
    """

    name: ClassVar[str]
    form: ClassVar[str]
    labelled: ClassVar[bool] = True
    license: str = "unknown"

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    @abstractmethod
    def fits(cls, root: Path) -> bool:
        """Whether the folder looks like this layout. Looks at names only."""

    @property
    @abstractmethod
    def scheme(self) -> LabelScheme:
        """The order of the indices that `labels` returns."""

    @abstractmethod
    def entries(self) -> Iterator[Entry]:
        """The pictures of the data set, in an order that does not hang on the file system's."""

    @abstractmethod
    def labels(self, entry: Entry, shape: tuple[int, int]) -> np.ndarray:
        """The entry's label map, (H, W) uint8 indices of `scheme`; `shape` is the photo's. Raises `BadPair`."""

    def correct_sides(self, labels: np.ndarray, entry: Entry) -> np.ndarray:
        """Make the subject's left the left."""
        return upright_sides(labels, self.scheme)

    def fit(self, entry: Entry, image: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """The photo at the labels' size. Raises `BadPair` where it does not lie on them."""
        if image.shape[:2] != labels.shape:
            sizes = f"the photo is {_size(image)} and its labels are {_size(labels)} (height x width)"
            raise BadPair(entry.name, "misaligned", sizes)
        return image

    def read(self, entry: Entry, wanted: LabelScheme, *, correct_sides: bool = True) -> Pair:
        """Decode and check one entry, its labels in the order of `wanted`; irises that it has and `scheme` has not are drawn.

        Raises
        ------
        BadPair
            The photo or its labels are missing, cannot be decoded, differ in size, or label nothing that `wanted` can tell.
        """
        if entry.photo is None:
            raise BadPair(entry.name, "missing", f"no photo for {entry.masks[0].name}")
        if self.labelled and not entry.masks:
            raise BadPair(entry.name, "missing", f"no labels for {entry.photo.name}")
        image = decode(entry.name, entry.photo, "RGB")
        labels = self.labels(entry, image.shape[:2])
        image = self.fit(entry, image, labels)
        if not labels.any():
            raise BadPair(entry.name, "empty", "the labels are background everywhere")
        if correct_sides:
            labels = self.correct_sides(labels, entry)
        drawn = can_draw_irises(self.scheme, wanted)
        labels = with_irises(image, labels, self.scheme, wanted) if drawn else translated(labels, self.scheme, wanted)
        if self.labelled and (labels == IGNORE).all():
            raise BadPair(entry.name, "empty", f"the labels tell nothing in the scheme {wanted.name!r}")
        return Pair(image, labels)


def decode(name: str, path: Path, mode: Literal["RGB", "L"]) -> np.ndarray:
    """(H, W, 3) or (H, W) uint8, upright. Raises `BadPair` for a file that is missing or broken, if only at its end."""
    return np.asarray(ImageOps.exif_transpose(_load(name, path)).convert(mode))


def decode_indices(name: str, path: Path, allowed: Collection[int]) -> np.ndarray:
    """(H, W) uint8 indices from a grey or palette picture, or one whose three channels are alike; 255 is always allowed."""
    picture = _load(name, path)
    indices = np.asarray(picture).astype(np.uint8) if picture.mode == "1" else np.asarray(picture)
    if indices.ndim == 3 and (indices == indices[..., :1]).all():
        indices = indices[..., 0]
    if indices.ndim != 2 or indices.dtype != np.uint8:
        raise BadPair(name, "corrupt", f"{path} is no picture of indices: {indices.shape} {indices.dtype}")
    if strange := {int(index) for index in np.unique(indices)} - {*allowed, IGNORE}:
        raise BadPair(name, "corrupt", f"{path} has the index {min(strange)}; allowed are {sorted({*allowed, IGNORE})}")
    return indices


def _load(name: str, path: Path) -> Image.Image:
    if not path.is_file():
        raise BadPair(name, "missing", f"no file {path}")
    try:
        with Image.open(path) as picture:
            picture.load()
            return picture
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # Pillow's ways to say that a file is broken
        raise BadPair(name, "corrupt", f"{path} cannot be decoded: {error}") from None


def by_stem(folder: Path, endings: Sequence[str] = PHOTOS) -> dict[str, Path]:
    """The files of a folder and those below it, by their path in it without its ending; of several endings the first counts."""
    found: dict[str, Path] = {}
    files = [path for path in folder.rglob("*") if path.suffix.lower() in endings]
    for path in sorted(files, key=lambda path: (endings.index(path.suffix.lower()), path)):
        found.setdefault(path.relative_to(folder).with_suffix("").as_posix(), path)
    return found


def joined(photos: Mapping[str, Path], masks: Mapping[str, tuple[Path, ...]], split: Split | None = None) -> Iterator[Entry]:
    """Photos and masks that have the same key, sorted by it; those without a partner too, so that reading them says so."""
    for key in sorted({**photos, **masks}):
        name = re.sub(r"\s", "_", key.replace("/", "-"))  # lists of names are parted by white space
        yield Entry(name, photos.get(key), masks.get(key, ()), split)


def _size(picture: np.ndarray) -> str:
    return f"{picture.shape[0]} x {picture.shape[1]}"
