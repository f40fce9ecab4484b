"""What the network says of a near crop and of one twice as wide, as one; the wide one is looked at once it is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import Any

import numpy as np

from .values import FaceParsing

__all__ = ["NearAndWide", "near_parsing"]


class NearAndWide:
    """`Probabilities`, (C, 2 S, 2 S), of a crop and of one twice as wide, with the near one in its middle.

    The wide one shows no parts of a face beyond the near one, so lips, eyes and skin are answered by the near one alone. The
    network looks at the wide one when hair, neck, clothing or background are asked for, once.

    Parameters
    ----------
    near : (C, S, S) float32; also an attribute.
    ending : the classes that end within the near crop.
    all_classes : makes the whole, (C, 2 S, 2 S) float32.
    """

    def __init__(self, near: np.ndarray, ending: frozenset[int], all_classes: Callable[[], np.ndarray]) -> None:
        self.near, self._ending, self._all_classes = near, ending, all_classes
        self._whole: np.ndarray | None = None
        self._lock = Lock()
        classes, size, _ = near.shape
        self.shape = classes, 2 * size, 2 * size

    def changed(self, near: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> NearAndWide:
        """The same with another near crop, and the whole changed as soon as it is made."""
        return NearAndWide(near, self._ending, lambda: change(np.asarray(self)))

    def ends_near(self, classes: Iterable[int]) -> bool:
        """Whether these classes are answered by the near crop alone."""
        return self._ending.issuperset(classes)

    def __getitem__(self, classes: Any) -> np.ndarray:
        if not isinstance(classes, list) or not self.ends_near(classes):
            return np.asarray(np.asarray(self)[classes])
        size = self.near.shape[-1]
        inner = slice(size // 2, size // 2 + size)
        result = np.zeros((len(classes), *self.shape[1:]), np.float32)
        result[:, inner, inner] = self.near[classes]
        return result

    def __iter__(self) -> Iterator[np.ndarray]:
        return iter(np.asarray(self))

    def copy(self) -> np.ndarray:
        """All classes, as an array of one's own."""
        return np.array(self)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        with self._lock:
            if self._whole is None:
                self._whole = self._all_classes()
        return np.array(self._whole, dtype) if copy else np.asarray(self._whole, dtype)

    def __reduce__(self) -> tuple[Any, ...]:
        return np.array, (np.asarray(self),)


def near_parsing(parsing: FaceParsing) -> FaceParsing:
    """The near crop alone, of a parsing that has one; else the parsing itself."""
    if not isinstance(parsing.probabilities, NearAndWide):
        return parsing
    affine = parsing.affine.copy()
    affine[:, 2] -= parsing.size // 4
    return FaceParsing(parsing.probabilities.near, parsing.scheme, affine)
