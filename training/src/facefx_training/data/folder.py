"""Reading a split of a folder of any kind that can be trained on."""

from __future__ import annotations

from pathlib import Path

from facefx.errors import ImageError
from facefx.labels import LabelScheme

from .ab import LAYOUT, read_ab
from .celebamask import Pictures, about, read_celebamask, read_names, scheme_of

__all__ = ["read_pictures", "split_names"]


def split_names(root: Path, split: str) -> list[str]:
    """Names of the pictures of a folder's split, "train" or "val"."""
    if about(root).get("layout") == LAYOUT:
        return sorted(path.stem for path in (root / split).glob("*.png"))
    return read_names(root / f"{split}.txt")


def read_pictures(
    root: Path, split: str, scheme: LabelScheme, size: int | None = None, *, limit: int | None = None, correct_sides: bool = True
) -> Pictures:
    """The first `limit` pictures of a split, "train" or "val", with labels translated to `scheme`; see `read_celebamask`.

    Raises
    ------
    ImageError
        There is no picture, or one cannot be read.
    """
    names = split_names(root, split)[:limit]
    if not names:
        raise ImageError(f"{root} has no pictures to read for {split!r}; prepare it first: facefx-train prepare, or pairs.")
    if about(root).get("layout") == LAYOUT:
        return read_ab([root / split / f"{name}.png" for name in names], scheme_of(root), size, scheme=scheme)
    return read_celebamask(root, names, size, scheme=scheme, correct_sides=correct_sides)
