"""The studio as somebody uses it, in a real browser with the real model: on a laptop's screen and on a phone's."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browser_screen import Screen, chromium, phone, screen, studio
from PIL import Image

__all__ = ["chromium", "phone", "screen", "studio"]

SAMPLES = Path(__file__).parents[2] / "samples"

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def violations(page: Any) -> list[str]:
    """What axe finds wrong with the page."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    found = axe.Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def rgb(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def test_a_photo_is_dropped_edited_compared_and_saved(screen: Screen, tmp_path: Path) -> None:
    page = screen.page
    data = (SAMPLES / "straight.jpg").read_bytes()
    page.evaluate(
        """bytes => { const moved = new DataTransfer();
            moved.items.add(new File([new Uint8Array(bytes)], 'me.jpg', {type: 'image/jpeg'}));
            dispatchEvent(new DragEvent('drop', {dataTransfer: moved, bubbles: true, cancelable: true})); }""",
        list(data),
    )
    page.wait_for_selector("#welcome", state="hidden")
    page.wait_for_selector("#busy", state="hidden")
    bare = rgb(screen.picture())

    screen.click_at(0.508, 0.632)  # the lips
    assert page.get_attribute("[data-key=lips]", "aria-pressed") == "true"
    page.wait_for_selector("#view[data-lit]:not([data-lit=''])")
    page.click(".offer[data-use='facefx:recolor_lips']")
    screen.settle()
    page.evaluate("""() => { const color = document.querySelector('#chain input[type=color]'); color.value = '#2050d0';
        color.dispatchEvent(new Event('input', {bubbles: true})); color.dispatchEvent(new Event('change', {bubbles: true})); }""")
    page.wait_for_function("() => document.body.dataset.shown?.includes('#2050d0')")
    page.wait_for_timeout(300)
    blue = rgb(screen.picture())
    changed = np.abs(blue - bare).max(axis=2) > 40
    assert 0.001 < changed.mean() < 0.02
    assert (blue - bare)[changed][:, 2].mean() > 40

    slider = page.locator("#chain input[type=range]").first
    box = slider.bounding_box()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    assert 0.2 < screen.shown()[0]["params"]["strength"] < 0.4

    page.click("[data-key=hair]")
    page.click(".offer[data-use='facefx:recolor_hair']")
    assert [step["use"] for step in screen.shown()] == ["facefx:recolor_lips", "facefx:recolor_hair"]
    page.click("#compare")
    page.wait_for_timeout(200)
    half = rgb(screen.picture())
    middle = half.shape[1] // 2
    assert np.abs(half - bare)[:, : middle - 8].max() < 12
    assert np.abs(half - bare)[:, middle + 8 :].max() > 60
    page.click("#compare")
    page.keyboard.down("b")
    page.wait_for_timeout(150)
    assert np.abs(rgb(screen.picture()) - bare).max() < 12
    page.keyboard.up("b")

    page.click("#undo")
    assert len(screen.shown()) == 1
    page.click("#redo")
    assert len(screen.shown()) == 2
    page.locator("#chain .switch").first.click()
    assert screen.shown()[0]["on"] is False
    page.locator("#chain > li").nth(1).get_by_role("button").nth(1).click()  # up
    assert screen.shown()[0]["use"] == "facefx:recolor_hair"

    page.click("#save")
    page.select_option("#format", "png")
    with page.expect_download() as saving:
        page.click("#save-now")
    saving.value.save_as(tmp_path / "saved.png")
    assert Image.open(tmp_path / "saved.png").size == Image.open(io.BytesIO(data)).size
    assert screen.errors == []


def test_a_look_is_saved_and_loaded_after_the_page_was_reloaded(screen: Screen, tmp_path: Path) -> None:
    page = screen.page
    screen.open("blonde.jpg")
    page.click("#tab-looks")
    page.click("[data-look=plum]")
    steps = screen.shown()
    assert len(steps) >= 2
    with page.expect_download() as saving:
        page.click("#look-save")
    saving.value.save_as(tmp_path / "look.json")
    assert json.loads((tmp_path / "look.json").read_text())["facefx_look"] == 1
    page.click("#code")
    assert "recolor_lips" in page.locator("#dialog pre").first.inner_text()
    page.keyboard.press("Escape")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    screen.open("straight.jpg")
    page.click("#tab-looks")
    with page.expect_file_chooser() as choosing:
        page.click("#look-load")
    choosing.value.set_files(tmp_path / "look.json")
    page.wait_for_function(f"() => document.querySelectorAll('#chain > li').length === {len(steps)}")
    assert screen.shown() == steps
    assert screen.errors == []


def test_errors_are_the_librarys_own_sentences(screen: Screen, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"this is no picture")
    screen.page.set_input_files("#files", str(tmp_path / "broken.jpg"))
    screen.page.wait_for_selector("#notice:not([hidden])")
    assert "is not a picture" in screen.page.inner_text("#notice")
    assert screen.page.is_visible("#welcome")
    screen.open("straight.jpg")
    assert screen.page.is_hidden("#notice")
    screen.page.route("**/preview", lambda route: route.abort())
    screen.page.click("[data-key=lips]")
    screen.page.click(".offer[data-use='facefx:recolor_lips']")
    screen.page.wait_for_selector("#notice[data-kind=error]:not([hidden])")
    assert "facefx studio" in screen.page.inner_text("#notice")


def test_the_camera_shows_frames_with_the_look(screen: Screen) -> None:
    screen.page.click("#shoot")
    screen.page.wait_for_selector("canvas.live")
    screen.page.wait_for_function("() => document.getElementById('rate').textContent.length > 0")
    assert screen.page.evaluate("document.querySelector('canvas.live').width") >= 320
    screen.page.click("#snap")
    screen.page.wait_for_selector("#welcome", state="hidden")
    assert "No face" in screen.page.inner_text("#notice")


def test_zoom_goes_to_the_pictures_own_pixels(screen: Screen) -> None:
    screen.open("full_length.jpg")
    fitted = screen.page.inner_text("#zoom-fit")
    for _ in range(6):
        screen.page.click("#zoom-in")
    assert int(screen.page.inner_text("#zoom-fit").split()[0]) > 200
    screen.page.click("#zoom-fit")
    assert screen.page.inner_text("#zoom-fit") == fitted
    assert screen.errors == []


def test_effects_of_others_have_their_forms(screen: Screen) -> None:
    pytest.importorskip("facefx_example", reason="plugins/facefx-example is not installed")
    screen.open("straight.jpg")
    screen.page.click("[data-key=hair]")
    screen.page.click(".offer[data-use='facefx-example:frost_hair']")
    assert screen.shown()[0]["use"] == "facefx-example:frost_hair"
    assert screen.page.locator("#chain input[type=range]").count() == 2


def test_a_photo_is_pasted(screen: Screen) -> None:
    data = (SAMPLES / "straight.jpg").read_bytes()
    screen.page.evaluate(
        """bytes => { const pasted = new DataTransfer();
            pasted.items.add(new File([new Uint8Array(bytes)], 'image.png', {type: 'image/png'}));
            dispatchEvent(new ClipboardEvent('paste', {clipboardData: pasted, bubbles: true, cancelable: true})); }""",
        list(data),
    )
    screen.page.wait_for_selector("#welcome", state="hidden")
    screen.page.wait_for_selector("#busy", state="hidden")
    assert screen.page.locator("[data-key=lips]").count() == 1
    assert screen.errors == []


def test_a_film_is_uploaded_edited_and_downloaded(screen: Screen, tmp_path: Path) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    picture = np.asarray(Image.open(SAMPLES / "straight.jpg").convert("RGB").resize((256, 256)))
    with av.open(str(tmp_path / "me.mp4"), "w") as film:
        stream = film.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 256, 256, "yuv420p"
        for _ in range(4):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        film.mux(stream.encode())
    page = screen.page
    screen.open("straight.jpg")
    page.click("[data-key=lips]")
    page.click(".offer[data-use='facefx:recolor_lips']")
    screen.settle()
    page.click("#more")
    page.click("#job-film")
    with page.expect_file_chooser() as choosing:
        page.click("#dialog button.main")
    choosing.value.set_files(tmp_path / "me.mp4")
    page.wait_for_selector("#dialog a.main")
    with page.expect_download() as saving:
        page.click("#dialog a.main")
    assert saving.value.suggested_filename == "me-edited.mp4"
    saving.value.save_as(tmp_path / "edited.mp4")
    with av.open(str(tmp_path / "edited.mp4")) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert len(frames) == 4
    changed = np.abs(frames[0].astype(int) - picture).max(axis=2) > 40
    assert 0.001 < changed.mean() < 0.05
    assert screen.errors == []


def test_many_photos_become_a_zip_with_a_report(screen: Screen, tmp_path: Path) -> None:
    page = screen.page
    (tmp_path / "broken.jpg").write_bytes(b"this is no picture")
    screen.open("straight.jpg")
    page.click("[data-key=lips]")
    page.click(".offer[data-use='facefx:recolor_lips']")
    screen.settle()
    page.click("#more")
    page.click("#job-folder")
    with page.expect_file_chooser() as choosing:
        page.click("#dialog button.main")
    with page.expect_download() as saving:
        choosing.value.set_files([SAMPLES / "straight.jpg", SAMPLES / "blonde.jpg", tmp_path / "broken.jpg"])
    saving.value.save_as(tmp_path / "edited.zip")
    with zipfile.ZipFile(tmp_path / "edited.zip") as found:
        assert set(found.namelist()) == {"straight.jpg", "blonde.jpg", "facefx-batch.jsonl"}
        report = [json.loads(line) for line in found.read("facefx-batch.jsonl").splitlines()]
        edited = rgb(found.read("straight.jpg"))
    assert [record["status"] for record in report] == ["done", "done", "failed"]
    changed = np.abs(edited - rgb((SAMPLES / "straight.jpg").read_bytes())).max(axis=2) > 40
    assert 0.0005 < changed.mean() < 0.05
    assert "1 failed" in page.inner_text("#dialog")
    assert screen.errors == []


def test_a_slow_effect_shows_a_draft_while_its_slider_is_held(screen: Screen) -> None:
    """And the whole preview once it is let go, even where it was."""
    page = screen.page
    page.evaluate(
        """() => { const real = fetch; window.asked = [];
            window.fetch = async (path, options) => {
                if (path.endsWith('/preview')) { // a slow machine
                    window.asked.push(Boolean(JSON.parse(options.body).draft));
                    await new Promise((done) => setTimeout(done, 150));
                }
                return real(path, options);
            }; }"""
    )
    screen.open("straight.jpg")
    page.click("[data-key=lips]")
    page.click(".offer[data-use='facefx:recolor_lips']")
    screen.settle()
    assert not any(page.evaluate("window.asked"))
    box = page.locator("#chain input[type=range]").first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.8 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.3 * box["width"], middle, steps=4)
    screen.settle()
    assert page.evaluate("window.asked.at(-1)") is True
    page.mouse.move(box["x"] + 0.8 * box["width"], middle)
    page.mouse.up()
    screen.settle()
    assert page.evaluate("window.asked.at(-1)") is False


@pytest.mark.parametrize("which", ["screen", "phone"])
def test_axe_finds_nothing(which: str, request: pytest.FixtureRequest) -> None:
    made: Screen = request.getfixturevalue(which)
    assert violations(made.page) == []
    made.open("straight.jpg")
    made.page.click("[data-key=lips]")
    made.page.click(".offer[data-use='facefx:recolor_lips']")
    made.settle()
    assert violations(made.page) == []
    made.page.click("#chain .switch")
    made.settle()
    assert violations(made.page) == []
    for tab in ("looks", "parts", "measures"):
        made.page.click(f"#tab-{tab}")
        made.page.wait_for_timeout(400)
        assert violations(made.page) == []
    made.page.click("#more")
    assert violations(made.page) == []


def test_a_phone_shows_all_of_it(phone: Screen) -> None:
    page = phone.page
    assert page.inner_text("#choose") == "Fotos auswählen"
    phone.open("long_dark.jpg", "blonde.jpg")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for button in page.locator(".bar button:visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.locator(".thumb").count() == 2
    page.tap("[data-key=hair]")
    page.tap(".offer[data-use='facefx:recolor_hair']")
    assert phone.shown()[0]["use"] == "facefx:recolor_hair"
    page.tap(".swatch >> nth=3")
    page.wait_for_function("() => document.body.dataset.shown?.includes('#cdb18f')")
    assert phone.errors == []
