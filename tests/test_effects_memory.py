"""Every effect on a photo of twelve megapixels: in a few times the memory of the photo itself."""

from __future__ import annotations

import tracemalloc
from functools import cache

import cv2
import numpy as np
import pytest

from facefx.chains.painting import apply_effect
from facefx.declare.declarations import EffectSpec
from facefx.face.scene import Scene
from facefx.plugins import builtin
from facefx.testing.drawn import Head, drawn_face, label_picture, painted
from facefx.testing.files import example_file

pytestmark = pytest.mark.slow

HEIGHT, WIDTH = 3000, 4000
#: At most so many times the picture's own float32 pixels, 144 MB, besides those.
BOUND = 8.0


@cache
def photo() -> Scene:
    """A large face with large hair, its masks made: an effect alone is measured."""
    small = painted(label_picture([Head((200, 140), 170)], (300, 400)))
    picture = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC).astype(np.float32) / 255
    face = drawn_face(Head((2000.0, 1400.0), 1700.0), picture)
    return Scene(picture, (face,))


@pytest.mark.parametrize("spec", list(builtin.facefx_effects()), ids=lambda spec: spec.name)
def test_twelve_megapixels(spec: EffectSpec) -> None:
    scene = photo()
    params = spec.resolve({"reference": example_file("picture")} if "reference" in spec.parameters else {})
    portrait = scene.faces[0] if "portrait" in spec.supplies else None
    tracemalloc.start()
    try:
        result = apply_effect(scene, spec, params, np.random.SeedSequence(0), portrait)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert result.image.shape == (HEIGHT, WIDTH, 3)
    own = scene.image.nbytes
    assert peak <= BOUND * own, f"{spec.name} took {peak / 1e6:.0f} MB beside a picture of {own / 1e6:.0f}"
