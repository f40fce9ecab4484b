"""What the page that runs in the browser alone weighs and takes, in Chromium: `docs/web.md`.

cd web && npm ci && npm run build
python benchmarks/web.py [--only photo|frames] [--frames 80] [--dist FOLDER] [--browser FILE]

Processor time is that of the whole browser, drawing the frames included.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import gzip
import json
import os
import sys
from pathlib import Path
from typing import Any

import typer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "browser"))

from browser_screen import ARGUMENTS  # noqa: E402
from web_page import WEB, Page, Site  # noqa: E402

DIST = WEB / "dist"
EFFECTS = ("recolor_lips", "recolor_hair", "smooth_skin", "blur_background", "anonymize")
#: What is fetched where there is no WebGPU.
PARTS = {
    "runtime": ("ort/ort-wasm-simd-threaded.mjs", "ort/ort-wasm-simd-threaded.wasm"),
    "models": ("models/**/*",),
    "code": ("assets/*", "*.html", "*.js"),
}

PHOTO = """async ([photo, threads, uses]) => {
    const facefx = await (await import("./facefx.js")).load({threads});
    const blob = new Blob([Uint8Array.from(atob(photo), one => one.charCodeAt(0))], {type: "image/jpeg"});
    const taken = {parse: []};
    for (let turn = 0; turn < 4; turn++) {
        let start = performance.now();
        const picture = await facefx.parse(blob);
        if (turn) taken.parse.push(performance.now() - start);
        for (const use of uses) {
            start = performance.now();
            await picture.apply({use});
            if (turn === 3) taken[use] = [performance.now() - start];
        }
        await picture.close();
    }
    facefx.close();
    return Object.fromEntries(Object.entries(taken).map(([name, all]) => [name, Math.round(Math.min(...all))]));
}"""

#: Loads the library and a photo to wander about.
START = """async ([photo, threads]) => {
    globalThis.facefx = await (await import("./facefx.js")).load({threads});
    const blob = new Blob([Uint8Array.from(atob(photo), one => one.charCodeAt(0))], {type: "image/jpeg"});
    globalThis.image = await createImageBitmap(blob);
    globalThis.count = 0;
}"""
#: Frames with two asked for at a time, as the page does; frames a second in windows of ten.
FRAMES = """async ([use, count]) => {
    const canvas = new OffscreenCanvas(640, 360), context = canvas.getContext("2d");
    const asked = () => {
        const i = globalThis.count++;
        context.fillRect(0, 0, 640, 360);
        context.drawImage(image, 140 + 30 * Math.sin(i / 9), 8 * Math.cos(i / 7), 360, 360 * image.height / image.width);
        return facefx.frame(canvas, {use});
    };
    const coming = [asked(), asked()], done = [performance.now()];
    for (let i = 0; i < count; i++) {
        await coming.shift();
        done.push(performance.now());
        coming.push(asked());
    }
    await Promise.all(coming);
    const rates = [];
    for (let i = 10; i <= count; i += 10) rates.push(10000 / (done[i] - done[i - 10]));
    rates.sort((a, b) => a - b);
    return {fastest: +rates[rates.length - 1].toFixed(1), median: +rates[rates.length >> 1].toFixed(1)};
}"""


def processor_time() -> float:
    """Seconds that this process' children and theirs have taken so far, as far as they still run."""
    parents, taken = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            number = int(path.parent.name)
            parents[number], taken[number] = int(fields[1]), int(fields[11]) + int(fields[12])
    ours = {os.getpid()}
    while more := {number for number, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(taken[number] for number in ours - {os.getpid()}) / os.sysconf("SC_CLK_TCK")


def sizes(dist: Path) -> dict[str, int]:
    """Bytes as a server sends them, gzipped."""
    found = {}
    for name, patterns in PARTS.items():
        files = {path for pattern in patterns for path in dist.glob(pattern) if path.is_file() and "webgpu" not in path.name}
        found[name] = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
    return found


def measured(page: Any, what: str, frames: int) -> None:
    """Print one line of JSON for each thing measured."""
    photo = base64.b64encode((ROOT / "samples" / "astronaut.jpg").read_bytes()).decode()
    for threads in (2, 1):
        if what != "photo":
            for use in ("recolor_lips", "recolor_hair"):
                page.evaluate(START, [photo, threads])
                page.evaluate(FRAMES, [use, 20])  # while what paints is compiled
                before = processor_time()
                rate = page.evaluate(FRAMES, [use, frames])
                taken = processor_time() - before
                page.evaluate("facefx.close()")
                taken = round(1000 * taken / frames)
                typer.echo(json.dumps({"frames a second": rate, "processor ms a frame": taken, "effect": use, "threads": threads}))
        if what != "frames":
            typer.echo(json.dumps({"photo, ms": page.evaluate(PHOTO, [photo, threads, EFFECTS]), "threads": threads}))


def main() -> None:
    """Measure, and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=80, help="how many")
    parser.add_argument("--browser", default="/usr/bin/chromium", help="a Chromium, or what starts one")
    parser.add_argument("--dist", type=Path, default=DIST, help="another build of the page, to compare with")
    parser.add_argument("--only", choices=("photo", "frames"), default="", help="measure no more than that")
    given = parser.parse_args()
    typer.echo(json.dumps({"gzipped bytes": sizes(given.dist)}))
    site = Site(given.dist)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=given.browser, args=ARGUMENTS)
        measured(Page(browser.new_context(), site.address).page, given.only, given.frames)
        browser.close()
    site.close()


if __name__ == "__main__":
    main()
