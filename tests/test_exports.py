"""What was found in forms that others read: every one of them gives the label map back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import facefx
from cli_helpers import faceless, read, run, write
from facefx.cli.exit_codes import ExitCode
from facefx.errors import ParameterError, UnknownName
from facefx.face.face import Face
from facefx.face.values import Box, FaceParsing
from facefx.labels import scheme
from facefx.pixels import geometry
from facefx.pixels.outlines import outlines, run_lengths
from synthetic import FakeDetector, FakeSegmenter, Head

TWO = Head((100, 100), 80), Head((300, 100), 60)


@pytest.fixture
def scene(make_portrait: Callable[..., np.ndarray]) -> facefx.Scene:
    return facefx.parse(make_portrait(*TWO, size=(200, 400)), segmenter=FakeSegmenter(), detector=FakeDetector())


def filled(lines: list[Any], size: tuple[int, int]) -> np.ndarray:
    """What is in an odd number of closed lines, asked at the middles of pixels: (H, W) bool."""
    height, width = size
    crossings = np.zeros((height, width + 1), int)
    for line in lines:
        for (x0, y0), (x1, y1) in zip(line, [*line[1:], line[0]], strict=True):
            for y in range(min(y0, y1), max(y0, y1)):
                crossings[y, int(np.ceil(x0 + (y + 0.5 - y0) * (x1 - x0) / (y1 - y0) - 0.5))] += 1
    return np.cumsum(crossings, axis=1)[:, :-1] % 2 == 1


def from_runs(segmentation: dict[str, Any]) -> np.ndarray:
    height, width = segmentation["size"]
    values = np.arange(len(segmentation["counts"])) % 2
    return np.repeat(values, segmentation["counts"]).reshape(width, height).T == 1


@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_outlines_and_runs_give_any_mask_back(mask: np.ndarray) -> None:
    np.testing.assert_array_equal(filled(outlines(mask), mask.shape), mask)
    np.testing.assert_array_equal(from_runs({"size": mask.shape, "counts": run_lengths(mask)}), mask)


def test_outlines_have_corners_only_and_keep_pixels_that_touch_apart() -> None:
    ring = np.ones((4, 5), bool)
    ring[1:3, 1:4] = False
    assert outlines(ring) == [[(0, 0), (5, 0), (5, 4), (0, 4)], [(1, 1), (1, 3), (4, 3), (4, 1)]]
    assert outlines(np.eye(2, dtype=bool)) == [[(0, 0), (1, 0), (1, 1), (0, 1)], [(1, 1), (2, 1), (2, 2), (1, 2)]]


def test_an_outline_may_stray_for_fewer_points() -> None:
    y, x = np.mgrid[:100, :100]
    disc = np.hypot(x - 50, y - 50) < 40
    exact, rough = outlines(disc), outlines(disc, 1.5)
    assert len(rough[0]) < len(exact[0]) / 4
    assert (filled(rough, disc.shape) != disc).mean() < 0.01


def owned(scene: facefx.Scene, face: int, index: int) -> np.ndarray:
    parts = scene.parts()
    return (parts.labels == index) & (parts.owners == face)


def test_whose_part_a_pixel_shows(scene: facefx.Scene) -> None:
    labels, owners = scene.parts().labels, scene.parts().owners
    np.testing.assert_array_equal(labels, scene.label_map())
    np.testing.assert_array_equal(owners == -1, labels == 0)
    for number, face in enumerate(scene.faces):
        box = face.box
        assert owners[round((box.y0 + box.y1) / 2), round((box.x0 + box.x1) / 2)] == number


@pytest.mark.parametrize("scale", [0.4, 3.7])
@pytest.mark.parametrize("contrast", [0.3, 3, 40])
def test_no_part_is_passed_over_where_it_is_likeliest(scale: float, contrast: float) -> None:
    rng, names = np.random.default_rng(0), scheme("celebamask")
    noise = np.array([cv2.resize(rng.normal(size=(9, 9)).astype(np.float32), (48, 48)) for _ in range(len(names))])
    shares = np.exp(contrast * (noise - noise.max(axis=0)))
    affine = geometry.crop_affine((90, 80), 48 * scale, 20, 48)
    parsing = FaceParsing(shares / shares.sum(axis=0), names, affine)
    picture = np.zeros((160, 200, 3), np.float32)
    face = Face(Box(60, 50, 120, 110), 20, 1, parsing, picture)
    full = [geometry.warp_to_window(np.ascontiguousarray(one), affine, (0, 0, 200, 160)) for one in parsing.probabilities]
    differs = facefx.Scene(picture, (face,)).label_map() != np.argmax(full, axis=0)
    assert differs.mean() < 0.001  # places are rounded to a 32nd of a pixel of the crop


def test_polygons_give_the_label_map_back(scene: facefx.Scene) -> None:
    written = json.loads(json.dumps(scene.to_polygons()))
    assert (written["width"], written["height"], written["scheme"]) == (400, 200, "celebamask")
    back = np.zeros(scene.size, np.uint8)
    for face in written["faces"]:
        assert face["box"] == scene.faces[face["face"]].box.to_dict()
        for name, lines in face["parts"].items():
            index = scheme("celebamask").classes.index(name)
            mask = filled(lines, scene.size)
            np.testing.assert_array_equal(mask, owned(scene, face["face"], index))
            back[mask] = index
    np.testing.assert_array_equal(back, scene.label_map())


def test_coco_gives_the_label_map_back(scene: facefx.Scene) -> None:
    coco = json.loads(json.dumps(scene.to_coco("two.png")))
    assert coco["images"] == [{"id": 1, "file_name": "two.png", "width": 400, "height": 200}]
    assert [one["name"] for one in coco["categories"]] == list(scheme("celebamask").classes[1:])
    assert [one["id"] for one in coco["annotations"]] == list(range(1, len(coco["annotations"]) + 1))
    back = np.zeros(scene.size, np.uint8)
    for one in coco["annotations"]:
        mask = from_runs(one["segmentation"])
        np.testing.assert_array_equal(mask, owned(scene, one["face"], one["category_id"]))
        x, y, width, height = one["bbox"]
        assert mask[y : y + height, x : x + width].sum() == mask.sum() == one["area"]
        assert all(edge.any() for edge in (mask[y], mask[y + height - 1], mask[:, x], mask[:, x + width - 1]))
        back[mask] = one["category_id"]
    np.testing.assert_array_equal(back, scene.label_map())


def test_svg_gives_the_label_map_back(scene: facefx.Scene) -> None:
    root, back = ElementTree.fromstring(scene.to_svg()), np.zeros(scene.size, np.uint8)
    assert root.attrib["viewBox"] == "0 0 400 200"
    assert [group.attrib["id"] for group in root] == ["face-0", "face-1"]
    for path in root.iter("{http://www.w3.org/2000/svg}path"):
        lines = [[tuple(map(int, p.split())) for p in line.split("L")] for line in path.attrib["d"].replace("Z", "").split("M")[1:]]
        back[filled(lines, scene.size)] = scheme("celebamask").classes.index(path.attrib["class"])
    np.testing.assert_array_equal(back, scene.label_map())


def test_other_schemes_and_what_is_not_allowed(scene: facefx.Scene) -> None:
    assert set(scene.to_polygons("hair")["faces"][0]["parts"]) == {"hair"}
    with pytest.raises(UnknownName):
        scene.to_coco(scheme="nothing")
    for bad in (-1, float("nan"), "1", True):
        with pytest.raises(ParameterError, match="tolerance"):
            scene.to_svg(tolerance=bad)  # type: ignore[arg-type]


@pytest.fixture
def photo(tmp_path: Path, portrait: np.ndarray) -> Path:
    return write(tmp_path / "photo.png", portrait)


@pytest.mark.usefixtures("fakes")
def test_parse_writes_them(photo: Path, tmp_path: Path) -> None:
    scene = facefx.parse(photo)
    assert run("parse", photo, "-o", tmp_path / "p.json", "--format", "polygons").exit_code == ExitCode.OK
    assert json.loads((tmp_path / "p.json").read_text()) == json.loads(json.dumps(scene.to_polygons()))
    assert run("parse", photo, "-o", tmp_path / "p.svg", "--format", "svg", "--tolerance", "1").exit_code == ExitCode.OK
    assert (tmp_path / "p.svg").read_text() == scene.to_svg(tolerance=1)
    assert run("parse", photo, "-o", tmp_path / "masks", "--format", "masks", "--scheme", "lapa").exit_code == ExitCode.OK
    names = scheme("lapa").classes[1:]
    assert sorted(path.name for path in (tmp_path / "masks" / "photo").iterdir()) == sorted(f"{name}.png" for name in names)
    for name in names:
        mask = read(tmp_path / "masks" / "photo" / f"{name}.png") / 255
        np.testing.assert_allclose(mask, np.asarray(scene.mask(name)), atol=0.5001 / 255)
    for format, name in (("masks", "masks"), ("polygons", "p.json"), ("polygons", "p.png"), ("masks", "photo.png")):
        assert (
            run("parse", photo, "-o", tmp_path / name, "--scheme", "lapa", "--format", format).exit_code == ExitCode.OUTPUT_REFUSED
        ), name


@pytest.mark.usefixtures("fakes")
def test_parse_writes_one_coco_file_for_all_pictures(photo: Path, portrait: np.ndarray, tmp_path: Path) -> None:
    other, empty = write(tmp_path / "other.png", portrait), write(tmp_path / "empty.png", faceless())
    result = run("parse", photo, empty, other, "-o", tmp_path / "all.json", "--format", "coco")
    assert result.exit_code == ExitCode.SOME_FAILED
    coco, one = json.loads((tmp_path / "all.json").read_text()), facefx.parse(photo).to_coco()
    assert [image["file_name"] for image in coco["images"]] == [str(photo), str(other)]
    assert len(coco["annotations"]) == 2 * len(one["annotations"])
    assert [a["segmentation"] for a in coco["annotations"]] == 2 * [a["segmentation"] for a in one["annotations"]]
    assert run("parse", photo, "-o", tmp_path / "all.json", "--format", "coco").exit_code == ExitCode.OUTPUT_REFUSED
    folder = run("parse", photo, other, "-o", f"{tmp_path}/done/", "--format", "polygons")
    assert folder.exit_code == ExitCode.OK
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["other.json", "photo.json"]
