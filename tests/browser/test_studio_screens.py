"""The docs' pictures of the studio show what it looks like.

To make them anew: FACEFX_SCREENS=docs/pictures python -m pytest tests/browser/test_studio_screens.py
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
from browser_screen import ROOT, Screen, chromium, phone, screen, studio
from PIL import Image

__all__ = ["chromium", "phone", "screen", "studio"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def matches(made: Screen, name: str) -> None:
    """Hold what is on the screen against the docs' picture of that name, but for fonts; or write that."""
    made.settle()
    made.page.mouse.move(0, 0)
    made.page.wait_for_timeout(300)
    now = Image.open(io.BytesIO(made.page.screenshot())).convert("RGB")
    if folder := os.environ.get("FACEFX_SCREENS"):
        now.save(Path(folder, name), quality=82, method=6)
    there = Image.open(ROOT / "docs" / "pictures" / name).convert("RGB")
    assert there.size == now.size
    small = (now.width // 40, now.height // 40)
    apart = np.abs(np.subtract(*(np.asarray(one.resize(small, Image.Resampling.BOX), int) for one in (there, now))))
    assert apart.mean() < 4, f"docs/pictures/{name} shows another studio; make it anew"


def add(made: Screen, part: str, effect: str) -> None:
    made.page.click(f"[data-key={part}]")
    made.page.click(f".offer[data-use='facefx:{effect}']")
    made.settle()


def test_lips_and_hair(screen: Screen) -> None:
    screen.open("straight.jpg")
    add(screen, "hair", "recolor_hair")
    add(screen, "lips", "recolor_lips")
    screen.page.click("#compare")
    matches(screen, "studio.webp")


def test_looks(screen: Screen) -> None:
    screen.open("long_dark.jpg")
    screen.page.click("#tab-looks")
    count = screen.page.locator("#looks canvas").count()
    is_drawn = "(canvas) => canvas.getContext('2d').getImageData(112, 112, 1, 1).data[3]"
    screen.page.wait_for_function(f"() => [...document.querySelectorAll('#looks canvas')].filter({is_drawn}).length === {count}")
    screen.page.click("[data-look=plum]")
    matches(screen, "studio_looks.webp")


def test_a_phone(phone: Screen) -> None:
    phone.open("blonde.jpg", "long_dark.jpg")
    add(phone, "hair", "recolor_hair")
    phone.page.tap(".swatch >> nth=4")
    phone.page.wait_for_function("() => document.body.dataset.shown?.includes('#9c3a24')")
    matches(phone, "studio_phone.webp")
