"""Tiny data sets in the layouts that their authors ship."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from tiny_faces import face, index

from facefx.labels import scheme
from facefx_training.data.landmarks import FEATURES
from facefx_training.data.readers.celebamask_hq import PARTS
from facefx_training.data.readers.fasseg import PALETTE

SIZE = 64
LAPA, FASSEG, HAIR = scheme("lapa"), scheme("fasseg"), scheme("hair")


def write(path: Path, picture: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    assert cv2.imwrite(str(path), picture)
    return path


def in_scheme(labels: np.ndarray, name: str) -> np.ndarray:
    return scheme(name).lookup_from(scheme("celebamask"))[labels]


def celebamask_hq(root: Path, count: int = 3, mapping: bool = False) -> Path:
    """Photos twice as large as masks; masks of skin go under the parts on it."""
    for number in range(count):
        image, labels = face(SIZE, number)
        write(root / "CelebA-HQ-img" / f"{number}.jpg", cv2.resize(image, (2 * SIZE, 2 * SIZE), interpolation=cv2.INTER_NEAREST))
        for value in np.unique(labels[labels > 0]):
            mask = labels == value if PARTS[value - 1] != "skin" else (labels > 0) & (labels != index("neck"))
            folder = root / "CelebAMask-HQ-mask-anno" / str(number // 2)
            write(folder / f"{number:05}_{PARTS[value - 1]}.png", np.dstack([mask * np.uint8(255)] * 3))
    if mapping:
        files = ["000001.jpg", "162771.jpg", "202599.jpg"]
        rows = [f"{number}\t{int(files[number][:6]) - 1}\t{files[number]}" for number in range(3)]
        (root / "CelebA-HQ-to-CelebA-mapping.txt").write_text("idx\torig_idx\torig_file\n" + "\n".join(rows))
    return root


def landmarks(labels: np.ndarray) -> str:
    """106 points, those of eyes and eyebrows in the middle of where the labels (celebamask) have them."""
    points = np.full((106, 2), SIZE / 2)
    for part, points_of in {
        "right_eyebrow": (33, 42),
        "left_eyebrow": (42, 51),
        "right_eye": (66, 74),
        "left_eye": (75, 83),
    }.items():
        rows, columns = np.nonzero(labels == index(part))
        points[slice(*points_of)] = columns.mean(), rows.mean()
    return "106\n" + "\n".join(f"{x:.6f} {y:.6f}" for x, y in points)


def lapa(root: Path) -> Path:
    for seed, split in enumerate(("train", "train", "val", "test")):
        image, labels = face(SIZE, seed)
        write(root / split / "images" / f"{seed}_0.jpg", image)
        write(root / split / "labels" / f"{seed}_0.png", in_scheme(labels, "lapa"))
        text = root / split / "landmarks" / f"{seed}_0.txt"
        text.parent.mkdir(exist_ok=True)
        text.write_text(landmarks(labels))
    return root


def helen(root: Path) -> Path:
    for seed, (file, name) in enumerate({"exemplars": "1_1", "tuning": "2_1", "testing": "3_1"}.items()):
        image, labels = face(SIZE, seed)
        labels = in_scheme(labels, "lapa")
        write(root / "images" / f"{name}.jpg", image)
        for value in range(len(LAPA)):
            soft = cv2.GaussianBlur((labels == value).astype(np.float32), (3, 3), 0.4)
            write(root / "labels" / name / f"{name}_lbl{value:02}.png", (255 * soft).round().astype(np.uint8))
        (root / f"{file}.txt").write_text(f"1 , {name}\n\n")
    return root


def fasseg(root: Path, ending: str = "bmp") -> Path:
    for seed, part in enumerate(("Train", "Train", "Train", "Train", "Test")):
        image, labels = face(SIZE, seed)
        name = "+15/1" if part == "Test" else str(seed)
        write(root / f"{part}_RGB" / f"{name}.{ending}", image)
        write(root / f"{part}_Labels" / f"{name}.{ending}", PALETTE[in_scheme(labels, "fasseg")])
    return root


def figaro(root: Path) -> Path:
    for seed, part in enumerate(("Training", "Training", "Training", "Testing")):
        image, labels = face(SIZE, seed)
        write(root / "Original" / part / f"Frame0000{seed}-org.jpg", image)
        write(root / "GT" / part / f"Frame0000{seed}-gt.pbm", np.where(labels == index("hair"), np.uint8(255), np.uint8(0)))
    return root


def hair(root: Path) -> Path:
    for seed, split in enumerate(("training", "testing")):
        image, labels = face(SIZE, seed)
        write(root / split / "images" / f"{seed}.png", image)
        write(root / split / "hair" / f"{seed}.png", np.where(labels == index("hair"), np.uint8(255), np.uint8(0)))
    return root


def person(root: Path) -> Path:
    for seed, split in enumerate(("train", "valid")):
        image, labels = face(SIZE, seed)
        write(root / split / "images" / f"{seed}.png", image)
        write(root / split / "person" / f"{seed}.png", np.where(labels > 0, np.uint8(255), np.uint8(0)))
    return root


def landmarks68(root: Path) -> Path:
    """Points of a feature are all in the middle of it; four photos of two people."""
    rows = ["image," + ",".join(f"x{i},y{i}" for i in range(68))]
    for seed in range(4):
        image, labels = face(SIZE, seed)
        name = f"person_{seed % 2}_{seed}.jpg"
        write(root / "images" / name, image)
        points = np.full((68, 2), SIZE / 2)
        points[[0, 16]] = [[12, 32], [52, 32]]  # the ends of the jaw
        for part, (indices, _) in FEATURES.items():
            if part != "mouth":
                rows_of, columns = np.nonzero(labels == index(part))
                points[indices] = columns.mean(), rows_of.mean()
        rows.append(name + "," + ",".join(f"{value:.3f}" for value in points.ravel()))
    (root / "landmarks.csv").write_text("\n".join(rows) + "\n")
    return root


def plain(root: Path) -> Path:
    """Indices 9 for hair, 3 for both lips and 0 for the rest."""
    for seed in range(2):
        image, labels = face(SIZE, seed)
        mask = 9 * (labels == index("hair")) + 3 * np.isin(labels, [index("upper_lip"), index("lower_lip")])
        write(root / "images" / f"a {seed}.jpg", image)
        write(root / "labels" / f"a {seed}.png", mask.astype(np.uint8))
    (root / "labels.toml").write_text('0 = "background"\n9 = "hair"\n3 = ["upper_lip", "lower_lip"]\n')
    return root


def photos(root: Path) -> Path:
    for seed, name in enumerate(("one.jpg", "deep/two.png", "deep/er/three.jpeg")):
        write(root / name, face(SIZE, seed)[0])
    return root
