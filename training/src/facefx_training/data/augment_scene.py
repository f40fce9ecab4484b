"""Varying whole pictures, in which people are sought wherever they are: other crops, and people put before other pictures."""

from __future__ import annotations

import cv2
import numpy as np

from facefx.labels import Label

from .augment import Augment, Place, Rng, through_jpeg

__all__ = ["COMPANY", "SceneAugment", "put_before"]

#: How often another picture is put behind the people of one.
COMPANY = 0.35


class SceneAugment(Augment):
    """Crops that imitate whole pictures squeezed into a square, from a face that fills it to two people beside each other."""

    def _place(self, rng: Rng) -> Place:
        side = np.exp(np.clip(rng.normal(np.log(0.95), 0.25), *np.log([0.5, 1.7])))
        x, y = 0.5 + rng.normal(0, 0.08, 2)
        return Place((x, y), side, rng.normal(0, 10), np.exp(rng.normal(0, 0.15)))

    def before(
        self, front: tuple[np.ndarray, np.ndarray], behind: tuple[np.ndarray, np.ndarray], rng: Rng
    ) -> tuple[np.ndarray, np.ndarray]:
        """The people of one picture and its labels before another one, or before colours that are nobody's.

        Both are (size, size, 3) uint8 and (size, size) uint8, as is what returns; `front` itself where it does not tell people from
        what is behind them.
        """
        back = self.scheme.indices_of(Label.BACKGROUND)
        if not back or not np.isin(front[1], back).any():
            return front
        if rng.random() < 0.2:
            behind = _colours(self.size, rng), np.full_like(behind[1], back[0])
        image, labels = put_before(front, behind, back, rng.uniform(0.4, 1.4))
        return (through_jpeg(image, int(rng.uniform(50, 95))) if rng.random() < 0.5 else image), labels


def put_before(
    front: tuple[np.ndarray, np.ndarray], behind: tuple[np.ndarray, np.ndarray], background: tuple[int, ...], softness: float
) -> tuple[np.ndarray, np.ndarray]:
    """What is known not to be background in one picture laid over another, with an edge that is `softness` pixels soft.

    Labels are those of what is seen. What is not known of the front is taken for background: it is hidden with it.
    """
    (image, labels), (under, under_labels) = front, behind
    known = (~np.isin(labels, background) & (labels < 254)).astype(np.float32)
    # from the inside, since the last pixels of a person hold some of what was behind
    alpha = np.clip(2 * cv2.GaussianBlur(known, (0, 0), softness) - 0.8, 0, 1)[..., None]
    mixed = alpha * image + (1 - alpha) * under
    return np.rint(mixed).astype(np.uint8), np.where(alpha[..., 0] > 0.5, labels, under_labels)


def _colours(size: int, rng: Rng) -> np.ndarray:
    """(size, size, 3) uint8, smooth patches of colours, from one alone to many."""
    cells = int(rng.integers(1, 9))
    coarse = rng.uniform(0, 255, 3) + rng.normal(0, 40, (cells, cells, 3))
    smooth = cv2.resize(coarse.astype(np.float32), (size, size), interpolation=cv2.INTER_CUBIC).reshape(size, size, 3)
    return np.clip(smooth + rng.normal(0, rng.uniform(0, 8), (size, size, 1)), 0, 255).astype(np.uint8)
