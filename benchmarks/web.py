"""What the page that runs in the browser alone weighs and takes, in Chromium: `docs/web.md`.

cd web && npm ci && npm run build
python benchmarks/web.py [--frames 40]
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
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
PARTS = {"runtime": ("ort/ort-wasm-simd-threaded.*",), "models": ("models/**/*",), "code": ("assets/*", "*.html", "*.js")}

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

FRAMES = """async ([photo, threads, use, count]) => {
    const facefx = await (await import("./facefx.js")).load({threads});
    const blob = new Blob([Uint8Array.from(atob(photo), one => one.charCodeAt(0))], {type: "image/jpeg"});
    const image = await createImageBitmap(blob), canvas = new OffscreenCanvas(640, 360), context = canvas.getContext("2d");
    const taken = [];
    for (let i = 0; i < count; i++) {
        context.fillRect(0, 0, 640, 360);
        context.drawImage(image, 140 + 30 * Math.sin(i / 9), 8 * Math.cos(i / 7), 360, 360 * image.height / image.width);
        const start = performance.now();
        await facefx.frame(canvas, {use});
        if (i >= 5) taken.push(performance.now() - start);
    }
    facefx.close();
    taken.sort((a, b) => a - b);
    return {fastest: +(1000 / taken[0]).toFixed(1), median: +(1000 / taken[taken.length >> 1]).toFixed(1)};
}"""


def sizes() -> dict[str, int]:
    """Bytes as a server sends them, gzipped."""
    found = {}
    for name, patterns in PARTS.items():
        files = {path for pattern in patterns for path in DIST.glob(pattern) if path.is_file() and "webgpu" not in path.name}
        found[name] = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
    return found


def measured(page: Any, frames: int) -> None:
    """Print one line of JSON for each thing measured."""
    photo = base64.b64encode((ROOT / "samples" / "astronaut.jpg").read_bytes()).decode()
    for threads in (1, 2):
        typer.echo(json.dumps({"photo, ms": page.evaluate(PHOTO, [photo, threads, EFFECTS]), "threads": threads}))
        for use in ("recolor_lips", "recolor_hair"):
            rate = page.evaluate(FRAMES, [photo, threads, use, frames])
            typer.echo(json.dumps({"frames a second": rate, "effect": use, "threads": threads}))


def main() -> None:
    """Measure, and print."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=40)
    given = parser.parse_args()
    typer.echo(json.dumps({"gzipped bytes": sizes()}))
    site = Site(DIST)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=ARGUMENTS)
        measured(Page(browser.new_context(), site.address).page, given.frames)
        browser.close()
    site.close()


if __name__ == "__main__":
    main()
