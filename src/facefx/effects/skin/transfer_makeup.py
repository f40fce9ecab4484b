"""Make-up copied from another portrait."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np

from ...declare.declarations import PictureFile, Range, effect
from ...face.face import Face, FaceView
from ...pixels import color as colors
from ...pixels.geometry import invert
from ..tools.makeup import CHEEKS, LIDS, Makeup, Zone, makeup_of, view_of
from ..tools.recoloring import Palette, aimed, recolored, surely_inside

__all__ = ["transfer_makeup"]

#: How much of the difference between the two people's skins lipstick follows, in lightness and the two opponent colours: it covers,
#: but is lit like the skin round it.
_LIPS_FOLLOW = np.array([0.25, 0.7, 0.7], np.float32)
#: How much of it foundation carries: its hue, and of its depth no more than looks right beside the neck.
_FOUNDATION = np.array([0.3, 1.0, 1.0], np.float32)
#: How much of a difference in lightness is make-up and not the shape of the face: where it darkens, and where it lightens.
_DARKER = {LIDS.name: 0.8, CHEEKS.name: 0.3}
_LIGHTER = {LIDS.name: 0.4, CHEEKS.name: 0.15}
#: The face's own lids and cheeks are looked at this roughly, in pixels of a patch: its lashes and lines are not to be painted over.
_ROUGHLY = 5.0


@effect(region="face")
def transfer_makeup(
    image: np.ndarray,
    face: FaceView,
    portrait: Face | None,
    *,
    reference: Annotated[PictureFile, "the portrait to take the make-up from"] = "",
    strength: Annotated[float, Range(0, 1), "how much of the make-up"] = 0.8,
    foundation: Annotated[float, Range(0, 1), "how much of the hue of its skin comes along"] = 0.0,
) -> np.ndarray:
    """Give the face the make-up of another portrait: the colours of its lips, eye-shadow and cheeks.

    Eye-shadow and blush are what differs from the reference's own bare skin, and are laid onto this face's: they suit any skin, and
    a warm or cool lamp in the other picture does not come along. Lipstick is carried nearly as it is. Colours are compared in
    OKLab, as the mean of both sides of the face, so that light from one side is not taken for make-up. A reference without make-up
    gives the face the reference's own lips and lids. Without a reference nothing changes.
    """
    theirs = makeup_of(*view_of(portrait)) if portrait else None
    own = makeup_of(image, face)
    if theirs is None or own is None:
        return image
    change = _on_skin(theirs, own, face, np.float32(foundation))

    def paint(image: np.ndarray, change: np.ndarray) -> np.ndarray:
        return colors.from_oklab(colors.to_oklab(image) + np.float32(strength) * change)

    painted = colors.by_bands(paint, image, change)
    if theirs.lips is not None and own.lips is not None:
        lipstick = theirs.lips + _LIPS_FOLLOW * (own.skin - theirs.skin)
        _paint_lips(painted, image, face, lipstick, strength)
    return painted


def _on_skin(theirs: Makeup, own: Makeup, face: FaceView, foundation: np.float32) -> np.ndarray:
    """What to add to the skin, (h, w, 3) OKLab."""
    height, width = face.shape
    change = np.zeros((height, width, 3), np.float32)
    change += foundation * _FOUNDATION * (theirs.skin - own.skin)
    for zone in (LIDS, CHEEKS):
        patch = _difference(zone, theirs, own)
        for placement in zone.placements(face.landmarks):
            change += cv2.warpAffine(patch, invert(placement), (width, height))
    change *= face.mask("skin+nose")[..., None]
    return change


def _difference(zone: Zone, theirs: Makeup, own: Makeup) -> np.ndarray:
    """What the zone of the one face has and the other has not, fading out towards its edge."""
    wanted, there = theirs.zones[zone.name], own.zones[zone.name]
    patch = wanted[..., :3] - cv2.GaussianBlur(there[..., :3], (0, 0), _ROUGHLY)
    patch[..., 0] *= np.where(patch[..., 0] < 0, _DARKER[zone.name], _LIGHTER[zone.name])
    return patch * (zone.window * wanted[..., 3] * there[..., 3])[..., None]


def _paint_lips(painted: np.ndarray, image: np.ndarray, face: FaceView, lipstick: np.ndarray, strength: float) -> None:
    """Put the lipstick on in place."""
    mask = face.mask("lips")
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    part = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    lips, mask = image[part], mask[part]
    own = surely_inside(lips, mask)
    lab = colors.to_oklab(lips)
    covered = recolored(lab, aimed(Palette(np.median(own, axis=0), lipstick, variety=0.25), own))
    share = np.float32(strength) * mask[..., None]
    painted[part] += mask[..., None] * (colors.from_oklab(lab + share * (covered - lab)) - painted[part])
