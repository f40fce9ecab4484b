"""A camera that other programs can choose, and which shows the picture with the look on it."""

from __future__ import annotations

import sys
from typing import Any

import cv2
import numpy as np

from ..errors import MissingExtra, OutputError

__all__ = ["VirtualCamera"]

#: What programs expect of a camera; they show the newest picture, however many there are.
RATE = 30
_ADVICE = {
    "linux": "install v4l2loopback (apt install v4l2loopback-dkms) and load it: sudo modprobe v4l2loopback",
    "darwin": "install OBS Studio 30 or newer, and start and stop its virtual camera once",
    "win32": "install OBS Studio, which brings a virtual camera",
}


class VirtualCamera:
    """Opened by the first picture, whose size it keeps.

    Raises
    ------
    MissingExtra
        Without pyvirtualcam.
    """

    def __init__(self) -> None:
        try:
            import pyvirtualcam
        except ImportError:
            raise MissingExtra("pyvirtualcam, which shows pictures as a camera's,", "virtual-camera") from None
        self._library: Any = pyvirtualcam
        self._camera: Any = None

    @property
    def device(self) -> str:
        """What other programs list it as; empty before the first picture."""
        return str(self._camera.device) if self._camera else ""

    def show(self, picture: np.ndarray) -> None:
        """Send (H, W, 3) uint8 RGB; one of another size than the first is fitted in, with black beside it.

        Raises `OutputError` if there is no driver for virtual cameras, or it fails.
        """
        height, width = picture.shape[:2]
        try:
            if self._camera is None:
                self._camera = self._library.Camera(width - width % 2, height - height % 2, RATE)
            self._camera.send(_fitted(picture, self._camera.height, self._camera.width))
        except RuntimeError as error:
            advice = _ADVICE.get(sys.platform, "see pyvirtualcam's documentation")
            raise OutputError(f"no virtual camera can be used: {error} What to do: {advice}") from None

    def close(self) -> None:
        """Take it away from other programs' lists."""
        if self._camera:
            self._camera.close()
            self._camera = None


def _fitted(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """(height, width, 3), the picture in its middle."""
    if picture.shape[0] - height in (0, 1) and picture.shape[1] - width in (0, 1):
        return np.ascontiguousarray(picture[:height, :width])
    scale = min(height / picture.shape[0], width / picture.shape[1])
    size = min(max(round(picture.shape[1] * scale), 1), width), min(max(round(picture.shape[0] * scale), 1), height)
    canvas = np.zeros((height, width, 3), np.uint8)
    top, left = (height - size[1]) // 2, (width - size[0]) // 2
    canvas[top : top + size[1], left : left + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return canvas
