"""The library that runs in the browser alone, in a real Chromium, against Python: the same labels, colours, faces."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from web_page import Page, Site, chromium, launched

import facefx
from facefx.image.picture import open_image
from facefx.pixels.color import delta_e

__all__ = ["chromium"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]

SAMPLES = sorted((Path(__file__).resolve().parents[2] / "samples").glob("*.jpg"))
#: Effects and what they work on; of what hides, more than its mask changes.
EFFECTS = {
    "recolor_lips": "lips",
    "recolor_hair": "hair",
    "smooth_skin": "skin+nose",
    "blur_background": "background",
    "anonymize": None,
}

#: What the tests hand to the page: base64 to bytes, and back.
TOOLS = """() => {
    globalThis.bytesOf = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
    globalThis.textOf = data => {
        let found = "";
        for (let at = 0; at < data.length; at += 32768) found += String.fromCharCode(...data.subarray(at, at + 32768));
        return btoa(found);
    };
    globalThis.photoOf = text => new Blob([bytesOf(text)], {type: "image/jpeg"});
}"""
LOAD = """async options => {
    globalThis.facefx = await (await import("./facefx.js")).load(options);
    return [facefx.provider, facefx.threads];
}"""
#: Parses a photo, runs steps on it, and says where regions are.
RUN = """async ([photo, steps, regions]) => {
    const picture = await facefx.parse(photoOf(photo)), edits = [], masks = [];
    for (const step of steps) edits.push(textOf(new Uint8Array((await picture.apply(step)).data.buffer)));
    for (const region of regions) masks.push(textOf(Uint8Array.from(await picture.mask(region), share => share > 0)));
    const labels = textOf(await picture.labelMap());
    await picture.close();
    return {labels, edits, masks, width: picture.width, height: picture.height, faces: picture.faces};
}"""
#: A photo that wanders over black frames after one that shows nothing; what is found in each of them.
FOLLOW = """async ([photo, places, width]) => {
    const image = await createImageBitmap(photoOf(photo)), canvas = new OffscreenCanvas(640, 360);
    const context = canvas.getContext("2d", {willReadFrequently: true});
    const found = [];
    for (const place of places) {
        context.fillRect(0, 0, 640, 360);
        if (place) context.drawImage(image, ...place, width, width * image.height / image.width);
        const before = context.getImageData(0, 0, 640, 360).data;
        const {pixels, faces} = await facefx.frame(canvas, {use: "recolor_lips", params: {color: "#00ff00", strength: 1}});
        let changed = 0;
        for (let at = 0; at < before.length; at += 4) changed += Number(Math.abs(pixels.data[at + 1] - before[at + 1]) > 30);
        found.push({changed, boxes: faces.map(face => face.box)});
    }
    return found;
}"""


@pytest.fixture(scope="module")
def library(chromium: Any) -> Iterator[Page]:
    """A page whose library is loaded, on one thread: two that wait for each other make a busy machine slower still."""
    made = Site.built()
    context = chromium.new_context()
    page = Page(context, made.address)
    page.page.evaluate(TOOLS)
    assert page.page.evaluate(LOAD, {"threads": 1}) == ["wasm", 1]
    yield page
    assert page.errors == []
    assert page.elsewhere == []
    context.close()
    made.close()


def text_of(photo: Path) -> str:
    """A photo as a page takes it."""
    return base64.b64encode(photo.read_bytes()).decode()


def ran(page: Page, photo: Path, *steps: dict[str, Any], regions: tuple[str, ...] = ()) -> dict[str, Any]:
    """The browser's label map, (H, W), its edited pictures, (H, W, 3), where regions are, (H, W) bool, and its faces."""
    answer: dict[str, Any] = page.page.evaluate(RUN, [text_of(photo), list(steps), list(regions)])
    size = answer["height"], answer["width"]

    def array(text: str, *more: int) -> np.ndarray:
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(*size, *more)

    return {
        "labels": array(answer["labels"]),
        "edits": [array(edit, 4)[..., :3] for edit in answer["edits"]],
        "masks": [array(mask) > 0 for mask in answer["masks"]],
        "faces": answer["faces"],
    }


def differences(photo: Path, edits: list[np.ndarray], steps: list[dict[str, Any]]) -> Iterator[tuple[str, float, float]]:
    """Of each edit its name, the mean CIEDE2000 over what either of both changed, and the share that only the browser changed."""
    picture = open_image(photo)
    before, scene = np.asarray(picture.native), facefx.parse(photo, quality="balanced")
    for step, ours in zip(steps, edits, strict=True):
        chain = facefx.chain(step["use"], **step.get("params", {}))
        done = chain.run(photo, quality="balanced") if chain.private else chain.run_parsed(picture, scene)
        theirs = np.asarray(done.image)
        changed, meant = (ours != before).any(axis=2), (theirs != before).any(axis=2)
        either = changed | meant
        assert meant.mean() > 0.001, step
        difference = delta_e(ours[either] / np.float32(255), theirs[either] / np.float32(255))
        yield str(step), float(difference.mean()), float((changed & ~meant).mean())


@pytest.mark.parametrize("photo", SAMPLES, ids=lambda path: path.stem)
def test_labels_are_pythons(photo: Path, library: Page) -> None:
    found = ran(library, photo)
    scene = facefx.parse(photo, quality="balanced")
    assert len(found["faces"]) == len(scene.faces)
    assert (found["labels"] == scene.label_map()).mean() >= 0.99


@pytest.mark.parametrize("name", ["astronaut", "hat"])  # those on which browser and Python differ most
def test_colours_are_pythons_and_stay_in_the_mask(name: str, library: Page) -> None:
    (photo,) = (path for path in SAMPLES if path.stem == name)
    before = np.asarray(open_image(photo).native)
    steps = [{"use": use} for use in EFFECTS]
    regions = [region for region in EFFECTS.values() if region]
    found = ran(library, photo, *steps, regions=tuple(regions))
    for step, mean, outside in differences(photo, found["edits"], steps):
        assert mean <= 0.5, step
        assert outside < 0.001, step
    for region, mask, edit in zip(regions, found["masks"], found["edits"], strict=False):
        assert 0.001 < mask.mean() < 1, region
        assert np.array_equal(edit[~mask], before[~mask]), region  # bit for bit


def test_what_was_hidden_stays_hidden_in_later_steps(library: Page) -> None:
    (photo,) = (path for path in SAMPLES if path.stem == "afro")
    hide = {"use": "facefx:anonymize", "params": {"method": "block", "color": "#00ff00"}}
    later = [use for use in EFFECTS if use != "anonymize"]
    looks = [
        {"facefx_look": 1, "steps": [hide, *({"use": f"facefx:{use}"} for use in uses)]} for uses in ((), *((u,) for u in later))
    ]
    hidden, *edits = ran(library, photo, *looks)["edits"]
    block = (hidden == (0, 255, 0)).all(axis=2)
    assert block.mean() > 0.01
    for use, edit in zip(later, edits, strict=True):
        assert (edit[block] == (0, 255, 0)).all(), use
    assert (edits[later.index("recolor_hair")] != hidden).any()  # beside the block there is hair left


def test_two_colours_share_the_hair_as_in_python_lock_by_lock(library: Page) -> None:
    (photo,) = (path for path in SAMPLES if path.stem == "afro")
    params = [{"pattern": "streaks", "natural": True, "second": "#d8b06a"}, {"pattern": "ombre"}, {"pattern": "split"}]
    steps = [{"use": "recolor_hair", "params": one} for one in params]
    for step, mean, _ in differences(photo, ran(library, photo, *steps)["edits"], steps):
        # Which lock is a streak turns over where a mask differs by a rounding, and networks in integers round.
        assert mean <= (1.0 if "streaks" in step else 0.5), step


def test_a_face_is_followed_from_frame_to_frame(library: Page) -> None:
    (photo,) = (path for path in SAMPLES if path.stem == "straight")
    places = [None, *[[100 + 15 * step, 10] for step in range(8)], None]
    found = library.page.evaluate(FOLLOW, [text_of(photo), places, 300])
    assert (found[0]["boxes"], found[0]["changed"]) == ([], 0)
    middles = [(box["x0"] + box["x1"]) / 2 for frame in found[1:-1] for box in frame["boxes"]]
    assert len(middles) == 8
    assert np.diff(middles) == pytest.approx([15] * 7, abs=4)
    assert all(frame["changed"] > 100 for frame in found[1:-1])
    assert found[-1]["boxes"] == []


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("facefx.parse(new Blob(['no picture']))", "FacefxError: this is no picture"),
        ("facefx.apply(new ImageData(64, 64), {use: 'recolor_lips'})", "NoFaceFound: no face was found"),
        (
            "facefx.apply(new ImageData(64, 64), {use: 'slim_face'})",
            'UnknownName: the browser does not have the effect "slim',
        ),
        ("(await import('./facefx.js')).load({segmenter: 'nothing'})", "ModelError: "),
        ("(await import('./facefx.js')).load({provider: 'webgpu'})", "ModelError: this browser has no WebGPU adapter"),
    ],
)
def test_what_cannot_be_run_is_said(asked: str, message: str, library: Page) -> None:
    code = f"async () => {{ try {{ await {asked}; }} catch (error) {{ return `${{error.name}}: ${{error.message}}`; }} }}"
    assert str(library.page.evaluate(code)).startswith(message)
    library.errors = [error for error in library.errors if "404" not in error]  # that there is no such model is on the console, too


@pytest.mark.skipif("FACEFX_WEBGPU" not in os.environ, reason="takes minutes without a graphics processor; set FACEFX_WEBGPU=1")
@pytest.mark.timeout(900)
def test_it_runs_on_webgpu_too(chromium: Any) -> None:
    """On software that plays a graphics processor, which is all that there is here: the same labels, whatever the time."""
    made = Site.built()
    with launched(chromium, "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader") as browser:
        page = Page(browser.new_context(), made.address)
        page.page.evaluate(TOOLS)
        assert page.page.evaluate(LOAD, {"provider": "webgpu", "quality": "fast"})[0] == "webgpu"
        (photo,) = (path for path in SAMPLES if path.stem == "straight")
        labels = ran(page, photo)["labels"]
        assert (labels == facefx.parse(photo, quality="fast").label_map()).mean() >= 0.99
    made.close()
