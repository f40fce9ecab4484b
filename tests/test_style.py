"""Grades, look-up tables, cartoons, sketches and glow."""

from __future__ import annotations

import os
from itertools import permutations
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from facefx.chains.painting import apply_effect
from facefx.declare.declarations import EffectSpec
from facefx.effects.scene.cartoon import cartoon
from facefx.effects.scene.glow import glow
from facefx.effects.scene.grade import grade
from facefx.effects.scene.sketch import sketch
from facefx.effects.tools.cube import MOST_3D, Cube, read_cube
from facefx.errors import ParameterError
from facefx.face.scene import Scene
from facefx.pixels import color
from facefx.testing.drawn import PORTRAIT, drawn_face, label_picture, painted

RAMP = np.linspace(0, 1, 6 * 7 * 3, dtype=np.float32).reshape(6, 7, 3)[:, ::-1]


def run(image: np.ndarray, spec: EffectSpec, **params: Any) -> np.ndarray:
    return apply_effect(Scene(image, ()), spec, spec.resolve(params), np.random.SeedSequence(0)).image


@pytest.fixture
def portrait() -> Scene:
    image = painted(label_picture()).astype(np.float32) / 255
    return Scene(image, (drawn_face(PORTRAIT, image),))


def cube_file(folder: Path, size: int, function: Any, head: str = "") -> Path:
    steps = np.linspace(0, 1, size)
    rows = [" ".join(f"{v:.7f}" for v in function(np.array([r, g, b]))) for b in steps for g in steps for r in steps]
    path = folder / "test.cube"
    path.write_text(f'# made by a test\nTITLE "test"\n{head}\nLUT_3D_SIZE {size}\n' + "\n".join(rows) + "\n", "utf-8")
    return path


@pytest.mark.parametrize("size", [2, 3, 17])
def test_a_table_of_an_affine_map_is_exact(tmp_path: Path, size: int) -> None:
    matrix = np.array([[0.7, 0.2, 0.0], [0.1, 0.6, 0.1], [0.0, 0.3, 0.5]])
    table = read_cube(str(cube_file(tmp_path, size, lambda rgb: matrix @ rgb + 0.05)))
    image = np.random.default_rng(0).random((20, 30, 3), np.float32)
    assert table.apply(image) == pytest.approx(image @ matrix.T + 0.05, abs=1e-5)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_between_corners_the_larger_share_goes_first(order: tuple[int, int, int]) -> None:
    """Of the six tetrahedra of a cell that in which the colour lies is taken (Kasson et al. 1995, table 1)."""
    corners = np.random.default_rng(3).random((2, 2, 2, 3)).astype(np.float32)
    shares = np.zeros(3, np.float32)
    shares[list(order)] = 0.9, 0.5, 0.2  # of red, green and blue
    place, wanted, before = np.zeros(3, int), corners[0, 0, 0].astype(float), corners[0, 0, 0]
    for channel in order:
        place[channel] = 1
        corner = corners[tuple(place[::-1])]  # tables are indexed [blue, green, red]
        wanted, before = wanted + shares[channel] * (corner - before), corner
    table = Cube(corners, np.zeros(3, np.float32), np.ones(3, np.float32))
    np.testing.assert_allclose(table.apply(shares[None, None])[0, 0], wanted, atol=1e-5)


@given(arrays(np.float32, (3, 5, 3), elements=st.floats(0, 1, width=32)))
def test_greys_stay_grey_and_all_colors_within_their_cell(image: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    table = rng.random((4, 4, 4, 3), np.float32)
    grey = np.linspace(0, 1, 4, dtype=np.float32) ** 2
    for i in range(4):
        table[i, i, i] = grey[i]
    cube = Cube(table, np.zeros(3, np.float32), np.ones(3, np.float32))
    result = cube.apply(image)
    assert result.min() >= table.min() - 1e-6
    assert result.max() <= table.max() + 1e-6
    flat = cube.apply(np.repeat(image[..., :1], 3, axis=-1))
    assert np.ptp(flat, axis=-1).max() < 1e-6


def test_a_curve_for_each_channel_and_a_domain(tmp_path: Path) -> None:
    path = tmp_path / "curve.cube"
    path.write_text("DOMAIN_MIN 0 0 0\nDOMAIN_MAX 2 1 1\nLUT_1D_SIZE 3\n0 1 0\n0.5 0.5 0.25\n1 0 1\n", "utf-8-sig")
    image = np.array([[[1.0, 0.25, 0.5], [0.5, 0.0, 0.75]]], np.float32)
    assert read_cube(str(path)).apply(image) == pytest.approx(np.array([[[0.5, 0.75, 0.25], [0.25, 1.0, 0.625]]]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no line LUT_3D_SIZE"),
        ("LUT_3D_SIZE 2\n" + "0 0 0\n" * 7, "has 7 colours; a 3D table of size 2 has 8"),
        ("LUT_3D_SIZE 2\n" + "0 0 0\n" * 9, "has 9 colours"),
        ("LUT_3D_SIZE 1\n0 0 0\n", "line 1.*from 2 to"),
        (f"LUT_3D_SIZE {MOST_3D + 1}\n", "from 2 to"),
        ("LUT_3D_SIZE 1e1\n", "whole number"),
        ("LUT_3D_SIZE 99999999999999999999\n", "whole number"),
        ("LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n", "line 2: a second size"),
        ("0 0 0\nLUT_3D_SIZE 2\n", "line 1: colours before"),
        ("LUT_3D_SIZE 2\n" + "0 0 0\n" * 7 + "0 0 nan\n", "line 9.*finite"),
        ("LUT_3D_SIZE 2\n" + "0 0 0\n" * 7 + "0 0\n", "line 9.*no colour"),
        ("LUT_3D_SIZE 2\nLUT_3D_INPUT_RANGE 0 1\n", "line 2: 'LUT_3D_INPUT_RANGE' is not known"),
        ("LUT_3D_SIZE 2\nDOMAIN_MIN 0 0 1\nDOMAIN_MAX 1 1 1\n" + "0 0 0\n" * 8, "must be below"),
    ],
)
def test_damaged_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.cube"
    path.write_text(text, "utf-8")
    with pytest.raises(ParameterError, match=message):
        read_cube(str(path))


def test_a_table_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="cannot be read"):
        read_cube(str(tmp_path / "none.cube"))
    path = tmp_path / "binary.cube"
    path.write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(ParameterError, match="no text file"):
        read_cube(str(path))


def test_a_changed_table_is_read_again(tmp_path: Path) -> None:
    path = cube_file(tmp_path, 2, lambda rgb: rgb)
    assert run(RAMP, grade, cube=str(path)) == pytest.approx(RAMP, abs=1e-5)
    cube_file(tmp_path, 2, lambda rgb: 1 - rgb)
    os.utime(path, ns=(1, 1))
    assert run(RAMP, grade, cube=str(path)) == pytest.approx(1 - RAMP, abs=1e-5)


@pytest.mark.parametrize("preset", grade.parameters["preset"].choices)
def test_presets_keep_the_order_of_light(preset: str) -> None:
    greys = np.repeat(np.linspace(0, 1, 64, dtype=np.float32)[None, :, None], 3, axis=-1)
    graded = color.to_oklab(run(greys, grade, preset=preset))[0, :, 0]
    assert (np.diff(graded) > -1e-4).all()
    assert run(greys, grade, preset=preset, strength=0.5) == pytest.approx((greys + run(greys, grade, preset=preset)) / 2, abs=1e-6)


def test_noir_is_grey() -> None:
    assert np.ptp(run(RAMP, grade, preset="noir"), axis=-1).max() < 2e-3


def test_a_grade_of_a_region(portrait: Scene) -> None:
    image = apply_effect(portrait, grade, grade.resolve({"region": "hair", "preset": "vivid"}), np.random.SeedSequence(0)).image
    mask = np.asarray(portrait.mask("hair"))
    assert np.array_equal(image[mask == 0], portrait.image[mask == 0])
    assert (image != portrait.image).any(axis=-1)[mask == 1].mean() > 0.9


def test_a_cartoon_has_few_tones_and_keeps_edges() -> None:
    noisy = np.clip(np.random.default_rng(0).normal(0.7, 0.02, (300, 300, 3)), 0, 1).astype(np.float32)
    noisy[:, 150:] *= 0.4
    drawn = run(noisy, cartoon, lines=0.0, levels=6)
    left, right = drawn[:, 5:140], drawn[:, 160:295]
    assert left.std(axis=(0, 1)).max() < 0.25 * noisy[:, 5:140].std(axis=(0, 1)).min()
    assert left.mean() - right.mean() > 0.25
    inked = run(noisy, cartoon, lines=1.0, levels=6)
    assert inked[:, 148:152].min() < drawn[:, 148:152].min() - 0.05


def test_a_sketch_is_lines_on_paper() -> None:
    image = np.full((80, 80, 3), 0.8, np.float32)
    image[:, 40:43] = 0.3
    drawn = run(image, sketch, shading=0.0, color="#000000", paper="#ffffff")
    assert drawn[:, 5:25].min() > 0.97
    assert drawn[:, 41].max() < 0.5
    dark = run(np.full((40, 40, 3), 0.02, np.float32), sketch, shading=0.0, color="#000000", paper="#ffffff")
    assert dark.min() > 0.97  # a flat dark plane has no lines in it


def test_glow_only_adds_light() -> None:
    image = np.full((60, 60, 3), 0.1, np.float32)
    image[25:35, 25:35] = 1.0
    shining = run(image, glow, strength=1.0, radius=0.3)
    assert (shining >= image - 1e-5).all()
    profile = shining[30, 36:, 0]
    assert profile[0] > 0.2
    assert (np.diff(profile) <= 1e-4).all()


@pytest.mark.parametrize("spec", [cartoon, sketch, glow, grade], ids=lambda spec: spec.name)
def test_more_strength_is_more_change(spec: EffectSpec, portrait: Scene) -> None:
    changes = [np.abs(run(portrait.image, spec, strength=s) - portrait.image).mean() for s in (0.0, 0.3, 0.6, 1.0)]
    assert changes[0] == 0
    assert (np.diff(changes) > 0).all()


@pytest.mark.parametrize("spec", [cartoon, glow], ids=lambda spec: spec.name)
def test_lengths_follow_the_picture(spec: EffectSpec, portrait: Scene) -> None:
    large = cv2.resize(portrait.image, None, fx=3, fy=3, interpolation=cv2.INTER_LINEAR)
    small, big = run(portrait.image, spec), cv2.resize(run(large, spec), portrait.image.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(small - big).mean() < 0.03
