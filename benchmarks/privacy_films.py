"""Films in which people walk, cross each other and are covered by a hand, and how many of their frames are bare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import facefx
from facefx.face.values import Box
from privacy_truth import BARE, Truth, Way, hull_of, material, nose_aside, per_thousand

__all__ = ["GREEN", "films"]

#: What `anonymize` paints with where it is judged.
GREEN = (0, 255, 0)
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
    heads, patches = material(faces)
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
