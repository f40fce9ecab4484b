"""Varying a face: where the crop lies, how the light falls, what skin and hair look like, what a camera did to it.

The crops imitate those that facefx cuts around a detected face: square, about 1.11 times as wide as a CelebA frame, twice that when
it looks for long hair. What lies outside the picture is grey and has no label.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np

from facefx.image.modes import LUMA
from facefx.labels import IGNORE, Label, LabelScheme, Region

from .soft import UNKNOWN, mirror_soft

__all__ = ["Augment", "Place", "crop_matrix", "mirror_pair", "through_jpeg"]

_GREY = 0.5

Rng = np.random.Generator


def mirror_pair(image: np.ndarray, labels: np.ndarray, scheme: LabelScheme) -> tuple[np.ndarray, np.ndarray]:
    """Flip an (H, W, 3) image and its (H, W) labels sideways; what was left is right now."""
    table = np.arange(256, dtype=np.uint8)
    table[: len(scheme)] = scheme.mirror
    return np.ascontiguousarray(image[:, ::-1]), table[labels[:, ::-1]]


def crop_matrix(
    source: int, size: int, center: tuple[float, float], side: float, degrees: float, stretch: float = 1.0
) -> np.ndarray:
    """(2, 3) matrix from positions in `size`-pixel crops to those in `source`-pixel pictures: OpenCV's inverse map, whose pixel
    centres are whole numbers.

    `center` (x, y) and `side` are fractions of the picture; `degrees` turns what is seen clockwise, and `stretch` makes it so many
    times as high for its width.
    """
    scale = side * source / size
    turn = scale * np.exp(-1j * np.deg2rad(degrees))
    matrix = np.array([[turn.real, -turn.imag, 0.0], [turn.imag, turn.real, 0.0]]) * [np.sqrt(stretch), 1 / np.sqrt(stretch), 1]
    middle = np.array([size / 2 - 0.5, size / 2 - 0.5])
    matrix[:, 2] = np.array(center) * source - 0.5 - matrix[:, :2] @ middle
    return matrix


class Place(NamedTuple):
    """Where a crop lies in a picture, as `crop_matrix` takes it."""

    center: tuple[float, float]
    side: float
    degrees: float
    stretch: float = 1.0


@dataclass(frozen=True)
class Augment:
    """A random crop of a picture and its labels, differently lit, coloured and worn.

    Attributes
    ----------
    size : int
        Side of the crop, pixels.
    scheme : of the labels. Skin and hair change their colour only where it tells them from the rest.
    """

    size: int
    scheme: LabelScheme

    def __call__(self, image: np.ndarray, labels: np.ndarray, rng: Rng) -> tuple[np.ndarray, np.ndarray]:
        """(S, S, 3) uint8 and (S, S) uint8 → (size, size, 3) uint8 and (size, size) uint8; the arguments stay as they are."""
        image, labels, _ = self.with_soft(image, labels, None, rng)
        return image, labels

    def with_soft(
        self, image: np.ndarray, labels: np.ndarray, soft: np.ndarray | None, rng: Rng
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """The same, and (T, T, 3) uint8 soft labels of the whole picture, of any T → (size, size, 3), or None if there are none.

        Light and colours change what is seen, not what the teacher said of the picture as it was.
        """
        image, labels, soft = self._crop(image, labels, soft, rng)
        if rng.random() < 0.5:
            image, labels = mirror_pair(image, labels, self.scheme)
            soft = None if soft is None else mirror_soft(soft, self.scheme)
        pixels = image.astype(np.float32) / 255
        for change, chance in _LOOKS:
            if rng.random() < chance:
                pixels = change(pixels, labels, self.scheme, rng)
        if rng.random() < 0.15:
            pixels, labels, soft = _occlude(pixels, labels, soft, rng)
        pixels = np.clip(pixels, 0, 1)
        for wear, chance in _WEAR:
            if rng.random() < chance:
                pixels = wear(pixels, rng)
        return (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8), labels, soft

    def _crop(
        self, image: np.ndarray, labels: np.ndarray, soft: np.ndarray | None, rng: Rng
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        place = self._place(rng)
        matrix = crop_matrix(image.shape[0], self.size, *place)
        frame = (self.size, self.size)
        sample = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        nearest = cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP
        # grey as the runtime pads, or a picture that goes on, as when a face is small in its photo
        border = cv2.BORDER_CONSTANT if place.side < 1.2 or rng.random() < 0.5 else cv2.BORDER_REFLECT_101
        cropped = cv2.warpAffine(image, matrix, frame, flags=sample, borderMode=border, borderValue=(round(_GREY * 255),) * 3)
        known = cv2.warpAffine(labels, matrix, frame, flags=nearest, borderMode=cv2.BORDER_CONSTANT, borderValue=IGNORE)
        if soft is not None:
            coarser = crop_matrix(soft.shape[0], self.size, *place)
            soft = cv2.warpAffine(soft, coarser, frame, flags=nearest, borderMode=cv2.BORDER_CONSTANT, borderValue=UNKNOWN)
        return cropped, known, soft

    def _place(self, rng: Rng) -> Place:
        wide = rng.random() < 0.1
        side = np.exp(
            rng.uniform(np.log(1.4), np.log(2.3)) if wide else np.clip(rng.normal(np.log(1.11), 0.2), *np.log([0.75, 1.6]))
        )
        x, y = np.array([0.5, 0.52]) + rng.normal(0, 0.05, 2) * side
        return Place((x, y), side, rng.normal(0, 13))


def _light(pixels: np.ndarray, labels: np.ndarray, scheme: LabelScheme, rng: Rng) -> np.ndarray:
    """Brightness, contrast and gamma."""
    gamma = np.exp(rng.normal(0, 0.25))
    contrast, brightness = np.exp(rng.normal(0, 0.2)), rng.normal(0, 0.08)
    return np.clip((np.power(pixels, gamma, dtype=np.float32) - 0.5) * np.float32(contrast) + np.float32(0.5 + brightness), 0, 1)


def _tint(pixels: np.ndarray, labels: np.ndarray, scheme: LabelScheme, rng: Rng) -> np.ndarray:
    """Saturation and white balance."""
    grey = (pixels @ LUMA)[..., None]
    saturation = np.float32(np.exp(rng.normal(0, 0.3)))
    return (grey + (pixels - grey) * saturation) * np.exp(rng.normal(0, 0.1, 3)).astype(np.float32)


def _colourless(pixels: np.ndarray, labels: np.ndarray, scheme: LabelScheme, rng: Rng) -> np.ndarray:
    return np.repeat((pixels @ LUMA)[..., None], 3, axis=2)


def _gradient(pixels: np.ndarray, labels: np.ndarray, scheme: LabelScheme, rng: Rng) -> np.ndarray:
    """Light from one side."""
    ramp = np.linspace(-1, 1, pixels.shape[0], dtype=np.float32)
    angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.5)
    field = np.float32(np.cos(angle)) * ramp[None] + np.float32(np.sin(angle)) * ramp[:, None]
    return pixels * (1 + np.float32(depth) * field)[..., None]


def _skin_tone(pixels: np.ndarray, labels: np.ndarray, scheme: LabelScheme, rng: Rng) -> np.ndarray:
    """Darker more often than lighter, and darker the more so in blue, as melanin absorbs."""
    gain = np.exp(rng.uniform(-1.2, 0.15))
    return _regrade(
        pixels, labels, scheme.indices_of(Region.ALL_SKIN), np.array([gain**0.85, gain, gain**1.1]) * np.exp(rng.normal(0, 0.05, 3))
    )


def _hair_tone(pixels: np.ndarray, labels: np.ndarray, scheme: LabelScheme, rng: Rng) -> np.ndarray:
    """From black to blond, and dyed in any colour."""
    gain = np.exp(rng.uniform(-1.0, 1.0))
    colour = rng.uniform(0.4, 1.6, 3) if rng.random() < 0.4 else np.exp(rng.normal(0, 0.08, 3))
    return _regrade(pixels, labels, scheme.indices_of(Label.HAIR), gain * colour)


def _regrade(pixels: np.ndarray, labels: np.ndarray, indices: tuple[int, ...], gains: np.ndarray) -> np.ndarray:
    mask = cv2.blur(np.isin(labels, indices).astype(np.float32), (5, 5))[..., None]
    return pixels * (1 + mask * (gains.astype(np.float32) - 1))


def _occlude(
    pixels: np.ndarray, labels: np.ndarray, soft: np.ndarray | None, rng: Rng
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """A blob of one colour with some noise in front of the face. What it hides is nobody's business."""
    size = pixels.shape[0]
    axes = rng.uniform(0.05, 0.16, 2) * size
    center = rng.uniform(0.15, 0.85, 2) * size
    blob = np.zeros(labels.shape, np.uint8)
    cv2.ellipse(blob, (tuple(center), tuple(2 * axes), rng.uniform(0, 180)), 1, -1)
    texture = cv2.resize(rng.normal(0, 0.1, (8, 8, 3)).astype(np.float32), (size, size)) + rng.uniform(0, 1, 3).astype(np.float32)
    hidden = blob[..., None] > 0
    soft = None if soft is None else np.where(hidden, np.array(UNKNOWN, np.uint8), soft)
    return np.where(hidden, texture, pixels), np.where(blob, np.uint8(IGNORE), labels), soft


def _blur(pixels: np.ndarray, rng: Rng) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.8))


def _shrink(pixels: np.ndarray, rng: Rng) -> np.ndarray:
    size = pixels.shape[0]
    small = round(size * rng.uniform(0.25, 0.8))
    return cv2.resize(
        cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA), (size, size), interpolation=cv2.INTER_LINEAR
    )


def _noise(pixels: np.ndarray, rng: Rng) -> np.ndarray:
    noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(0.005, 0.05))
    return np.clip(pixels + noise, 0, 1)


def _jpeg(pixels: np.ndarray, rng: Rng) -> np.ndarray:
    return through_jpeg((pixels * 255 + 0.5).astype(np.uint8), int(rng.uniform(25, 90))).astype(np.float32) / 255


def through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """An (H, W, 3) uint8 picture as a JPEG of a quality of 0 to 100 keeps it."""
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    kept = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert kept is not None  # it has just been encoded
    return kept


_LOOKS: tuple[tuple[Callable[[np.ndarray, np.ndarray, LabelScheme, Rng], np.ndarray], float], ...] = (
    (_skin_tone, 0.25),
    (_hair_tone, 0.3),
    (_light, 0.8),
    (_tint, 0.7),
    (_gradient, 0.2),
    (_colourless, 0.06),
)
_WEAR: tuple[tuple[Callable[[np.ndarray, Rng], np.ndarray], float], ...] = (
    (_blur, 0.2),
    (_shrink, 0.2),
    (_noise, 0.2),
    (_jpeg, 0.25),
)
