"""The page that runs in the browser alone, in a real Chromium: does it agree with Python, does it ask nobody, can it be used."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_studio_page import violations
from web_page import Page, Site, chromium, page, phone, site

import facefx
from facefx.pixels.color import delta_e

__all__ = ["chromium", "page", "phone", "site"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
EFFECTS = ("recolor_lips", "recolor_hair", "smooth_skin", "blur_background", "anonymize")

#: Parses a photo with the library that the page is made of, and runs effects on it.
RUN = """async ([photo, uses]) => {
    globalThis.facefx ??= await (await import("./facefx.js")).load();
    const text = data => {
        let found = "";
        for (let at = 0; at < data.length; at += 32768) found += String.fromCharCode(...data.subarray(at, at + 32768));
        return btoa(found);
    };
    const picture = await facefx.parse(new Blob([Uint8Array.from(atob(photo), one => one.charCodeAt(0))], {type: "image/jpeg"}));
    const labels = text(await picture.labelMap()), edits = {};
    for (const use of uses) edits[use] = text(new Uint8Array((await picture.apply({use})).data.buffer));
    await picture.close();
    return {labels, edits, width: picture.width, height: picture.height, faces: picture.faces};
}"""


def ran(shown: Page, photo: Path, uses: tuple[str, ...]) -> tuple[np.ndarray, dict[str, np.ndarray], dict[str, Any]]:
    """The browser's label map, (H, W), its edited pictures, (H, W, 3), and all of its answer."""
    answer = shown.page.evaluate(RUN, [base64.b64encode(photo.read_bytes()).decode(), list(uses)])
    size = answer["height"], answer["width"]
    edits = {
        use: np.frombuffer(base64.b64decode(data), np.uint8).reshape(*size, 4)[..., :3] for use, data in answer["edits"].items()
    }
    return np.frombuffer(base64.b64decode(answer["labels"]), np.uint8).reshape(size), edits, answer


def test_its_labels_are_pythons_on_all_samples(page: Page) -> None:
    for photo in sorted(SAMPLES.glob("*.jpg")):
        labels, _, answer = ran(page, photo, ())
        scene = facefx.parse(photo, quality="balanced")
        assert len(answer["faces"]) == len(scene.faces)
        assert (labels == scene.label_map()).mean() >= 0.99, photo.name
    assert page.errors == []


@pytest.mark.parametrize("name", ["astronaut", "hat"])
def test_its_colours_are_pythons_and_stay_in_the_mask(name: str, page: Page) -> None:
    photo = SAMPLES / f"{name}.jpg"
    before = np.asarray(Image.open(photo).convert("RGB"))
    _, edits, _ = ran(page, photo, EFFECTS)
    for use in EFFECTS:
        theirs = facefx.chain(use).run(before, quality="balanced").image
        ours = edits[use]
        changed, meant = (ours != before).any(axis=2), (theirs != before).any(axis=2)
        either = changed | meant
        assert meant.mean() > 0.001, use
        difference = delta_e(ours[either] / np.float32(255), theirs[either] / np.float32(255))
        assert difference.mean() <= 1, (use, float(difference.mean()))
        assert (changed & ~meant).mean() < 0.01, use  # and what is outside stays as it is


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


def test_the_camera_shows_frames(page: Page) -> None:
    page.page.click(".offer[data-use=recolor_lips]")
    page.page.click("#shoot")
    page.page.wait_for_function("() => /^[1-9]/.test(document.getElementById('rate').textContent)")
    assert page.page.evaluate("document.getElementById('view').width") >= 320
    page.page.click("#snap")
    page.page.wait_for_selector("#notice:not([hidden])")
    assert "No face" in page.page.inner_text("#notice")
    assert page.errors == []


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
