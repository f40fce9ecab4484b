"""Chains and looks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import facefx
from conftest import Fakes
from facefx import Chain, chain, load_look
from facefx.declare.declarations import Range, analyzer, effect
from facefx.effects.tools.cube import read_cube
from facefx.errors import AmbiguousName, EffectError, LookError, OutputError, ParameterError, RegionUnavailable, UnknownName
from facefx.face.face import Face
from facefx.plugins.installed import registry
from facefx.testing import parameters
from synthetic import HairSegmenter, Head, ScriptedDetector, label_picture, painted


@effect(region="hair")
def sparkle(
    image: np.ndarray, *, strength: Annotated[float, Range(0, 1), "how much"] = 1.0, rng: np.random.Generator
) -> np.ndarray:
    """Turn hair into noise."""
    return image + np.float32(strength) * (rng.random(image.shape, np.float32) - image)


@effect(region="face")
def fail(image: np.ndarray) -> np.ndarray:
    """Fail."""
    raise ZeroDivisionError("of course")


@effect(region="face")
def return_text(image: np.ndarray) -> Any:
    """Return no picture."""
    return "no picture"


@analyzer()
def count_points(face: Face) -> dict[str, Any]:
    """Return what JSON cannot hold."""
    return {"points": {1, 2}}


@pytest.fixture(autouse=True)
def mine(fakes: Fakes) -> None:
    """The built-in names, and those above under the distribution "mine"."""
    for spec in (sparkle, fail, return_text):
        registry().effects.items[f"mine:{spec.name}"] = spec
    registry().analyzers.items["mine:count_points"] = count_points


def test_chains_are_composed_and_never_change() -> None:
    lips = chain("recolor_lips", color="#c00")
    both = lips.then("recolor_hair", strength=0.4)
    assert [s.name for s in lips.steps] == ["facefx:recolor_lips"]
    assert [s.name for s in both.steps] == ["facefx:recolor_lips", "facefx:recolor_hair"]
    assert both == lips | chain("recolor_hair", strength=0.4)
    assert (Chain() | lips) == lips
    assert both.steps[0].params["color"] == "#cc0000"
    with pytest.raises(TypeError):
        both.steps[0].params["color"] = "#000000"  # type: ignore[index]
    with pytest.raises(AttributeError):
        both.seed = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        lips | "recolor_hair"  # type: ignore[operator]


def test_an_effect_by_its_full_name() -> None:
    assert chain("facefx:recolor_lips") == chain("recolor_lips")


def test_names_and_parameters_are_checked_at_once() -> None:
    with pytest.raises(UnknownName, match=r"is called 'recolor_lip'\. Did you mean 'recolor_lips'.*face_boxes"):
        chain("recolor_lip")
    with pytest.raises(ParameterError, match="recolor_lips has no parameter 'colour'"):
        chain("recolor_lips").then("recolor_lips", colour="red")


def test_steps_run_in_their_order(portrait: np.ndarray) -> None:
    red, blue = chain("recolor_lips", color="#c00", strength=1.0), chain("recolor_lips", color="#00c", strength=1.0)
    assert np.abs((red | blue)(portrait).astype(int) - blue(portrait)).mean() < 0.5
    assert np.abs((red | blue)(portrait).astype(int) - red(portrait)).max() > 50


def test_effects_and_analyzers_in_one_run(portrait: np.ndarray, fakes: Fakes) -> None:
    result = chain("recolor_lips").then("face_boxes").then("eye_boxes").run(portrait)
    assert fakes.detector.calls == 1
    assert fakes.segmenter.calls == 1
    assert [set(report) for report in result.reports] == [{"face_boxes", "eye_boxes"}]
    assert np.array_equal(result.image, chain("recolor_lips")(portrait))
    assert result.scene.faces[0].box.to_dict() == result.reports[0]["face_boxes"]["box"]
    assert chain("recolor_lips").run(portrait).reports == ()


def test_analyzers_of_one_name_are_told_apart(portrait: np.ndarray) -> None:
    registry().analyzers.items["mine:face_boxes"] = registry().analyzers["facefx:face_boxes"]
    (report,) = chain("mine:face_boxes").then("facefx:face_boxes").then("eye_boxes").run(portrait).reports
    assert set(report) == {"mine:face_boxes", "facefx:face_boxes", "eye_boxes"}


def test_a_chain_without_steps_looks_at_nothing(portrait: np.ndarray, fakes: Fakes) -> None:
    assert np.array_equal(Chain()(portrait), portrait)
    assert fakes.detector.calls == 0


def test_ambiguous_names(portrait: np.ndarray) -> None:
    registry().effects.items["other:sparkle"] = sparkle
    with pytest.raises(AmbiguousName, match="say which: mine:sparkle, other:sparkle"):
        chain("sparkle")
    assert chain("mine:sparkle").steps[0].name == "mine:sparkle"


def test_bad_effects_are_named(portrait: np.ndarray) -> None:
    with pytest.raises(EffectError, match=r"fail failed \(.*test_chains.py, line \d+\): ZeroDivisionError: of course"):
        chain("fail")(portrait)
    with pytest.raises(EffectError, match=r"return_text returned str; it must return floats of shape"):
        chain("return_text")(portrait)
    with pytest.raises(EffectError, match="count_points"):
        chain("count_points").run(portrait)


def test_a_segmenter_that_does_not_know_the_region(portrait: np.ndarray) -> None:
    found = ScriptedDetector(Head((93.5, 98.0), 96.0).detection)
    with pytest.raises(RegionUnavailable, match="'lips'"):
        chain("recolor_lips").run(portrait, segmenter=HairSegmenter(), detector=found)
    dyed = chain("recolor_hair").run(portrait, segmenter=HairSegmenter(), detector=found).image
    assert not np.array_equal(dyed, portrait)
    del registry().analyzers.items["mine:count_points"]
    (report,) = facefx.analyze(portrait, segmenter=HairSegmenter(), detector=found)
    assert "face_boxes" in report
    assert not {"eye_boxes", "part_boxes", "face_contour"} & set(report)  # which need regions that hair alone does not give


def test_random_numbers_repeat(portrait: np.ndarray) -> None:
    assert np.array_equal(chain("sparkle")(portrait), chain("sparkle")(portrait))
    assert np.array_equal(Chain(chain("sparkle").steps, seed=5)(portrait), Chain(chain("sparkle").steps, seed=5)(portrait))


def test_random_numbers_differ_by_seed_and_occurrence(portrait: np.ndarray) -> None:
    once = chain("sparkle")
    assert not np.array_equal(once(portrait), Chain(once.steps, seed=1)(portrait))
    assert not np.array_equal(once(portrait), (once | once)(portrait))
    # A step before it, of another effect, does not change what it draws.
    hair = facefx.parse(portrait).mask("hair") == 1
    assert np.array_equal((chain("recolor_lips") | once)(portrait)[hair], once(portrait)[hair])


def test_a_second_step_of_the_same_effect_draws_other_numbers(portrait: np.ndarray) -> None:
    """Where the mask is full this effect leaves nothing of what was there, so the second one alone is seen."""
    once = chain("sparkle")
    full = np.asarray(facefx.parse(portrait).mask("hair")) == 1
    first, second = once(portrait)[full].astype(int), (once | once)(portrait)[full]
    assert np.abs(first - second).mean() > 20
    assert np.array_equal((chain("recolor_lips") | once | once)(portrait)[full], second)


def test_random_numbers_differ_by_face() -> None:
    heads = [Head((90, 100), 80), Head((330, 100), 80)]
    result = chain("sparkle")(painted(label_picture(heads, (230, 440)), noise=0))
    tops = [result[40:60, x - 20 : x + 20].astype(int) for x in (90, 330)]
    assert np.abs(tops[0] - tops[1]).mean() > 20


@pytest.mark.parametrize("suffix", [".json", ".yaml", ".yml", ".JSON"])
def test_a_look_is_saved_and_loaded(tmp_path: Path, suffix: str, portrait: np.ndarray) -> None:
    look = Chain(chain("recolor_lips", finish="gloss").then("recolor_hair", strength=0.7).then("face_boxes").steps, seed=9)
    path = look.save(tmp_path / f"plum{suffix}")
    assert path == tmp_path / f"plum{suffix}"
    again = load_look(path)
    assert again == look == Chain.load(str(path))
    assert np.array_equal(again(portrait), look(portrait))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from([".json", ".yaml"]), seed=st.integers(0, 2**63 - 1))
def test_every_look_survives_its_file(tmp_path: Path, data: st.DataObject, suffix: str, seed: int) -> None:
    steps: tuple[facefx.Step, ...] = ()
    for name in data.draw(st.lists(st.sampled_from(["recolor_lips", "recolor_hair"]), max_size=3)):
        steps += chain(name, **data.draw(parameters(registry().effects[name]))).steps
    look = Chain(steps, seed)
    assert load_look(look.save(tmp_path / f"look{suffix}", force=True)) == look
    assert Chain.from_dict(json.loads(json.dumps(look.to_dict()))) == look


@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_small_numbers_survive(tmp_path: Path, suffix: str) -> None:
    look = chain("recolor_lips", strength=1e-05)  # which YAML 1.1 does not take for a number when JSON writes it
    assert load_look(look.save(tmp_path / f"look{suffix}")) == look


def test_a_look_holds_full_names_versions_and_every_parameter() -> None:
    assert chain("recolor_lips", color="plum").to_dict() == {
        "facefx_look": 1,
        "seed": 0,
        "steps": [
            {
                "use": "facefx:recolor_lips",
                "version": "1",
                "params": {
                    "color": "#dda0dd",
                    "strength": 0.8,
                    "finish": "satin",
                    "second": "#4a0f1c",
                    "ombre": 0.0,
                    "light": "scene",
                    "faces": "all",
                },
            }
        ],
    }


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "look.json"
    path.write_text("precious")
    with pytest.raises(OutputError, match="is there already"):
        chain("recolor_lips").save(path)
    assert path.read_text() == "precious"
    chain("recolor_lips").save(path, force=True)
    assert load_look(path) == chain("recolor_lips")


def test_a_look_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"saved as \.json, \.yaml or \.yml; given was .*look\.txt"):
        chain("recolor_lips").save(tmp_path / "look.txt")
    with pytest.raises(OutputError, match="does not exist"):
        chain("recolor_lips").save(tmp_path / "none" / "look.json")
    (tmp_path / "mine.json").write_text("precious")
    (tmp_path / "look.json").symlink_to(tmp_path / "mine.json")
    with pytest.raises(OutputError, match="does not write through links"):
        chain("recolor_lips").save(tmp_path / "look.json", force=True)
    with pytest.raises(OutputError, match="cannot be written"):
        chain("recolor_lips").save(tmp_path / "lo\0ok.json")
    assert (tmp_path / "mine.json").read_text() == "precious"


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[" * 700, "- 1", "hello", "facefx_look: 2\nsteps: []", "facefx_look: 1", "facefx_look: 1\nsteps: 3",
        "facefx_look: 1\nsteps: [3]", "facefx_look: 1\nsteps: [{params: {}}]", "facefx_look: 1\nseed: x\nsteps: []",
        "facefx_look: 1\nsteps: [{use: 3}]", "facefx_look: 1\nsteps: [{use: recolor_lips, params: [1]}]",
        "facefx_look: 1\nsteps: [{use: recolor_lips, params: {1: 2}}]", "facefx_look: 1\nsteps: 2020-13-45",
        "!!python/object/apply:os.system ['true']", "a: b: c", "\x00",
    ],
)  # fmt: skip
@pytest.mark.parametrize("suffix", [".json", ".yaml"])
def test_garbage_is_no_look(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"look{suffix}"
    path.write_text(text, "utf-8")
    with pytest.raises(LookError, match="look"):
        load_look(path)


ALIASES = "a: &a [x, x]\nfacefx_look: 1\nsteps: [{use: recolor_lips, params: {strength: *a}}]"


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("params: {strength: !!int ''}", "neither JSON nor YAML"),
        ("params: {strength: !!bool foo}", "neither JSON nor YAML"),
        (f"params: {{strength: {'1:' * 400}1}}", "strength|neither JSON nor YAML"),
        (f"params: {{strength: 0x{'f' * 5000}}}", "strength=a value of type int is not allowed"),
        (f"params: {{strength: {'9' * 5000}}}", "strength|neither JSON nor YAML"),
        ("parms: {strength: 0}", "a step has no 'parms'; it has use, version, params"),
        ("params: {strength: 0, strength: 1}", "'strength' stands twice in one table"),
        (f"params: {{strength: [{'[1], ' * 5000}]}}", r"strength=\[\[1\], .*is not allowed"),
    ],
)
def test_values_that_are_none_are_named_in_short(tmp_path: Path, step: str, message: str) -> None:
    path = tmp_path / "look.yaml"
    path.write_text(f"facefx_look: 1\nsteps:\n- use: recolor_lips\n  {step}\n", "utf-8")
    with pytest.raises(LookError, match=message) as caught:
        load_look(path)
    assert len(str(caught.value)) < 600 + len(str(path))


@pytest.mark.parametrize(
    ("suffix", "text", "message"),
    [
        (".yaml", ALIASES, r"line 3 repeats a value by the alias \*a; write it out"),
        (".yaml", "facefx_look: 1\nsteps: []\nsteps: []", r"'steps' stands twice in one table \(line 3\)"),
        (".json", '{"facefx_look": 1, "steps": [], "steps": []}', "'steps' stands twice"),
        (".json", '{"facefx_look": 1, "steps": [], "sed": 3}', "a look has no 'sed'; it has facefx_look, summary, seed, steps"),
        (".yaml", "facefx_look: 1\nsteps: []\n" + "# padding\n" * 200_000, "cannot be read.*more than 1048576 bytes"),
    ],
)
def test_what_stands_twice_or_has_no_meaning_is_an_error(tmp_path: Path, suffix: str, text: str, message: str) -> None:
    path = tmp_path / f"look{suffix}"
    path.write_text(text, "utf-8")
    with pytest.raises(LookError, match=message):
        load_look(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    for name, load in (("look.yaml", load_look), ("table.cube", read_cube)):
        os.mkfifo(tmp_path / name)
        with pytest.raises((LookError, ParameterError), match=r"cannot be read.*no regular file"):
            load(str(tmp_path / name))


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "look.json").write_bytes(b"\xff\xfe\x00")
    for path in (tmp_path / "look.json", tmp_path / "none.json", tmp_path):
        with pytest.raises(LookError, match=r"cannot be read|there is no look .*none\.json"):
            load_look(path)


def saved(tmp_path: Path, **changes: Any) -> Path:
    look = chain("recolor_lips").to_dict()
    look["steps"][0] |= changes
    path = tmp_path / "look.yaml"
    path.write_text(yaml.safe_dump(look), "utf-8")
    return path


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"version": "2"}, "saved for version 2 of it; installed is 1"),
        ({"use": "gone:glitter"}, "'gone:glitter' is of 'gone', which is not here; pip install gone"),
        ({"params": {"colour": "red"}}, "cannot be run here: recolor_lips has no parameter 'colour'"),
        ({"params": {"strength": 7}}, "a number from 0 to 1"),
        ({"params": {"strength": float("nan")}}, "a number from 0 to 1"),
    ],
)
def test_looks_that_do_not_fit_what_is_installed(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LookError, match=message):
        load_look(saved(tmp_path, **changes))


def test_a_look_written_by_hand_may_be_short(tmp_path: Path) -> None:
    path = tmp_path / "look.yaml"
    path.write_text("facefx_look: 1\nsteps:\n  - use: recolor_lips\n    params: {color: plum}\n", "utf-8")
    assert load_look(path) == chain("recolor_lips", color="plum")
