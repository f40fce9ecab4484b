"""Does a change of the code change a picture? Renders every ready look on sample photos here and in another revision.

    python benchmarks/same_pictures.py REVISION [--photos samples/straight.jpg ...]

Every look's picture, the label map and what the analyzers measure are compared: the same bytes, or the greatest difference. For
moves of the code, which must change nothing. Exit status 1 if anything differs.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from results import show

ROOT = Path(__file__).resolve().parents[1]
PHOTOS = ("straight.jpg", "long_dark.jpg", "three_quarter.jpg")
#: Run by each revision; it uses nothing but what has been public since the first.
RENDER = """
import json, pickle, sys
import numpy as np
from PIL import Image
import facefx

photos, made = sys.argv[2:], {}
for path in photos:
    photo = np.asarray(Image.open(path).convert("RGB"))
    scene = facefx.parse(photo)
    made[path, "label map"] = scene.label_map()
    made[path, "measurements"] = json.dumps([report.to_dict() for report in facefx.analyze(photo)], sort_keys=True)
    for name in facefx.looks():
        made[path, name] = facefx.load_look(name)(photo)
pickle.dump(made, open(sys.argv[1], "wb"))
"""


def rendered(root: Path, photos: list[str]) -> dict[tuple[str, str], Any]:
    """What the code in `root` makes of the photos."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "made"
        environment = {**os.environ, "PYTHONPATH": str(root / "src"), "FACEFX_PLUGINS": "off"}
        subprocess.run([sys.executable, "-c", RENDER, str(target), *photos], env=environment, check=True, cwd=folder)
        return pickle.loads(target.read_bytes())  # written by our own process right above


def compared(before: Any, after: Any) -> str:
    """Empty if they are the same, else how they differ."""
    if isinstance(before, str):
        return "" if before == after else f"{len(json.loads(before))} reports, other numbers"
    if before.tobytes() == after.tobytes() and before.shape == after.shape:
        return ""
    apart = np.abs(before.astype(int) - after.astype(int))
    return f"{(apart > 0).mean():.2%} of the values, by up to {apart.max()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("revision", help="a commit to compare with")
    parser.add_argument("--photos", nargs="+", default=[str(ROOT / "samples" / name) for name in PHOTOS])
    options = parser.parse_args()
    photos = [str(Path(photo).resolve()) for photo in options.photos]
    with tempfile.TemporaryDirectory() as folder:
        other = Path(folder) / "other"
        subprocess.run(["git", "worktree", "add", "--detach", str(other), options.revision], cwd=ROOT, check=True)
        try:
            before = rendered(other, photos)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(other)], cwd=ROOT, check=True)
    after = rendered(ROOT, photos)
    differences = {key: compared(before[key], after[key]) for key in before}
    show(("photo", "what", ""), [(Path(photo).name, what, text or "the same") for (photo, what), text in differences.items()])
    sys.exit(1 if any(differences.values()) else 0)


if __name__ == "__main__":
    main()
