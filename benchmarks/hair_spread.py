"""Write down how light and colour are spread in real hair of each colour: what `recolor_hair` makes dyed hair like.

    python benchmarks/hair_spread.py --data FOLDER     # FOLDER holds celebamask_more: images/, labels/, train.txt

Each labelled head is described by 82 numbers (`facefx.effects.tools.hair_statistics`). What is usual for a median colour is their
ridge regression on ten functions of that colour, and how far heads differ from it another one, of the logarithm of the residuals.
Both go into src/facefx/effects/tools/hair_spread.json. Photos at even places of the list only: the judge of
benchmarks/real_or_dyed.py looks at the odd ones.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from facefx.effects.tools.hair_dye import HeadOfHair
from facefx.effects.tools.hair_spread import features_of_color
from facefx.labels import scheme

#: Side of the photos in pixels, what of it a face unit is, and how far inside the drawn outline hair is sure, in pixels.
SIDE, UNIT, INSIDE = 384, 0.594 * 384, 3
#: The ridge, for features of deviation 1.
RIDGE = 1.0
#: How many of the functions of the colour the deviation follows from: those of lightness.
OF_LIGHT = 4
TABLE = Path(__file__).parents[1] / "src/facefx/effects/tools/hair_spread.json"


def described(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """Functions of each head's colour, (heads, 10), and the numbers that describe it, (heads, 82)."""
    index = scheme("celebamask").indices_of("hair")
    names = (data / "train.txt").read_text().split()[::2]
    known, numbers = [], []
    for name in track(names, description="photos", console=Console()):
        image, labels = cv2.imread(str(data / "images" / f"{name}.webp")), cv2.imread(str(data / "labels" / f"{name}.png"), -1)
        hair = cv2.resize(np.isin(labels, index).astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        sure = cv2.erode((hair >= 0.5).astype(np.uint8), np.ones((2 * INSIDE + 1,) * 2), borderValue=1).astype(np.float32)
        if hair.mean() < 0.1 or sure.mean() < 0.05:
            continue
        rgb = cv2.cvtColor(cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)
        head = HeadOfHair.inside(rgb.astype(np.float32) / 255, sure, UNIT)
        known.append(features_of_color(head.middle))
        numbers.append(head.statistics.numbers())
    return np.array(known), np.array(numbers)


def ridge(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Weights, (functions, numbers), of which the first function is constant and is not held back."""
    mean, spread = known.mean(axis=0), known.std(axis=0) + 1e-9
    mean[0], spread[0] = 0, 1
    normal = (known - mean) / spread
    weights = np.linalg.solve(normal.T @ normal + RIDGE * np.eye(known.shape[1]), normal.T @ wanted) / spread[:, None]
    weights[0] -= mean[1:] @ weights[1:]
    return np.asarray(weights)


def spread_of(known: np.ndarray, left: np.ndarray) -> np.ndarray:
    """Weights of the logarithm of what the residuals' deviation is."""
    size = np.abs(left)
    weights = ridge(known, np.log(np.maximum(np.minimum(size, np.quantile(size, 0.95, axis=0)), 1e-3)))
    usual = np.exp(known @ weights).mean(axis=0)
    weights[0] += np.log(np.maximum(np.sqrt((left**2).mean(axis=0)), 1e-3) / usual)
    return weights


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds celebamask_more")
    parser.add_argument("--into", type=Path, default=TABLE)
    options = parser.parse_args()
    data = options.data / "celebamask_more"
    if not (data / "train.txt").is_file():
        Console().print(f"skipped: no {data / 'train.txt'}; --data names the folder that holds celebamask_more")
        return 0
    known, numbers = described(data)
    mean = ridge(known, numbers)
    left = numbers - known @ mean
    deviation = spread_of(known[:, :OF_LIGHT], left)
    table = {"heads": len(known), "mean": rounded(mean), "deviation": rounded(deviation)}
    options.into.write_text(json.dumps(table) + "\n", "utf-8")
    follows = 1 - left.var(axis=0) / np.maximum(numbers.var(axis=0), 1e-9)
    Console().print(f"{len(known)} heads; {100 * follows.mean():.0f} % of their numbers' variance follow from the colour")
    return 0


def rounded(weights: np.ndarray) -> list[list[float]]:
    return [[float(f"{value:.5g}") for value in row] for row in weights]


if __name__ == "__main__":
    sys.exit(main())
