"""The studio's small things, which somebody meets who uses it for an hour: several files and people, the keyboard, pixels, code."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_screen import Screen, chromium, screen, studio
from PIL import Image

__all__ = ["chromium", "screen", "studio"]

SAMPLES = Path(__file__).parents[2] / "samples"

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def rgb(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def choose(made: Screen, *paths: Path) -> None:
    made.page.set_input_files("#files", [str(path) for path in paths])
    made.page.wait_for_selector("#busy", state="hidden")
    made.settle()


def add(made: Screen, part: str, use: str) -> None:
    made.page.click(f"[data-key={part}]")
    made.page.click(f".offer[data-use$=':{use}']")
    made.settle()


def focused(page: Any) -> list[str]:
    """Which step the keyboard is at, and where in it."""
    found: list[str] = page.evaluate("((at) => [at.closest('li')?.dataset.use, at.dataset.act])(document.activeElement)")
    return found


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """A photo of two people."""
    both = np.hstack([np.asarray(Image.open(SAMPLES / name).convert("RGB")) for name in ("straight.jpg", "blonde.jpg")])
    Image.fromarray(both).save(tmp_path / "two.jpg", quality=92)
    return tmp_path / "two.jpg"


def test_a_bad_file_among_good_ones_is_named_until_one_has_read_it(screen: Screen, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes((SAMPLES / "straight.jpg").read_bytes()[:3000])
    choose(screen, tmp_path / "broken.jpg", SAMPLES / "blonde.jpg")
    assert screen.page.inner_text("#noticed").startswith("the file 'broken.jpg' is damaged")
    add(screen, "lips", "recolor_lips")
    assert screen.page.is_visible("#notice")
    screen.page.click("#notice-close")
    assert screen.page.is_hidden("#notice")


def test_the_keyboard_stays_at_the_step_that_it_moves(screen: Screen) -> None:
    page = screen.page
    screen.open("straight.jpg")
    for part, use in (("lips", "recolor_lips"), ("hair", "recolor_hair"), ("eyes", "enlarge_eyes")):
        add(screen, part, use)
    page.locator("#chain > li").nth(2).locator("[data-act=up]").focus()
    page.keyboard.press("Enter")
    assert [step["use"] for step in screen.shown()] == ["facefx:recolor_lips", "facefx:enlarge_eyes", "facefx:recolor_hair"]
    assert focused(page) == ["facefx:enlarge_eyes", "up"]
    page.keyboard.press("Enter")
    assert screen.shown()[0]["use"] == "facefx:enlarge_eyes"
    assert focused(page) == ["facefx:enlarge_eyes", "name"]  # it cannot go further up
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    assert screen.shown()[0]["on"] is False
    assert focused(page) == ["facefx:enlarge_eyes", "switch"]
    page.locator("#chain > li").first.locator("[data-act=remove]").focus()
    page.keyboard.press("Enter")
    assert len(screen.shown()) == 2
    assert focused(page) == ["facefx:recolor_lips", "name"]
    page.keyboard.press("Control+z")
    assert len(screen.shown()) == 3
    assert screen.errors == []


def test_what_keys_move_is_undone_at_once(screen: Screen) -> None:
    screen.open("straight.jpg")
    add(screen, "lips", "recolor_lips")
    slider = screen.page.locator("#chain [data-act=strength]")
    slider.focus()
    for _ in range(5):
        screen.page.keyboard.press("ArrowLeft")
    assert screen.shown()[0]["params"]["strength"] == pytest.approx(0.75)
    screen.page.keyboard.press("Control+z")
    assert screen.shown()[0]["params"]["strength"] == pytest.approx(0.8)
    screen.page.keyboard.press("Control+z")
    assert screen.shown() == []


def test_another_language_is_there_at_once(screen: Screen) -> None:
    page = screen.page
    screen.open("straight.jpg")
    add(screen, "lips", "recolor_lips")
    page.click("#more")
    page.select_option("#language", "de")
    assert page.inner_text("#dialog-title") == "Mehr"
    page.keyboard.press("Escape")
    assert page.inner_text("[data-key=lips]") == "Lippen"
    assert page.inner_text("#chain [data-act=name]") == "Lippen färben"
    page.click("#tab-looks")
    assert page.inner_text("[data-look=plum] span") == "Pflaume"
    page.click("#tab-measures")
    page.wait_for_selector("#pane-measures .card")
    assert "Gesichtsform" in page.inner_text("#pane-measures")
    assert page.evaluate("document.documentElement.lang") == "de"
    assert screen.errors == []


def test_steps_are_dragged_to_another_place(screen: Screen) -> None:
    screen.open("straight.jpg")
    add(screen, "lips", "recolor_lips")
    add(screen, "hair", "recolor_hair")
    steps = screen.page.locator("#chain > li")
    steps.nth(0).locator(".name").drag_to(steps.nth(1).locator(".name"))
    assert [step["use"] for step in screen.shown()] == ["facefx:recolor_hair", "facefx:recolor_lips"]


def test_of_several_people_one_sees_who_is_meant(screen: Screen, two: Path) -> None:
    choose(screen, two)
    page = screen.page
    for x in (0.25, 0.75):
        if page.is_visible("#clear"):
            page.click("#clear")
        screen.click_at(x, 0.14)
        page.wait_for_selector("#view[data-lit]:not([data-lit=''])")
        lit = page.get_attribute("#view", "data-lit")
        page.click(".offer[data-use='facefx:recolor_hair']")
        (step,) = screen.shown()
        assert lit.endswith(f"/{step['params']['faces'] + 1}")
        whose = page.locator("#chain [data-act=faces]")
        assert page.get_attribute("#view", "data-lit") == ""
        whose.focus()
        page.wait_for_function(f"() => document.getElementById('view').dataset.lit.endsWith('/{step['params']['faces'] + 1}')")
        page.locator("#chain [data-act=name]").focus()
        page.wait_for_function("() => document.getElementById('view').dataset.lit === ''")
    choose(screen, SAMPLES / "straight.jpg")
    assert page.locator("#chain [data-act=faces]").locator("option:checked").inner_text() == f"face {step['params']['faces'] + 1}"


def test_measurements_are_drawn_over_the_picture_while_one_reads_them(screen: Screen) -> None:
    screen.open("straight.jpg")
    bare = rgb(screen.picture())
    screen.page.click("#tab-measures")
    screen.page.wait_for_selector("#pane-measures .card")
    screen.page.wait_for_timeout(200)
    drawn = np.abs(rgb(screen.picture()) - bare).max(axis=2) > 60
    assert 0.002 < drawn.mean() < 0.05
    screen.page.click("#tab-looks")
    screen.page.wait_for_timeout(200)
    assert (rgb(screen.picture()) == bare).all()


def test_close_up_both_before_and_after_are_the_pictures_own_pixels(screen: Screen, tmp_path: Path) -> None:
    own = np.random.default_rng(1).integers(0, 256, (2600, 2600, 3), np.uint8)
    Image.fromarray(own).save(tmp_path / "noise.png")
    choose(screen, tmp_path / "noise.png")
    add(screen, "picture", "grade")
    page = screen.page
    with page.expect_response(lambda one: one.url.endswith("/window") and "grade" not in (one.request.post_data or "")):
        page.locator("#view").press("1")
    assert page.inner_text("#zoom-fit") == "100 %"
    page.wait_for_timeout(800)
    for held in (False, True):
        if held:
            page.keyboard.down("b")
            page.wait_for_timeout(200)
        shown = rgb(screen.picture())
        middle = shown[shown.shape[0] // 2 - 40 :, shown.shape[1] // 2 - 40 :][:80, :80]
        assert middle.std() > 55  # a preview of noise is grey
    page.keyboard.up("b")
    assert screen.errors == []


def test_a_picture_is_what_a_step_uses(screen: Screen) -> None:
    screen.open("straight.jpg")
    add(screen, "background", "replace_background")
    page = screen.page
    before = rgb(screen.picture())
    with page.expect_file_chooser() as choosing:
        page.locator("#chain .form button[data-act=picture]").click()
    choosing.value.set_files(SAMPLES / "hat.jpg")
    page.wait_for_function("() => document.body.dataset.shown?.includes('held:')")
    screen.settle()
    assert (np.abs(rgb(screen.picture()) - before).max(axis=2) > 40).mean() > 0.1
    page.click("#tab-looks")
    page.click("#code")
    page.wait_for_selector("#dialog pre")
    assert "replace_background: picture" in page.inner_text("#dialog")
    assert screen.errors == []


def test_a_look_that_is_dropped_is_loaded_and_the_one_that_is_on_is_marked(screen: Screen, tmp_path: Path) -> None:
    screen.open("straight.jpg")
    page = screen.page
    page.click("#tab-looks")
    page.click("[data-look=honey]")
    screen.settle()
    assert page.locator(".look[aria-pressed=true]").get_attribute("data-look") == "honey"
    with page.expect_download() as saving:
        page.click("#look-save")
    saving.value.save_as(tmp_path / "look.json")
    page.click("[data-look=none]")
    assert screen.shown() == []
    choose(screen, tmp_path / "look.json")
    assert len(screen.shown()) > 1
    assert page.locator(".look[aria-pressed=true]").get_attribute("data-look") == "honey"
    assert screen.errors == []


def test_copied_code_makes_the_same_picture(screen: Screen, tmp_path: Path) -> None:
    photo = tmp_path / "it's me.jpg"
    photo.write_bytes((SAMPLES / "straight.jpg").read_bytes())
    choose(screen, photo)
    page = screen.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#tab-looks")
    page.click("[data-look=plum]")
    screen.settle()
    page.click("#save")
    page.select_option("#format", "png")
    assert page.locator("#file-quality").is_hidden()
    with page.expect_download() as saving:
        page.click("#save-now")
    saving.value.save_as(tmp_path / "saved.png")
    page.click("#code")
    for place in (0, 1):
        page.locator("#dialog .head button[type=button]").nth(place).click()
        page.wait_for_function(
            f"() => document.querySelectorAll('#dialog .head button[type=button]')[{place}].textContent === 'Copied'"
        )
        text = page.evaluate("navigator.clipboard.readText()")
        command = (
            [sys.executable, "-c", text] if place == 0 else ["sh", "-c", text.replace("facefx", f"{sys.executable} -m facefx", 1)]
        )
        subprocess.run(command, cwd=tmp_path, check=True)
        assert (rgb((tmp_path / "edited.png").read_bytes()) == rgb((tmp_path / "saved.png").read_bytes())).all()
        (tmp_path / "edited.png").unlink()
    assert json.loads(page.evaluate("document.body.dataset.shown"))
