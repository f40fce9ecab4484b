"""The page that runs in the browser alone, in a real Chromium: can it be used, does it ask nobody, does it work offline."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_studio_page import violations
from web_page import WEB, Page, Site, chromium, launched, page, phone, site

import facefx

__all__ = ["chromium", "page", "phone", "site"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def test_a_photo_is_edited_compared_and_saved_and_a_look_goes_to_python_and_back(page: Page, tmp_path: Path) -> None:
    shown = page.page
    assert shown.evaluate("crossOriginIsolated")
    page.open(SAMPLES / "straight.jpg")
    shown.click(".offer[data-use=recolor_lips]")
    page.settle()
    shown.click(".swatch >> nth=4")
    shown.wait_for_function("() => document.body.dataset.shown?.includes('#7a1d49')")
    shown.click("#compare")
    assert shown.get_attribute("#compare", "aria-pressed") == "true"
    with shown.expect_download() as saving:
        shown.click("#save")
    saving.value.save_as(tmp_path / "saved.jpg")
    saved = np.asarray(Image.open(tmp_path / "saved.jpg").convert("RGB")).astype(int)
    changed = np.abs(saved - np.asarray(Image.open(SAMPLES / "straight.jpg").convert("RGB"))).max(axis=2) > 30
    assert 0.001 < changed.mean() < 0.02
    with shown.expect_download() as saving:
        shown.click("#look-save")
    saving.value.save_as(tmp_path / "look.json")
    assert facefx.load_look(tmp_path / "look.json").steps[0].params["color"] == "#7a1d49"

    facefx.chain("smooth_skin", strength=0.4).then("blur_background").save(tmp_path / "python.json")
    shown.set_input_files("#look-file", str(tmp_path / "python.json"))
    shown.wait_for_function("() => document.body.dataset.shown?.includes('blur_background')")
    assert [step["use"] for step in json.loads(shown.evaluate("document.body.dataset.shown"))] == ["smooth_skin", "blur_background"]
    facefx.chain("slim_face").save(tmp_path / "other.json")
    shown.set_input_files("#look-file", str(tmp_path / "other.json"))
    shown.wait_for_selector("#notice[data-kind=error]:not([hidden])")
    assert "slim_face" in shown.inner_text("#notice")
    assert page.errors == []


def test_it_works_without_a_network_once_it_was_loaded(page: Page, site: Site) -> None:
    site.close()
    page.page.reload()
    page.ready()
    page.open(SAMPLES / "astronaut.jpg")
    page.page.click(".offer[data-use=recolor_lips]")
    page.page.wait_for_function("() => document.body.dataset.shown?.includes('recolor_lips')")
    assert page.errors == []


def test_what_it_weighs_is_on_the_page_in_both_languages(page: Page) -> None:
    sizes = json.loads((WEB / "dist" / "sizes.json").read_text())
    parts = {name: f"{part['gzipped'] / 1e6:.1f}" for name, part in sizes.items()}
    total, whole = (f"{sum(part[kind] for part in sizes.values()) / 1e6:.1f}" for kind in ("gzipped", "bytes"))
    assert page.page.inner_text("#weight") == (
        f"To load, gzipped: {total} MB (runtime {parts['runtime']}, face parser {parts['parser']}, detector {parts['detector']}, "
        f"people {parts['people']}, page {parts['page']}); as they are, {whole} MB."
    )
    fetched = sum(
        path.stat().st_size
        for path in (WEB / "dist").rglob("*")
        if path.is_file() and not re.search(r"asyncify|webgpu|model\.onnx", path.name)
    )
    assert abs(sum(part["bytes"] for part in sizes.values()) - fetched) < 5000  # the service worker, and the sizes themselves
    page.page.select_option("#language", "de")
    assert page.page.inner_text("#weight").startswith(f"Zu laden, gepackt: {total.replace('.', ',')} MB (Laufzeit")
    assert page.page.inner_text("#kept") == "Geht jetzt auch ohne Netz."


def test_a_file_that_is_no_picture_is_told_of_and_the_page_goes_on(page: Page, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"this is no picture")
    page.page.set_input_files("#file", str(tmp_path / "broken.jpg"))
    page.page.wait_for_selector("#notice[data-kind=error]:not([hidden])")
    assert "broken.jpg is no picture" in page.page.inner_text("#notice")
    page.open(SAMPLES / "straight.jpg")
    assert page.page.is_hidden("#notice")


def test_the_policy_forbids_all_other_servers(page: Page, site: Site) -> None:
    other = Site(SAMPLES)
    try:
        asked = "async address => fetch(address, {mode: 'no-cors'}).then(() => 'came', () => 'refused')"
        assert page.page.evaluate(asked, other.address) == "refused"
        assert page.page.evaluate(asked, f"{site.address}index.html") == "came"
    finally:
        other.close()
    assert page.asked.pop() == f"{site.address}index.html"
    page.asked = [url for url in page.asked if url != other.address]  # this test asked, not the page


def film(path: Path, photo: Path, count: int = 24) -> Path:
    """A film, as Chromium takes it for a camera: a photo that wanders to the right and back."""
    with Image.open(photo) as opened:
        small = opened.convert("RGB").resize((300, 300 * opened.height // opened.width))
    with path.open("wb") as written:
        written.write(b"YUV4MPEG2 W640 H360 F15:1 Ip A1:1 C420jpeg\n")
        for step in range(count):
            frame = Image.new("RGB", (640, 360), "#404040")
            frame.paste(small, (100 + 8 * min(step, count - step), 10))
            light, *colors = frame.convert("YCbCr").split()
            written.write(b"FRAME\n" + light.tobytes() + b"".join(one.resize((320, 180)).tobytes() for one in colors))
    return path


def test_the_camera_is_shown_edited_and_a_picture_is_taken(site: Site, chromium: Any, tmp_path: Path) -> None:
    taken = film(tmp_path / "film.y4m", SAMPLES / "straight.jpg")
    python_look = facefx.chain("recolor_lips", color="#00ff00", strength=1.0).save(tmp_path / "look.json")
    with launched(chromium, f"--use-file-for-fake-video-capture={taken}") as browser:
        page = Page(browser.new_context(permissions=["camera"]), site.address)
        shown = page.page
        shown.set_input_files("#look-file", str(python_look))
        shown.click("#shoot")
        shown.wait_for_function("() => /^[0-9.]+ /.test(document.getElementById('rate').textContent)")
        green = """() => {
            const view = document.getElementById("view");
            const {data} = view.getContext("2d").getImageData(0, 0, view.width, view.height);
            let count = 0;
            for (let at = 0; at < data.length; at += 4) count += Number(data[at + 1] > Math.max(data[at], data[at + 2]) + 40);
            return count > 100;
        }"""
        shown.wait_for_function(green)
        shown.click("#snap")
        page.settle()
        assert shown.evaluate("[document.getElementById('view').width, document.getElementById('view').height]") == [640, 360]
        assert shown.is_hidden("#live-tools")
        assert re.fullmatch(r"The camera's last frames: [0-9.]+ frames a second, 640 × 360\.", shown.inner_text("#speed"))
        assert shown.evaluate(green)
        assert page.errors == []
        assert page.elsewhere == []


def test_without_a_camera_that_is_said(page: Page) -> None:
    page.page.evaluate("() => { navigator.mediaDevices.getUserMedia = async () => { throw new Error('nothing here'); }; }")
    page.page.click("#shoot")
    page.page.wait_for_selector("#notice[data-kind=error]:not([hidden])")
    assert "The camera cannot be used: nothing here" in page.page.inner_text("#notice")


def test_a_phone_shows_all_of_it_and_axe_finds_nothing(phone: Page) -> None:
    shown = phone.page
    assert shown.inner_text("#choose") == "Foto auswählen"
    assert violations(shown) == []
    phone.open(SAMPLES / "long_dark.jpg")
    shown.tap(".offer[data-use=anonymize]")
    shown.wait_for_function("() => document.body.dataset.shown?.includes('anonymize')")
    assert shown.evaluate("document.documentElement.scrollWidth <= innerWidth")
    shown.wait_for_selector("#busy", state="hidden")
    assert violations(shown) == []
    assert phone.errors == []
