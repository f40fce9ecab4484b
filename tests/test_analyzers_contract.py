"""What every analyzer keeps: the same face gives the same numbers at any scale, and swapped sides in the mirror."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

import facefx
from conftest import Fakes
from facefx import chain
from facefx.analyzers.colors import _middle, ita_class
from facefx.analyzers.upright import crossings, width_at
from facefx.chains.reports import measure
from facefx.declare.declarations import AnalyzerSpec
from facefx.face.scene import Scene
from facefx.plugins import builtin
from synthetic import PORTRAIT, SIZE, FakeSegmenter, HairSegmenter, Head, ScriptedDetector, label_picture, painted

ANALYZERS = list(builtin.facefx_analyzers())
every_analyzer = pytest.mark.parametrize("spec", ANALYZERS, ids=lambda spec: spec.name)

#: Keys whose numbers are pixels, and so grow with the picture; all others are ratios, angles or colours, which do not.
PIXELS = {"x0", "y0", "x1", "y1", "points", "center", "radius"}
#: Those whose sign the mirror changes.
SIGNED = {"roll", "yaw"}


def measured(image: np.ndarray, head: Head, name: str) -> Any:
    segmenter = FakeSegmenter(256 if head.side > 100 else 128)  # about as fine as the picture
    result = chain(name).run(image, segmenter=segmenter, detector=ScriptedDetector(head.detection))
    assert result.image is image or np.array_equal(result.image, image)
    (report,) = result.reports
    assert json.loads(json.dumps(report.to_dict())) == report.to_dict()
    return report[name]


@cache
def drawn(head: Head, size: tuple[int, int], flip: bool = False) -> Scene:
    """A drawn head, or its picture mirrored, parsed once for all analyzers, none of which may change it."""
    picture = painted(label_picture([Head(head.center, head.side, -head.roll if flip else head.roll)], size))
    picture = np.ascontiguousarray(picture[:, ::-1]) if flip else picture
    return facefx.parse(
        picture, segmenter=FakeSegmenter(256 if head.side > 100 else 128), detector=ScriptedDetector(head.detection)
    )


def measured_in(scene: Scene, spec: AnalyzerSpec) -> Any:
    before = scene.image.copy()
    report = measure(scene.faces[0], 0, {spec.name: (spec, spec.resolve({}))}).to_dict()
    assert np.array_equal(scene.image, before)
    assert json.loads(json.dumps(report)) == report
    return report[spec.name]


def leaves(value: Any, key: str = "", path: str = "") -> dict[str, tuple[str, Any]]:
    """What stands in a report, by its path: the key that it stands under, and itself. Of outlines, their extremes."""
    if isinstance(value, dict):
        return {p: leaf for k, v in value.items() for p, leaf in leaves(v, k, f"{path}/{k}").items()}
    if isinstance(value, list):
        # An outline has as many points as pixels.
        flat = [f(np.array(value)[:, axis]) for axis in (0, 1) for f in (min, max)] if key == "points" else value
        return {f"{path}/{i}": (key, v) for i, v in enumerate(flat)}
    return {path: (key, value)}


def mirrored(value: Any, width: int, key: str = "") -> Any:
    """A report as it should be of the mirrored picture."""
    if isinstance(value, dict):
        if {"x0", "x1"} <= set(value):
            return value | {"x0": width - value["x1"], "x1": width - value["x0"]}
        sides = {"left_": "right_", "right_": "left_"}
        names = {k: next((sides[s] + k.removeprefix(s) for s in sides if k.startswith(s)), k) for k in value}
        return {names[k]: mirrored(v, width, k) for k, v in value.items()}
    if key in ("points", "center"):
        points = np.array(value).reshape(-1, 2) * (-1, 1) + (width, 0)
        return (points if key == "points" else points[0]).tolist()
    return -value if key in SIGNED and value is not None else value


def same(one: Any, other: Any, pixels: float) -> None:
    """That two reports agree: lengths and places within `pixels`, all else within what drawing by pixels costs."""
    first, second = leaves(one), leaves(other)
    assert first.keys() == second.keys()
    for path, (key, value) in first.items():
        if isinstance(value, str) or value is None:
            assert second[path][1] == value or key == "hex", path
            continue
        tolerance = pixels if key in PIXELS else 2.0 if key in SIGNED | {"lab", "ita"} else 0.06
        if path.startswith("/scores"):
            tolerance = 0.25  # seams of the drawing differ, and a drawn face is like none that the classifier knows
        assert second[path][1] == pytest.approx(value, abs=tolerance), path


@every_analyzer
@pytest.mark.parametrize("scale", [1.5, pytest.param(2.5, marks=pytest.mark.slow)])
def test_analyzers_scale_with_the_picture(spec: AnalyzerSpec, scale: float) -> None:
    small = Head((140.0, 147.0), 144)
    large = Head((140.0 * scale, 147.0 * scale), 144 * scale)
    size = (round(284 * scale), round(280 * scale))
    first = measured_in(drawn(small, (284, 280)), spec)
    second = measured_in(drawn(large, size), spec)

    def shrunk(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {k: shrunk(v, k) for k, v in value.items()}
        return (np.array(value) / scale).tolist() if key in PIXELS and value is not None else value

    same(first, shrunk(second), pixels=4.0)


@every_analyzer
@pytest.mark.parametrize("roll", [0.0, 12.0])
def test_analyzers_agree_about_the_mirrored_picture(spec: AnalyzerSpec, roll: float) -> None:
    head, other = (Head((140.0, 147.0), 144.0, r) for r in (roll, -roll))  # in the middle
    flipped = measured_in(drawn(other, (284, 280), flip=True), spec)
    same(mirrored(measured_in(drawn(head, (284, 280)), spec), 280), flipped, pixels=1.01)


@every_analyzer
@pytest.mark.parametrize("roll", [-25.0, 25.0])
def test_what_is_not_a_place_does_not_depend_on_the_tilt(spec: AnalyzerSpec, roll: float) -> None:
    upright, tilted = Head((160.0, 160.0), 144.0), Head((160.0, 160.0), 144.0, roll)
    reports = [measured_in(drawn(head, (320, 320)), spec) for head in (upright, tilted)]
    first, second = ({p: leaf for p, leaf in leaves(r).items() if leaf[0] not in PIXELS | {"roll", "hex"}} for r in reports)
    for path, (key, value) in first.items():
        if not isinstance(value, str) and value is not None:
            # The drawn lips have two colours, and how much of each is in their middle half depends on a few pixels.
            tolerance = (
                6.0 if path.startswith("/lips") else 2.5 if key in ("yaw", "lab", "ita") else 0.25 if "scores" in path else 0.08
            )
            assert second[path][1] == pytest.approx(value, abs=tolerance), path


@every_analyzer
@pytest.mark.parametrize("center", [(30, 95), (160, 95), (93, 50), (93, 160)])
def test_analyzers_measure_a_face_cut_by_the_border(spec: AnalyzerSpec, center: tuple[float, float]) -> None:
    measured_in(drawn(Head(center, 96), SIZE), spec)


def test_the_boxes_are_where_the_parts_were_painted(portrait_labels: np.ndarray) -> None:
    portrait_labels[np.isin(portrait_labels, [8, 9])] = 13  # hair over the ears, whose edge would mix to skin's colour
    portrait = painted(portrait_labels)
    parts = {"left_eye": [4], "right_eye": [5], "mouth": [10, 11, 12]}
    more = {"left_eyebrow": [6], "right_eyebrow": [7], "nose": [2], "face": [1, 2, 4, 5, 6, 7, 10, 11, 12]}
    for analyzer, wanted in (("eye_boxes", parts), ("part_boxes", parts | more)):
        boxes = measured(portrait, PORTRAIT, analyzer)
        assert set(boxes) == set(wanted)
        for name, indices in wanted.items():
            rows, columns = np.nonzero(np.isin(portrait_labels, indices))
            expected = [columns.min(), columns.max() + 1, rows.min(), rows.max() + 1]
            tolerance = 5.0 if name == "face" else 2.0  # spurs along seams, as below
            assert [boxes[name][k] for k in ("x0", "x1", "y0", "y1")] == pytest.approx(expected, abs=tolerance), name


def test_an_eye_that_cannot_be_seen_is_not_measured(portrait_labels: np.ndarray) -> None:
    portrait_labels[portrait_labels == 5] = 13  # hair hangs over it
    image = painted(portrait_labels)
    boxes = measured(image, PORTRAIT, "eye_boxes")
    assert boxes["right_eye"] is None
    assert boxes["left_eye"]["x0"] > PORTRAIT.center[0]
    assert measured(image, PORTRAIT, "proportions")["eye_distance"] is None
    assert measured(image, PORTRAIT, "symmetry")["eyes"] is None


def test_the_contour_is_the_faces(portrait_labels: np.ndarray) -> None:
    portrait_labels[np.isin(portrait_labels, [8, 9])] = 13  # hair over the ears, whose edge would mix to skin's colour
    points = np.array(measured(painted(portrait_labels), PORTRAIT, "face_contour")["points"])
    radius = np.hypot(*((points - PORTRAIT.center) / [0.41 * 96, 0.53 * 96]).T)  # 1 on the ellipse that was painted
    assert np.median(radius) == pytest.approx(1, abs=0.02)
    assert radius.min() > 0.93
    assert np.quantile(radius, 0.9) < 1.05  # spurs of a pixel may follow a seam, where two colours mix to skin's


def test_proportions_are_those_that_were_drawn() -> None:
    """See `facefx.testing.drawn`: in sides of the box, the face is 0.82 by 1.06, and so on."""
    head = Head((140.0, 147.0), 144.0)
    found = measured(painted(label_picture([head], (284, 280))), head, "proportions")
    assert found["width_to_height"] == pytest.approx(0.82 / 1.06, abs=0.05)
    assert found["jaw_width"] == pytest.approx(np.sqrt(1 - (0.34 / 0.53) ** 2), abs=0.05)
    assert found["eye_distance"] == pytest.approx(0.18 / 0.2, abs=0.1)
    assert found["mouth_width"] == pytest.approx(0.4 / 0.16, abs=0.25)
    assert found["eye_spacing"] == pytest.approx(0.38 / 0.82, abs=0.04)
    assert sum(found[f"{name}_third"] for name in ("upper", "middle", "lower")) == pytest.approx(1, abs=1e-3)


def test_a_mouth_drawn_aside_is_asymmetric(portrait_labels: np.ndarray) -> None:
    even = measured(painted(portrait_labels), PORTRAIT, "symmetry")
    mouth = np.isin(portrait_labels, [10, 11, 12])
    parts = portrait_labels[mouth]
    portrait_labels[mouth] = 1
    rows, columns = np.nonzero(mouth)
    portrait_labels[rows, columns + 6] = parts
    aside = measured(painted(portrait_labels), PORTRAIT, "symmetry")
    assert even["asymmetry"] < 0.01
    assert aside["mouth"] > even["mouth"] + 0.02  # 6 pixels of 96, some of which the best midline shares out
    assert aside["mouth"] > aside["eyes"]


@pytest.mark.parametrize("shift", [-8, 8])
def test_a_nose_nearer_to_one_edge_means_a_turned_head(portrait_labels: np.ndarray, shift: int) -> None:
    nose = portrait_labels == 2
    portrait_labels[nose] = 1
    rows, columns = np.nonzero(nose)
    portrait_labels[rows, columns + shift] = 2
    yaw = measured(painted(portrait_labels), PORTRAIT, "head_pose")["yaw"]
    assert np.sign(yaw) == np.sign(shift)
    assert abs(yaw) == pytest.approx(45.4 * 8 / (0.41 * 96 * np.sqrt(1 - (0.24 / 0.53) ** 2)), abs=2.5)


def test_colors_are_those_that_were_painted(portrait: np.ndarray) -> None:
    found = measured(portrait, PORTRAIT, "colors")
    for part, painted_in in (("skin", (228, 188, 160)), ("hair", (55, 35, 25)), ("lips", (205, 80, 95))):
        rgb = [int(found[part]["hex"][i : i + 2], 16) for i in (1, 3, 5)]
        assert np.abs(np.array(rgb) - painted_in).max() <= (40 if part == "lips" else 6), part  # two lips of two colours
    lightness, _, yellow = found["skin"]["lab"]
    assert found["skin"]["ita"] == pytest.approx(np.degrees(np.arctan((lightness - 50) / yellow)), abs=0.1)
    assert found["skin"]["ita_class"] == "very light"


@pytest.mark.parametrize("count", range(1, 9))
def test_a_few_colors_have_a_middle_too(count: int) -> None:
    """Of a mouth that is two pixels, one is not between the quartiles of both."""
    greys = np.linspace(0.2, 0.8, count, dtype=np.float32)
    assert _middle(np.repeat(greys[:, None], 3, axis=1)) == pytest.approx(greys.mean(), abs=1e-6)


@pytest.mark.parametrize(
    ("angle", "name"),
    [
        (56, "very light"),
        (55, "light"),
        (41, "intermediate"),
        (28, "tan"),
        (10, "brown"),
        (-29, "brown"),
        (-30, "dark"),
        (-80, "dark"),
    ],
)
def test_classes_of_skin_colour(angle: float, name: str) -> None:
    assert ita_class(angle) == name


def test_a_segmenter_of_hair_alone_gives_its_colour(portrait: np.ndarray) -> None:
    result = chain("colors").run(portrait, segmenter=HairSegmenter(), detector=ScriptedDetector(PORTRAIT.detection))
    assert result.reports[0]["colors"]["hair"]
    assert result.reports[0]["colors"]["skin"] is None


def test_widths_of_a_polygon() -> None:
    diamond = np.array([[0.0, 1], [1, 0], [2, 1], [1, 2]])
    assert crossings(diamond, 0.5) == pytest.approx((0.5, 1.5))
    assert width_at(diamond, 1.0) == pytest.approx(2)
    assert width_at(diamond, 2.5) is None
    assert width_at(diamond[:0], 1.0) is None


def test_all_analyzers_at_once(fakes: Fakes, portrait: np.ndarray) -> None:
    (report,) = facefx.analyze(portrait)
    assert set(report) == {spec.name for spec in ANALYZERS}
    assert report.to_dict()["face"] == report.face == 0
    assert len(report) == len(ANALYZERS)
    with pytest.raises(KeyError):
        report["mood"]
    report["face_boxes"]["box"].clear()
    assert report["face_boxes"]["box"]  # nobody can change what was measured
