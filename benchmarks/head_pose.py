"""How exact `head_pose`'s yaw is, on a folder of pictures with 68 landmarks each (ytfaces68: images/, landmarks.csv).

    python benchmarks/head_pose.py /data/ytfaces68 --frames 63

The landmarks' own yaw comes from factoring all sets of them into one rigid shape and a rotation each (Tomasi and Kanade, "Shape and
motion from image streams under orthography", IJCV 9(2), 1992).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from rich.console import Console

import facefx
from facefx.analyzers.pose import yaw_of
from facefx.face.values import Box, Detection
from facefx.parsing.parse_face import parse_face
from facefx.parsing.parser import Parser
from landmarks import read_landmarks

#: Landmarks of the subject's right, and their partners on the left.
PAIRS = [
    *((i, 16 - i) for i in range(8)),
    *((17 + i, 26 - i) for i in range(5)),
    *((36, 45), (37, 44), (38, 43), (39, 42), (41, 46), (40, 47)),
    *((31, 35), (32, 34), (48, 54), (49, 53), (50, 52), (59, 55), (58, 56)),
]
NOSE_BASE, NOSE_TIP = 33, 30

console = Console(highlight=False, soft_wrap=True)


def rotations(points: np.ndarray) -> np.ndarray:
    """(F, 68, 2) → (F, 2, 3): how each frame shows the axes of the common shape (left, down, towards the viewer), up to scale."""
    centred = points - points.mean(axis=1, keepdims=True)
    centred /= np.sqrt((centred**2).mean(axis=(1, 2), keepdims=True))
    u, s, vt = np.linalg.svd(centred.transpose(0, 2, 1).reshape(-1, points.shape[1]), full_matrices=False)
    motion, shape = u[:, :3] * np.sqrt(s[:3]), np.sqrt(s[:3])[:, None] * vt[:3]
    upgrade = metric_upgrade(motion[0::2], motion[1::2])
    motion, shape = motion @ upgrade, np.linalg.inv(upgrade) @ shape

    across = np.array([shape[:, left] - shape[:, right] for right, left in PAIRS])
    x = np.linalg.svd(across)[2][0]
    x *= np.sign((across @ x).sum())
    y = shape[:, [48, 54]].mean(axis=1) - shape[:, [36, 39, 42, 45]].mean(axis=1)
    y -= x * (x @ y)
    y /= np.linalg.norm(y)
    z = np.cross(x, y)
    z *= np.sign(z @ (shape[:, NOSE_TIP] - shape[:, [0, 16]].mean(axis=1)))  # noses stick out
    return (motion @ np.stack([x, y, z]).T).reshape(-1, 2, 3)


def metric_upgrade(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """(3, 3) that makes each frame's two rows as long as each other and perpendicular, by least squares."""

    def products(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        (a0, a1, a2), (b0, b1, b2) = a.T, b.T
        return np.column_stack([a0 * b0, a0 * b1 + a1 * b0, a0 * b2 + a2 * b0, a1 * b1, a1 * b2 + a2 * b1, a2 * b2])

    scale = 100 * products(first, first).mean(axis=0, keepdims=True)
    equations = np.concatenate([products(first, first) - products(second, second), products(first, second), scale])
    a, b, c, d, e, f = np.linalg.lstsq(equations, np.append(np.zeros(2 * len(first)), 100), rcond=None)[0]
    values, vectors = np.linalg.eigh([[a, b, c], [b, d, e], [c, e, f]])
    return np.asarray(vectors * np.sqrt(np.maximum(values, 1e-6)))


def yaw_from(rotation: np.ndarray) -> float:
    """Degrees by which a (2, 3) view is turned to the picture's right, after its roll is undone."""
    u, _, vt = np.linalg.svd(rotation, full_matrices=False)
    view = u @ vt
    roll = np.arctan2(-view[0, 1], view[1, 1])
    forward = np.cos(roll) * view[0, 2] + np.sin(roll) * view[1, 2]
    return float(np.degrees(np.arctan2(forward, np.sqrt(max(1 - (view[:, 2] ** 2).sum(), 0)))))


def nose_places(points: np.ndarray) -> np.ndarray:
    """(F,): where the nose's base lies between the edges of the jaw line at its height, -1 to 1."""
    places = []
    for face in points:
        across = face[42:48].mean(axis=0) - face[36:42].mean(axis=0)
        x, y = across / np.hypot(*across)
        upright = face @ np.array([[x, -y], [y, x]])
        base, right, left = upright[NOSE_BASE], upright[:9], upright[16:7:-1]
        low, high = (float(np.interp(base[1], side[:, 1], side[:, 0])) for side in (right, left))
        places.append((base[0] - (low + high) / 2) / max((high - low) / 2, 1e-6))
    return np.array(places)


def report(name: str, errors: np.ndarray) -> None:
    size = np.abs(errors)
    most = np.percentile(size, 90)
    console.print(f"{name}: mean error {size.mean():.1f} degrees, median {np.median(size):.1f}, 90 % within {most:.1f}")


def parsed_yaw(path: Path, points: np.ndarray) -> float | None:
    low, high = points.min(axis=0), points.max(axis=0)
    box = Box.square(tuple((low + high) / 2), float((high - low).max()))
    face = parse_face(facefx.open_image(path).rgb, Detection(box), Parser.of())
    return yaw_of(face) if face else None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--frames", type=int, default=63, help="how many to parse, spread evenly over their yaw; 0 for none")
    options = parser.parse_args()
    names, points = read_landmarks(options.data)
    yaw = np.array([yaw_from(rotation) for rotation in rotations(points)])
    places = nose_places(points)
    factor = float(places @ yaw / (places @ places))
    low, high = np.percentile(yaw, [0.5, 99.5])
    console.print(f"{len(yaw)} sets of landmarks, yaw from {low:.0f} to {high:.0f} degrees (99 %)")
    console.print(f"degrees for a nose on the edge: {factor:.1f}")
    report("the landmarks themselves", factor * places - yaw)

    bins = np.digitize(yaw, [-24, -12, -4, 4, 12, 24])
    rng = np.random.default_rng(0)
    chosen = np.concatenate([rng.permutation(np.flatnonzero(bins == b))[: options.frames // 7] for b in range(7)])
    found = [(parsed_yaw(options.data / "images" / names[i], points[i]), yaw[i]) for i in chosen]
    measured = np.array([(one, other) for one, other in found if one is not None])
    if len(measured):
        report(f"parsed, {len(measured)} of {len(found)} measured", measured[:, 0] - measured[:, 1])


if __name__ == "__main__":
    main()
