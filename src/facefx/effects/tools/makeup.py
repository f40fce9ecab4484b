"""Reading the make-up off a face: the colours of its lips and bare skin, and where the skin of lids and cheeks differs from that.

Lids and cheeks are read into square patches that are the same on every face, so that what is found on one can be laid onto another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from ...face.face import Face, FaceView
from ...face.landmarks import Landmarks, Strip
from ...pixels import color as colors
from ...pixels.geometry import invert
from ...pixels.masks import ramp, smooth_ramp

__all__ = ["CHEEKS", "LIDS", "Makeup", "Zone", "makeup_of", "view_of"]

#: Side of a patch in pixels, and how many pixels a face unit has on the copy that make-up is read from.
_SIZE, _DETAIL = 32, 200.0


@dataclass(frozen=True, eq=False)
class Zone:
    """A part of each side of the face.

    Attributes
    ----------
    anchors : (3, 2) float32, where three landmarks lie in the patch, which is the square from (0, 0) to (1, 1); see `_points`.
    window : (_SIZE, _SIZE) float32 in [0, 1], how much of the patch belongs to the zone.
    softness : how far colours are averaged, in pixels of the patch.
    """

    name: str
    anchors: np.ndarray
    window: np.ndarray
    softness: float

    def placements(self, landmarks: Landmarks) -> list[np.ndarray]:
        """For each side that can be seen, the (2, 3) affine map from the picture to the patch; the right side's is a mirror."""
        found = []
        for side in ("left", "right"):
            points = _points(self.name, side, landmarks)
            if points is not None and abs(np.linalg.det(points[1:] - points[0])) > 1:  # three on a line span no patch
                found.append(cv2.getAffineTransform(points.astype(np.float32), (self.anchors * _SIZE).astype(np.float32)))
        return found


def _points(zone: str, side: str, landmarks: Landmarks) -> np.ndarray | None:
    """Of an eye its corners and the middle of the brow; of a cheek the eye's outer corner, the nose's wing, the mouth's corner."""
    eye: Strip | None = getattr(landmarks, f"{side}_eye")
    brow: Strip | None = getattr(landmarks, f"{side}_eyebrow")
    if zone == "lids":
        return None if eye is None or brow is None else np.array([eye.start, eye.end, brow.center])
    if eye is None or landmarks.nose is None or landmarks.mouth is None:
        return None
    # The mouth runs from the subject's right to the left.
    left = side == "left"
    wing = landmarks.nose.left_wing if left else landmarks.nose.right_wing
    return np.array([eye.end, wing, landmarks.mouth.end if left else landmarks.mouth.start])


_Y, _X = (np.indices((_SIZE, _SIZE), np.float32) + 0.5) / _SIZE

#: From the brow down to the lashes, a little beyond the eye on both sides.
LIDS = Zone(
    "lids",
    np.array([(0.22, 0.72), (0.72, 0.72), (0.47, 0.12)]),
    smooth_ramp(_X, 0.0, 0.25) * smooth_ramp(1 - _X, 0.0, 0.25) * smooth_ramp(_Y, 0.05, 0.35) * smooth_ramp(1 - _Y, 0.18, 0.3),
    1.0,
)
#: From beside the nose to the edge of the face, under the eye and above the mouth.
CHEEKS = Zone(
    "cheeks",
    np.array([(0.57, -0.12), (0.03, 0.5), (0.32, 1.06)]),
    smooth_ramp(1 - np.hypot(_X - 0.5, _Y - 0.5) / 0.5, 0.0, 0.8),
    4.0,
)


@dataclass(frozen=True, eq=False)
class Makeup:
    """What a face shows.

    Attributes
    ----------
    skin : (3,) OKLab of the bare skin: what of it is neither lid nor cheek.
    lips : (3,) OKLab; None if they cannot be seen.
    zones : of each zone the mean over both sides, (_SIZE, _SIZE, 4) float32: OKLab as a difference from the bare skin, and how
        surely it was seen, in [0, 1].
    """

    skin: np.ndarray
    lips: np.ndarray | None
    zones: dict[str, np.ndarray]


def view_of(face: Face) -> tuple[np.ndarray, FaceView]:
    """The part of its picture that shows a face, and the face as seen there."""
    window, _ = face.patch("face")
    x0, y0, x1, y1 = window
    return face.picture[y0:y1, x0:x1], FaceView(face, window)


def makeup_of(image: np.ndarray, face: FaceView) -> Makeup | None:
    """Read the make-up off a face; None if it shows no skin.

    Parameters
    ----------
    image : (H, W, 3) float32 RGB in [0, 1], the part of the picture that `face` is seen in.
    """
    shrink = min(_DETAIL / face.unit, 1.0)
    height, width = image.shape[:2]
    size = max(round(width * shrink), 1), max(round(height * shrink), 1)
    small, skin, lips = (
        cv2.resize(v, size, interpolation=cv2.INTER_AREA) for v in (image, face.mask("skin+nose"), face.mask("lips"))
    )
    lab = colors.to_oklab(small)
    scale = np.array([size[0] / width, size[1] / height])
    landmarks = face.landmarks.mapped(lambda points: points * scale)

    bare = np.asarray(skin)
    for zone in (LIDS, CHEEKS):
        for placement in zone.placements(landmarks):
            bare = bare * (1 - cv2.warpAffine(zone.window, invert(placement), size))
    if bare.max() < 0.5:
        return None
    color = np.median(lab[bare >= min(0.8, float(bare.max()))], axis=0)
    zones = {zone.name: _read(zone, lab - color, skin, zone.placements(landmarks)) for zone in (LIDS, CHEEKS)}
    return Makeup(color, np.median(lab[lips >= 0.8], axis=0) if (lips >= 0.8).any() else None, zones)


def _read(zone: Zone, difference: np.ndarray, skin: np.ndarray, placements: Sequence[np.ndarray]) -> np.ndarray:
    # The last of the four is the weight, so that all are averaged alike.
    total = np.zeros((_SIZE, _SIZE, 4), np.float32)
    for placement in placements:
        seen = cv2.warpAffine(ramp(skin, 0.5, 0.95), placement, (_SIZE, _SIZE))
        total += np.dstack([seen[..., None] * cv2.warpAffine(difference, placement, (_SIZE, _SIZE)), seen])
    mean = np.asarray(cv2.GaussianBlur(total, (0, 0), zone.softness))
    return np.dstack([mean[..., :3] / np.maximum(mean[..., 3:], 0.02), ramp(mean[..., 3], 0.05, 0.4)])
