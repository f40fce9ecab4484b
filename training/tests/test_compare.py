"""The leaderboard: counting, timing, judging, keeping, and writing it down."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from tiny_faces import face, read_picture
from tiny_onnx import MULTIPLY_ADDS_A_PIXEL, model_bytes, write_model
from typer.testing import CliRunner

from facefx.errors import ImageError, ModelError, OutputError, ParameterError
from facefx.inference.cards import ModelCard
from facefx_training.cli import app
from facefx_training.data import Pictures, read_celebamask, read_names
from facefx_training.judge import compare as comparing
from facefx_training.judge.chart import Panel, Point, chart
from facefx_training.judge.compare import _trained_on, compare
from facefx_training.judge.entrant import Entrant
from facefx_training.judge.leaderboard import OPEN, SHUT, markdown, write_between_marks
from facefx_training.judge.sheet import photos_in, side_by_side
from facefx_training.judge.speed import reference_network, relative_time
from facefx_training.networks.onnx_graph import folded, multiply_adds

ON = "faces/val.txt, 2 pictures"


@pytest.fixture
def pictures(pairs: Path) -> Pictures:
    return read_celebamask(pairs, read_names(pairs / "val.txt"))


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV's cascades find no face in these ellipses, and a network of eyes and lips cannot search for one."""
    monkeypatch.setattr("facefx.plugins.resolve.DEFAULT_DETECTOR", "whole_frame")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Times are not what these tests are about."""
    monkeypatch.setattr(comparing, "relative_time", lambda content, size: 0.5)


def graph(nodes: list[Any], weights: dict[str, np.ndarray], channels: int) -> bytes:
    model = helper.make_model(
        helper.make_graph(
            nodes,
            "test",
            [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
            [helper.make_tensor_value_info("out", TensorProto.FLOAT, ["n", channels, "h2", "w2"])],
            [numpy_helper.from_array(array, name) for name, array in weights.items()],
        ),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    return bytes(model.SerializeToString())


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def test_multiply_adds_of_convolutions() -> None:
    assert multiply_adds(model_bytes(), (32, 64)) == 32 * 64 * MULTIPLY_ADDS_A_PIXEL


def test_multiply_adds_of_strided_grouped_transposed_convolutions_and_products() -> None:
    nodes = [
        helper.make_node("Conv", ["image", "wide"], ["a"], strides=[2, 2], pads=[1, 1, 1, 1]),
        helper.make_node("Conv", ["a", "depthwise"], ["b"], group=6, pads=[1, 1, 1, 1]),
        helper.make_node("ConvTranspose", ["b", "up"], ["c"], strides=[2, 2]),
        helper.make_node("MatMul", ["c", "square"], ["out"]),
    ]
    weights = {"wide": noise(6, 3, 3, 3), "depthwise": noise(6, 1, 3, 3), "up": noise(6, 5, 2, 2), "square": noise(32, 32)}
    half = 16 * 16
    expected = half * 6 * 27 + half * 6 * 9 + half * 6 * 5 * 4 + 5 * 32 * 32 * 32
    assert multiply_adds(graph(nodes, weights, 5), (32, 32)) == expected


def test_multiply_adds_where_sizes_are_worked_out_from_the_picture() -> None:
    """As decoders do: enlarge to the size of something earlier."""
    nodes = [
        helper.make_node("Conv", ["image", "down"], ["small"], strides=[4, 4]),
        helper.make_node("Shape", ["image"], ["shape"], start=2),
        helper.make_node("Concat", ["channels", "shape"], ["sizes"], axis=0),
        helper.make_node("Resize", ["small", "", "", "sizes"], ["large"]),
        helper.make_node("Conv", ["large", "last"], ["out"]),
    ]
    weights = {"down": noise(8, 3, 4, 4), "last": noise(2, 8, 1, 1), "channels": np.array([1, 8])}
    assert multiply_adds(graph(nodes, weights, 2), (32, 64)) == 8 * 16 * 8 * 48 + 32 * 64 * 2 * 8


def test_sums_that_cannot_be_counted_are_no_guess(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facefx_training.networks.onnx_graph.folded", lambda content, size: onnx.load_from_string(content))
    with pytest.raises(ModelError, match=r"shapes of the node 'passing' \(Conv\) are unknown"):
        multiply_adds(model_bytes(), (32, 32))


def test_folding_brings_weights_back_to_full_precision() -> None:
    model = folded(model_bytes())
    assert not any(node.op_type == "Cast" for node in model.graph.node)
    assert {weights.data_type for weights in model.graph.initializer} == {TensorProto.FLOAT}
    assert model.graph.input[0].type.tensor_type.shape.dim[2].dim_value == 0  # still any size


def test_times_are_told_by_the_reference() -> None:
    assert reference_network() == reference_network()
    assert multiply_adds(reference_network(), (160, 160)) == 160 * 160 * 32 * 9 * (3 + 5 * 32)
    assert 0.4 < relative_time(reference_network(), (160, 160), rounds=3) < 2.5
    assert relative_time(model_bytes(), (32, 32), rounds=3) < 0.3


def test_parts_of_one_data_set_are_added_up() -> None:
    parts = {
        "mini": {"name": "CelebAMask-HQ, 1000 of its 30,000 pairs", "pictures": 800},
        "more": {"name": "CelebAMask-HQ, 3574 further of its 30,000 pairs", "pictures": 3574},
        "web": {"name": "photos"},
    }
    assert _trained_on(parts) == {"CelebAMask-HQ": 4374, "photos": None}


@pytest.mark.usefixtures("hurried")
def test_the_best_comes_first_and_is_what_it_should_be(tmp_path: Path, pictures: Pictures) -> None:
    blind, good, few = (
        Entrant.read(write_model(tmp_path / name, labels, blind_to=blind_to))
        for name, labels, blind_to in (("blind", "celebamask", ("hair",)), ("good", "celebamask", ()), ("few", "eyes_lips", ()))
    )
    both = Entrant.read(f"{tmp_path / 'good'}+{tmp_path / 'blind'}")
    rows = compare([few, blind, both, good], pictures, ON)
    assert [row["name"] for row in rows][-2:] == ["blind", "few"]
    assert {row["name"] for row in rows[:2]} == {"good", "good+blind"}
    by_name = {row["name"]: row for row in rows}
    good_row, blind_row, few_row, both_row = (by_name[name] for name in ("good", "blind", "few", "good+blind"))

    assert good_row["measured"]["given_crops"]["mean_f1"] > 90
    assert good_row["measured"]["end_to_end"]["mean_f1"] > 60
    assert blind_row["measured"]["given_crops"]["f1"]["hair"] == 0
    assert good_row["measured"]["multiply_adds"] == 96 * 96 * MULTIPLY_ADDS_A_PIXEL
    assert good_row["trained_on"] == {"tiny": 8}
    assert (few_row["classes"], set(few_row["measured"]["given_crops"]["f1"])) == (
        5,
        {"left_eye", "right_eye", "upper_lip", "lower_lip"},
    )
    assert few_row["measured"]["given_crops"]["mean_f1"] > 85
    assert both_row["measured"]["given_crops"] is None
    assert both_row["parameters"] == 2 * good_row["parameters"]
    assert both_row["bytes"] == good_row["bytes"] + blind_row["bytes"]


@pytest.mark.usefixtures("hurried")
def test_what_was_measured_is_not_measured_again(tmp_path: Path, pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = write_model(tmp_path / "tiny"), tmp_path / "board.json"
    first = compare([Entrant.read(folder)], pictures, ON, cache)
    assert json.loads(cache.read_text()) == first

    measured: list[str] = []
    real: Callable[..., dict[str, Any]] = comparing._measure
    monkeypatch.setattr(comparing, "_measure", lambda model, *given: measured.append(model.name) or real(model, *given))
    assert compare([Entrant.read(folder)], pictures, ON, cache) == first
    other = Entrant.read(write_model(tmp_path / "other", blind_to=("hair",)))
    assert len(compare([Entrant.read(folder), other], pictures, ON, cache)) == 2
    assert measured == ["other"]
    compare([other], pictures, "something else", cache)
    assert measured == ["other", "other"]


@pytest.mark.usefixtures("hurried")
def test_scores_of_the_card_are_taken_and_are_what_would_be_measured(
    tmp_path: Path, pairs: Path, pictures: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, on = write_model(tmp_path / "tiny", blind_to=("hair",)), f"{pairs.name}/val.txt, {len(pictures)} pictures"
    command = ["evaluate", str(folder), "--data", str(pairs), "--size", "96", "--end-to-end", "--by-condition", "--into-card"]
    CliRunner().invoke(app, command, catch_exceptions=False)
    measured = compare([Entrant.read(folder)], pictures, on, anew=True)
    monkeypatch.setattr(Entrant, "judge", lambda *given: pytest.fail("the card holds it"))
    assert compare([Entrant.read(folder)], pictures, on) == measured
    with pytest.raises(pytest.fail.Exception):
        compare([Entrant.read(folder)], pictures, "other pictures")


def test_figures_of_the_qualities_go_into_the_card_with_how_they_run_the_model(tmp_path: Path, pairs: Path) -> None:
    folder = write_model(tmp_path / "tiny", blind_to=("hair",))
    command = ["evaluate", str(folder), "--data", str(pairs), "--limit", "1", "--quality", "balanced", "--quality", "fast"]
    CliRunner().invoke(app, [*command, "--into-card"], catch_exceptions=False)
    card = tomllib.loads((folder / "card.toml").read_text())
    assert ModelCard.read(folder).qualities == {
        "fast": (64, False, False), "balanced": (96, False, False), "best": (96, True, False)
    }  # fmt: skip
    assert {name: (each["size"], each["mirror"]) for name, each in card["quality"].items()} == {
        "balanced": (96, False),
        "fast": (64, False),
    }
    assert 0 < card["quality"]["fast"]["mean_f1"] < 100
    assert list(card["scores"]) == ["end_to_end"]  # as before
    with pytest.raises(ParameterError, match="quality='finest' is not allowed"):
        CliRunner().invoke(app, [*command, "--quality", "finest"], catch_exceptions=False)


@pytest.mark.usefixtures("hurried")
def test_scores_of_a_newer_card_replace_what_was_kept(tmp_path: Path, pairs: Path, pictures: Pictures) -> None:
    folder, on = write_model(tmp_path / "tiny", blind_to=("hair",)), f"{pairs.name}/val.txt, {len(pictures)} pictures"
    cache = tmp_path / "board.json"
    compare([Entrant.read(folder)], pictures, on, cache)
    kept = json.loads(cache.read_text())
    kept[0]["measured"]["end_to_end"]["mean_f1"] = 1.0  # as another detector would have it
    cache.write_text(json.dumps(kept))
    CliRunner().invoke(
        app, ["evaluate", str(folder), "--data", str(pairs), "--size", "96", "--end-to-end", "--into-card"], catch_exceptions=False
    )
    (row,) = compare([Entrant.read(folder)], pictures, on, cache)
    assert row["measured"]["end_to_end"]["mean_f1"] == Entrant.read(folder).cards[0].scores["end_to_end"]["mean_f1"] != 1.0


@pytest.mark.usefixtures("hurried")
def test_an_interrupted_comparison_keeps_what_it_has(tmp_path: Path, pictures: Pictures, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = (Entrant.read(write_model(tmp_path / name, blind_to=blind)) for name, blind in (("a", ()), ("b", ("nose",))))
    cache = tmp_path / "board.json"
    real = comparing._measure

    def broken(model: Entrant, *given: Any) -> dict[str, Any]:
        if model is bad:
            raise KeyboardInterrupt
        return real(model, *given)

    monkeypatch.setattr(comparing, "_measure", broken)
    with pytest.raises(KeyboardInterrupt):
        compare([good, bad], pictures, ON, cache)
    assert [row["name"] for row in json.loads(cache.read_text())] == ["a"]


def row(name: str, f1: float, classes: int = 19, **measured: Any) -> dict[str, Any]:
    scores = {"mean_f1": f1, "miou": 60.0, "accuracy": 90.0, "f1": {"left_eye": f1}}
    return {
        "name": name,
        "sha256": name,
        "on": ON,
        "classes": classes,
        "size": 320,
        "parameters": 4_300_000,
        "bytes": 8_600_000,
        "trained_on": {"celebamask": 800, "web": None},
        "measured": {"end_to_end": scores, "given_crops": scores, "multiply_adds": 1_234_000_000, "time": 2.04, **measured},
    }


def test_the_tables_say_it_all() -> None:
    text = markdown([row("a", 81.26), row("b", 70.0, given_crops=None), row("c", 85.0, classes=5)])
    assert "Measured on faces/val.txt, 2 pictures" in text
    assert "| a | 81.3 | 60.0 | 90.0 | 81.3 | 60.0 | 90.0 |" in text
    assert "| b | 70.0 | 60.0 | 90.0 | – | – | – |" in text
    assert "| c (4 parts¹) | 85.0 |" in text
    assert "¹ Means over the few parts" in text
    assert "| a | 4.30 M | 1.23 G | 320 px | 8.6 MB | 2.0 × | celebamask (800), web |" in text
    assert "| left eye | 81.3 | 70.0 | 85.0 |" in text
    assert "¹" not in markdown([row("a", 81.0)])


def test_only_what_stands_between_the_marks_changes(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{OPEN}\nold\n{SHUT}\n\nafter\n")
    write_between_marks(page, "new")
    assert page.read_text() == f"# Before\n\n{OPEN}\n\nnew\n\n{SHUT}\n\nafter\n"
    once = page.read_text()
    write_between_marks(page, "new")
    assert page.read_text() == once


@pytest.mark.parametrize("text", ["no marks", f"{OPEN} only one", f"{SHUT} {OPEN}", None])
def test_a_page_without_marks_stays_as_it_is(tmp_path: Path, text: str | None) -> None:
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    with pytest.raises(OutputError, match="to write between"):
        write_between_marks(page, "new")
    assert (page.read_text() if page.exists() else None) == text


def dots(path: Path) -> list[tuple[float, float]]:
    """Centres of the filled dots of a chart, from left to right."""
    red = (np.abs(read_picture(path).astype(int) - (190, 16, 62)).max(-1) < 40).astype(np.uint8)
    count, _, stats, centres = cv2.connectedComponentsWithStats(red)
    return sorted((x, y) for (x, y), s in zip(centres[1:count], stats[1:count], strict=True) if s[4] > 20)


def test_better_is_higher_and_costlier_is_further_right(tmp_path: Path) -> None:
    chart([Panel("MB", "F1", [Point("a", 2, 70), Point("b", 20, 85), Point("c", 6, 78)])], tmp_path / "chart.png")
    (ax, ay), (cx, cy), (bx, by) = dots(tmp_path / "chart.png")
    assert ax < cx < bx
    assert ay > cy > by
    assert cx - ax == pytest.approx((bx - ax) * np.log10(3), abs=2)  # logarithmic
    assert ay - cy == pytest.approx((ay - by) * 8 / 15, abs=2)  # linear


def test_a_lone_dot_and_hollow_ones_can_be_drawn(tmp_path: Path) -> None:
    chart([Panel("MB", "F1", [Point("a", 2, 70)]), Panel("G", "F1", [Point("a", 2, 70, hollow=True)])], tmp_path / "chart.png")
    ((x, _), *ring) = dots(tmp_path / "chart.png")
    assert x < 620
    assert len(ring) == 1


def test_all_models_on_the_same_photos(tmp_path: Path) -> None:
    models = [Entrant.read(write_model(tmp_path / name, labels)) for name, labels in (("a", "celebamask"), ("b", "eyes_lips"))]
    (tmp_path / "photos").mkdir()
    Image.fromarray(face(96, 1)[0]).save(tmp_path / "photos" / "face.png")
    Image.new("RGB", (80, 60), (130, 130, 130)).save(tmp_path / "photos" / "nobody.jpg")
    side_by_side(models, photos_in(tmp_path / "photos"), tmp_path / "sheet.png")
    sheet = read_picture(tmp_path / "sheet.png").astype(int)
    tile = 232
    photo, all_parts, few_parts = (sheet[28 : 28 + tile, tile * i : tile * (i + 1)] for i in range(3))
    assert np.abs(all_parts - photo).mean() > 10
    assert 0 < np.abs(few_parts - photo).mean() < np.abs(all_parts - photo).mean()


def test_a_folder_without_photos_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="holds no JPEG or PNG file"):
        photos_in(tmp_path)


def test_an_ensemble_of_two_schemes_is_refused(tmp_path: Path) -> None:
    write_model(tmp_path / "a")
    write_model(tmp_path / "b", "eyes_lips")
    with pytest.raises(ParameterError, match="one label scheme"):
        _ = Entrant.read(f"{tmp_path / 'a'}+{tmp_path / 'b'}").segmenter


@pytest.mark.usefixtures("hurried")
def test_one_command_writes_page_chart_and_sheet(tmp_path: Path, pairs: Path) -> None:
    folder, page = write_model(tmp_path / "tiny"), tmp_path / "board.md"
    page.write_text(f"{OPEN}\n{SHUT}\n")
    outputs = ["--markdown", str(page), "--png", str(tmp_path / "chart.png"), "--sheet", str(tmp_path / "sheet.png")]
    arguments = ["compare", str(folder), "--data", str(pairs), "--photos", str(pairs / "images"), "--limit", "1", *outputs]
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    assert "| tiny | " in page.read_text()
    assert "faces/val.txt, 1 pictures" in page.read_text()
    assert len(json.loads((tmp_path / "board.json").read_text())) == 1
    assert read_picture(tmp_path / "chart.png").shape == (460, 1240, 3)
    assert (tmp_path / "sheet.png").exists()
