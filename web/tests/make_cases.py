"""Makes what the maths in TypeScript is held to from OpenCV and facefx: `python web/tests/make_cases.py`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from facefx.pixels import color
from facefx.pixels.masks import depth


def cases() -> dict[str, Any]:
    """Inputs, and what Python makes of them."""
    rng = np.random.default_rng(7)
    byte = rng.integers(0, 256, (9, 11, 3), np.uint8)
    soft = rng.random((9, 11), np.float32)
    colors = rng.random((12, 3)).astype(np.float32)
    inside = np.zeros((16, 20), np.uint8)
    cv2.circle(inside, (9, 8), 6, 1, -1)
    return {
        "byte": byte.ravel(),
        "soft": soft.ravel(),
        "colors": colors,
        "inside": inside.ravel(),
        "enlarged": cv2.resize(byte, (17, 20), interpolation=cv2.INTER_LINEAR).ravel(),
        "softEnlarged": cv2.resize(soft, (17, 20), interpolation=cv2.INTER_LINEAR).ravel(),
        "shrunk": cv2.resize(soft, (4, 5), interpolation=cv2.INTER_AREA).ravel(),
        "cubic": cv2.resize(soft, (17, 20), interpolation=cv2.INTER_CUBIC).ravel(),
        "gaussian": cv2.GaussianBlur(soft, (0, 0), 1.5).ravel(),
        "depth": depth(inside.astype(bool)).ravel(),
        "oklab": color.to_oklab(colors[None])[0],
        "deltaE": color.delta_e(colors[:6], colors[6:]),
    }


if __name__ == "__main__":
    made = {name: np.round(np.asarray(values, float), 7).tolist() for name, values in cases().items()}
    Path(__file__).with_name("cases.json").write_text(json.dumps(made) + "\n", encoding="utf-8")
