"""The recolouring scorecard: how real a new colour looks, in numbers, for every effect that takes a colour.

    python benchmarks/recolor.py                                   # on the photos in samples/
    python benchmarks/recolor.py --photos FOLDER --limit 30        # on your own
    python benchmarks/recolor.py --markdown docs/recolouring.md    # and write the table that the docs show

Seven lines, after the list in docs/recolouring.md. Every photo is parsed once by the default segmenter; every colour is painted at
full strength. "Region" is where the effect's own mask is at least 0.9 (for irises the ring between pupil and rim, for make-up that
covers a part of its mask where it changes most), "outside" where the mask is exactly 0.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import cv2
import numpy as np
from skimage.metrics import structural_similarity

import facefx
from facefx.face.face import Face
from facefx.face.iris import find_irises
from facefx.face.scene import Scene
from facefx.pixels import color
from photos import add_photos, parsed, skin_tone
from results import add_markdown, markdown, show


@dataclass(frozen=True)
class Subject:
    """What is measured of one effect.

    Attributes
    ----------
    colors : to paint with, at full strength.
    mask : the region that it paints on.
    aims : whether the colour is what the region shall have, so that line 1 applies; make-up is a veil or covers a part.
    keeps : whether the structure shall show through, so that line 2 applies; a line drawn on the lids covers it, and hair that
        turns grey does so strand by strand, which is a structure of its own.
    """

    colors: dict[str, str]
    mask: str
    aims: bool = True
    keeps: bool = True
    params: dict[str, object] = field(default_factory=dict)


SUBJECTS = {
    "recolor_lips": Subject({"red": "#cc0000", "plum": "#5a1a3a", "rose": "#c9707d", "nude": "#c08a78"}, "lips"),
    "recolor_hair": Subject({"blonde": "#d2b06f", "black": "#1c1614", "purple": "#6b3fa0", "copper": "#a4502c"}, "hair"),
    "recolor_brows": Subject({"dark brown": "#33221a", "auburn": "#6e3d27"}, "eyebrows+skin", aims=False),
    "recolor_eyes": Subject({"blue": "#5c7f9b", "green": "#6c7f4f", "brown": "#5a3a22"}, "eyes"),
    "grey_hair": Subject({"grey": "#b3aea6"}, "hair", aims=False, keeps=False),
    "line_lips": Subject({"wine": "#8c2f39"}, "lips+skin", aims=False, keeps=False),
    "apply_foundation": Subject({"tan": "#c68e6c"}, "all_skin+eyebrows", aims=False, params={"match": 1.0}),
    "apply_blush": Subject({"rose": "#d0475f"}, "skin+nose", aims=False),
    "apply_eyeshadow": Subject({"plum": "#7a4658"}, "eyes+skin", aims=False),
    "apply_eyeliner": Subject({"black": "#17120f"}, "eyes+skin", aims=False, keeps=False),
}
#: What only some lightnesses can hold: saturated red is no brighter than this, black no darker.
HARD = {"red", "black"}
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass
class Scores:
    """All measurements of one effect: by line, one number per photo and colour."""

    lines: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    by_tone: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, line: str, value: float) -> None:
        if np.isfinite(value):
            self.lines[line].append(float(value))


def paint(scene: Scene, effect: str, **params: object) -> np.ndarray:
    """The picture with the effect on its largest face: (H, W, 3) float32."""
    from facefx.chains.painting import apply_effect
    from facefx.plugins.installed import registry

    spec = registry().effects[effect]
    params = {"light": "absolute"} | params if spec.light else params  # the target is a colour as it stands in a picture
    return apply_effect(scene.of(scene.faces[:1]), spec, spec.resolve(params), np.random.SeedSequence(0)).image


def structure(before: np.ndarray, after: np.ndarray, region: np.ndarray) -> float:
    """SSIM of lightness inside the region, after giving the new lightness the old one's mean and spread there."""
    old, new = color.to_lab(before)[..., 0], color.to_lab(after)[..., 0]
    matched = (new - new[region].mean()) / max(new[region].std(), 1e-6) * old[region].std() + old[region].mean()
    _, similar = structural_similarity(old, np.where(region, matched, old), win_size=7, data_range=100, full=True)
    inner = cv2.erode(region.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    return float(similar[inner].mean()) if inner.any() else float("nan")


def edge_step(change: np.ndarray, mask: np.ndarray) -> float:
    """Steepest step of the change at the edge over the mask's own steepest: 1 is a change that follows the mask."""

    def steepest(values: np.ndarray, where: np.ndarray) -> float:
        slope = np.hypot(cv2.Sobel(values, cv2.CV_32F, 1, 0), cv2.Sobel(values, cv2.CV_32F, 0, 1))
        return float(np.quantile(slope[where], 0.98))

    band = (mask > 0) & (mask < 0.9)
    if band.sum() < 20:
        return float("nan")
    full = float(np.quantile(change[mask >= 0.9], 0.9))
    return steepest((change / max(full, 1e-6)).astype(np.float32), band) / steepest(mask, band)


MOVE = (1.5, 1.015, (2.3, -1.7))  # degrees, scale, pixels


def movement(size: tuple[int, int]) -> np.ndarray:
    """The (2, 3) affine of line 7's small movement."""
    turn, scale, shift = MOVE
    move = cv2.getRotationMatrix2D((size[1] / 2, size[0] / 2), turn, scale)
    move[:, 2] += shift
    return move


def moved(scene: Scene) -> Scene:
    """The photo after a small movement of the head, parsed anew."""
    height, width = scene.size
    image = cv2.warpAffine(scene.image, movement(scene.size), (width, height), borderMode=cv2.BORDER_REFLECT)
    return facefx.parse(np.ascontiguousarray(image))


def steadiness(scene: Scene, after: np.ndarray, painted: np.ndarray, region: np.ndarray) -> float:
    """Median colour change of the region when a movement is undone: the still's stand-in for video. `after` is painted, too."""
    height, width = scene.size
    back = cv2.warpAffine(after, movement(scene.size), (width, height), flags=cv2.WARP_INVERSE_MAP)
    blurred = cv2.GaussianBlur(painted, (0, 0), 1.0)  # resampling blurs; compare at the same sharpness
    return float(np.median(color.delta_e(cv2.GaussianBlur(back, (0, 0), 1.0), blurred)[region]))


def tone(face: Face, region: str) -> str:
    """The group of line 6: of skin, or of hair by its lightness."""
    if region != "hair":
        return f"{skin_tone(face)} skin"
    lightness = np.median(color.to_lab(face.picture[np.asarray(face.mask("hair")) >= 0.9])[:, 0])
    return "dark hair" if lightness < 22 else "brown hair" if lightness < 45 else "fair hair"


def rings(face: Face) -> np.ndarray:
    """(H, W) bool: the irises without pupil, rim and what the lids cover."""
    inside = np.zeros(face.picture.shape[:2], bool)
    y, x = np.indices(inside.shape) + 0.5
    for iris in find_irises(face.picture, face.landmarks):
        if iris:
            distance = np.hypot(x - iris.center[0], y - iris.center[1]) / iris.radius
            inside |= (distance > 0.5) & (distance < 0.8)
    return inside & (np.asarray(face.mask("eyes")) >= 0.9)


def score_photo(scene: Scene, again: Scene, effect: str, scores: Scores) -> None:
    """Add one photo's measurements. `again` is the photo after a small movement."""
    subject, face = SUBJECTS[effect], scene.faces[0]
    mask = np.asarray(face.mask(subject.mask))
    region, outside = mask >= 0.9, mask == 0
    if effect == "recolor_eyes":
        region = rings(face)
    if region.sum() < 50:
        return
    ring = (cv2.dilate((mask > 0).astype(np.uint8), np.ones((7, 7), np.uint8)) > 0) & outside
    teeth = np.asarray(face.mask("inner_mouth")) >= 0.9
    group = tone(face, subject.mask)
    for name, code in subject.colors.items():
        how = {**subject.params, "color": code}
        painted = paint(scene, effect, **how, strength=1.0)
        change = color.delta_e(scene.image, painted)
        if not subject.aims and subject.mask != "hair":
            most = mask >= 0.9
            region = most & (change > 0.5 * np.quantile(change[most], 0.995))
        if not change.any() or region.sum() < 20:
            continue
        if subject.aims:
            median = np.median(color.to_lab(painted[region]), axis=0)
            off = float(color.delta_e_lab(median, color.to_lab(np.array(color.parse(code)))))
            scores.add("1 hard" if name in HARD else "1", off)
            scores.by_tone[group].append(off)
        if subject.keeps:
            scores.add("2", structure(scene.image, painted, region))
        scores.add("3 outside", float((painted != scene.image).any(axis=-1)[outside].sum()))
        if "lips" in subject.mask and teeth.sum() > 50:
            scores.add("3 teeth", float(change[teeth].mean()))
        scores.add("4 ring", float(change[ring].max()) if ring.any() else float("nan"))
        if subject.aims and effect != "recolor_eyes":
            scores.add("4 step", edge_step(change, mask))
        steps = [
            float(color.delta_e(scene.image[region], paint(scene, effect, **how, strength=s)[region]).mean()) for s in STRENGTHS
        ]
        scores.add("5 identity", float((paint(scene, effect, **how, strength=0.0) != scene.image).sum()))
        scores.add("5 grows", float(np.all(np.diff(steps) > 0)))
        if again.faces:
            scores.add("7", steadiness(scene, paint(again, effect, **how, strength=1.0), painted, region))


LINES = (
    # key, what, summary over photos and colours, target, whether a value meets it
    ("1", "1 median colour to target, ΔE2000", "median / worst", "≤ 3", lambda v: np.median(v) <= 3),
    ("1 hard", "1 the same, saturated red and black", "median / worst", "≤ 5", lambda v: np.median(v) <= 5),
    ("2", "2 structure kept, SSIM of lightness", "median / worst", "≥ 0.97", lambda v: np.median(v) >= 0.97),
    ("3 outside", "3 pixels changed outside the mask", "worst", "0", lambda v: max(v) == 0),
    ("3 teeth", "3 inside the mouth, ΔE", "median / worst", "< 1", lambda v: np.median(v) < 1),
    ("4 ring", "4 ring of 3 pixels outside, largest ΔE", "worst", "≤ 1", lambda v: max(v) <= 1),
    ("4 step", "4 steepest step over the mask's own", "median / worst", "≤ 1.25", lambda v: np.median(v) <= 1.25),
    ("5 identity", "5 values changed at strength 0", "worst", "0", lambda v: max(v) == 0),
    ("5 grows", "5 change grows with strength, share of cases", "mean", "1", lambda v: min(v) == 1),
    ("7", "7 after a small move of the head, ΔE", "median / worst", "≤ 1", lambda v: np.median(v) <= 1),
)
HEADINGS = ("line", "measured", "target", "met")


def rows(scores: Scores) -> Iterable[tuple[str, str, str, str]]:
    """Line, measured, target and verdict."""
    for key, what, how, target, meets in LINES:
        values = scores.lines.get(key)
        if not values:
            continue
        worst = min(values) if key == "2" else max(values)
        shown = {"worst": f"{worst:.3g}", "mean": f"{np.mean(values):.3g}"}.get(how, f"{np.median(values):.3g} / {worst:.3g}")
        yield what, shown, target, "yes" if meets(values) else "no"
    means = {tone: max(float(np.mean(v)), 1.0) for tone, v in scores.by_tone.items()}
    if len(means) > 1:
        ratio = max(means.values()) / min(means.values())
        groups = ", ".join(f"{t} {np.mean(v):.2g}" for t, v in sorted(scores.by_tone.items()))
        yield f"6 worst tone group over best, ΔE of at least 1 ({groups})", f"{ratio:.3g}", "≤ 1.5", "yes" if ratio <= 1.5 else "no"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_photos(parser)
    parser.add_argument("--limit", type=int, default=None, help="at most this many photos")
    parser.add_argument("--effect", action="append", choices=SUBJECTS, help="only this one; may be repeated")
    add_markdown(parser, "scorecard")
    options = parser.parse_args()
    found = {effect: Scores() for effect in options.effect or SUBJECTS}
    used = 0
    for scene in parsed(options.photos, options.limit):
        used += 1
        again = moved(scene)
        for effect, scores in found.items():
            score_photo(scene, again, effect, scores)
    text = []
    for effect, scores in found.items():
        measured, on = list(rows(scores)), f"{used} photos, {len(SUBJECTS[effect].colors)} colours"
        show(HEADINGS, measured, f"{effect}, {on}")
        text.append(f"**{effect}** ({on})\n\n{markdown(HEADINGS, measured)}")
    if options.markdown:
        options.markdown.write("\n\n".join(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
