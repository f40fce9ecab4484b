"""Networks that others trained, run by a card alone: their classes, their order, their mean and deviation, one of their outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import facefx
from facefx.errors import ModelError
from facefx.inference.cards import ModelCard
from facefx.inference.classes import classes_of
from facefx.inference.ensemble import Ensemble
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import IRISES, Label, scheme, scheme_names
from facefx.parsing.parser import Parser
from synthetic import PORTRAIT, ScriptedDetector
from tiny_models import BISENET, IMAGENET, MEANS, bisenet_bytes, write_bisenet, write_model

ort = pytest.importorskip("onnxruntime", reason="needs the extra facefx[cpu]")


def crops(size: int, count: int = 1) -> np.ndarray:
    return np.random.default_rng(1).random((count, size, size, 3), np.float32)


def test_a_bisenet_of_random_weights_answers_by_a_card_alone_what_onnxruntime_answers(tmp_path: Path) -> None:
    segmenter = OnnxSegmenter.from_folder(write_bisenet(tmp_path / "bisenet", seed=7))
    assert (segmenter.input_size, segmenter.scheme) == ((512, 512), scheme("celebamask"))
    picture = crops(512)
    found = segmenter.probabilities(picture)
    assert found.shape == (1, 19, 512, 512)
    mean, std = (np.array(values, np.float32)[:, None, None] for values in IMAGENET)
    batch = (picture.transpose(0, 3, 1, 2) - mean) / std
    logits = ort.InferenceSession(bisenet_bytes(seed=7)).run(["output"], {"input": batch})[0]
    for index, name in enumerate(BISENET):
        label = scheme("celebamask").classes.index(MEANS.get(name, name))
        wanted = np.exp(logits[0, index]) / np.exp(logits[0]).sum(axis=0)
        np.testing.assert_allclose(found[0, label], wanted, rtol=1e-3, atol=1e-6)


def test_it_parses_and_paints_like_a_model_of_our_own_order(tmp_path: Path, portrait: np.ndarray) -> None:
    theirs, ours = write_bisenet(tmp_path / "bisenet", size=64), write_model(tmp_path / "tiny")
    detector = ScriptedDetector(PORTRAIT.detection)
    scenes = [facefx.parse(portrait, segmenter=folder, detector=detector) for folder in (theirs, ours)]
    np.testing.assert_array_equal(scenes[0].label_map(), scenes[1].label_map())
    for region in ("left_eye", "lips", "hair", "clothing"):
        np.testing.assert_allclose(scenes[0].mask(region), scenes[1].mask(region), rtol=0, atol=1e-3)
    red = facefx.chain("recolor_lips", color="#c00")
    painted = [red.run(portrait, segmenter=folder, detector=detector).image for folder in (theirs, ours)]
    assert np.abs(painted[0].astype(int) - painted[1]).max() <= 1
    assert np.abs(painted[0].astype(int) - portrait).max() > 20


def test_the_mirror_swaps_left_and_right_in_its_order_too(tmp_path: Path) -> None:
    folder = write_bisenet(tmp_path / "bisenet", seed=3, size=64)
    fair = OnnxSegmenter.from_folder(folder, quality="best")
    picture = crops(64)
    swap = list(fair.scheme.mirror)
    np.testing.assert_allclose(fair.probabilities(picture[:, :, ::-1]), fair.probabilities(picture)[:, swap, :, ::-1], atol=1e-5)


def test_it_can_be_in_an_ensemble_with_one_of_our_own(tmp_path: Path) -> None:
    members = [
        OnnxSegmenter.from_folder(f) for f in (write_bisenet(tmp_path / "bisenet", seed=3, size=64), write_model(tmp_path / "tiny"))
    ]
    assert Ensemble(members).probabilities(crops(64)).shape == (1, 19, 64, 64)


def test_which_output_is_taken_is_the_cards_word(tmp_path: Path) -> None:
    answers = [
        OnnxSegmenter.from_folder(write_bisenet(tmp_path / name, seed=5, size=64, output=name)).probabilities(crops(64))
        for name in ("output", "aux1")
    ]
    assert np.abs(answers[0] - answers[1]).max() > 0.1
    with pytest.raises(ModelError, match=r"gives .*'aux2'.* none is called 'out' as its card says"):
        OnnxSegmenter.from_folder(write_bisenet(tmp_path / "out", size=64, output="out")).probabilities(crops(64))
    folder = write_bisenet(tmp_path / "unsaid", size=64)
    card = (folder / "card.toml").read_text("utf-8")
    (folder / "card.toml").write_text(card.replace('name = "output"\n', ""), "utf-8")
    with pytest.raises(ModelError, match=r"or several of which the card says which: \[output\] name"):
        OnnxSegmenter.from_folder(folder).probabilities(crops(64))


def test_outputs_that_facefx_does_not_tell_apart_are_summed(tmp_path: Path) -> None:
    plain = OnnxSegmenter.from_folder(write_bisenet(tmp_path / "plain", seed=2, size=64))
    meaning = {**MEANS, "hat": "hair", "neck_l": "neck", "eye_g": "background"}
    means = "\n".join(f'{name} = "{words}"' for name, words in meaning.items())
    merged = OnnxSegmenter.from_folder(write_bisenet(tmp_path / "merged", seed=2, size=64, means=means))
    assert merged.scheme.name == "merged"
    assert merged.scheme.classes[0] == "background"
    assert len(merged.scheme) == 16
    fine, coarse = plain.probabilities(crops(64)), merged.probabilities(crops(64))
    np.testing.assert_allclose(coarse.sum(axis=1), 1, atol=1e-5)
    for parts in (("hair", "hat"), ("neck", "necklace"), ("background", "eyeglasses"), ("nose",)):
        wanted = sum(fine[:, plain.scheme.classes.index(part)] for part in parts)
        np.testing.assert_allclose(coarse[:, merged.scheme.classes.index(parts[0])], wanted, atol=1e-5)


@given(st.sampled_from([name for name in scheme_names() if not set(IRISES) & set(scheme(name).classes)]), st.randoms())
def test_classes_in_any_order_make_the_scheme_that_tells_the_same_parts_apart(name: str, random) -> None:  # type: ignore[no-untyped-def]
    known = scheme(name)
    order = list(range(len(known)))
    random.shuffle(order)
    meaning = {f"c{i}": "+".join(label.value for label in known.members[i]) for i in order}
    found, outputs = classes_of("mine", [f"c{i}" for i in order], meaning)
    assert found is known
    assert [order[group[0]] for group in outputs] == list(range(len(known)))


@pytest.mark.parametrize(
    ("classes", "means", "message"),
    [
        (
            ["background", "hairs"],
            {},
            r"its class 'hairs': no region is called 'hairs'.*say in \[labels.means\] what it is: hairs =",
        ),
        (["background", "h"], {"h": "locks"}, "its class 'h': no region is called 'locks'"),
        (["background", "mouth", "upper_lip", "lower_lip"], {}, "its class 'upper_lip' shares upper_lip with an earlier one"),
        (["skin", "hair"], {}, "none of its classes is the background"),
        (["background", "left_eye"], {}, r"its class 'left_eye' \(left_eye\) has no class for the other side"),
        (["background", "hair"], {"hat": "hair"}, r"\[labels.means\] names 'hat', which is none of its classes: background, hair"),
    ],
)
def test_classes_that_have_no_meaning(classes: list[str], means: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        classes_of("mine", classes, means)


def test_unnamed_labels_are_background() -> None:
    found, outputs = classes_of("mine", ["face", "rest"], {"rest": "background"})
    assert (found, outputs) == (scheme("face_mask"), ((1,), (0,)))
    assert Label.HAIR in found.members[0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("std = [0.229, 0.224, 0.225]", "std = [0.229, 0.0, 0.225]", "std above 0"),
        ("std = [0.229, 0.224, 0.225]", "std = 58.4", "has std = 58.4; allowed: three numbers"),
        ("mean = [0.485, 0.456, 0.406]", "mean = [0.5, 0.5]", "has mean = .*three numbers"),
        ("mean = [0.485, 0.456, 0.406]", "mean = [nan, 0, 0]", "has mean = .*three numbers"),
        ('values = "logits"', 'values = "scores"', "output is 'scores'; allowed: logits, or probabilities"),
        ('values = "logits"', "index = 0", r"its \[output\] has 'index'; allowed: name and values"),
        ('name = "output"', "name = 3", "its output is called 3"),
        ('"skin", ', '"hair", ', "19 classes, 18 of them different"),
        ("[labels]", '[labels]\nscheme = "celebamask"', r"its scheme 'celebamask' has .*need no scheme, but \[labels.means\]"),
        ("[labels.means]", "[labels.meanings]", r"'l_brow'.*say in \[labels.means\]"),
    ],
)
def test_cards_that_say_nothing_sensible(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = write_bisenet(tmp_path / "bisenet", size=64)
    text = (folder / "card.toml").read_text("utf-8")
    assert old in text
    (folder / "card.toml").write_text(text.replace(old, new), "utf-8")
    with pytest.raises(ModelError, match=message):
        ModelCard.read(folder)


def test_the_short_form_of_the_output(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    text = (folder / "card.toml").read_text("utf-8")
    (folder / "card.toml").write_text(f'output = "logits"\n{text}', "utf-8")
    card = ModelCard.read(folder)
    assert (card.output, card.values) == (None, "logits")


def test_a_scheme_of_facefx_in_another_order(tmp_path: Path) -> None:
    backwards = list(scheme("celebamask").classes)[::-1]
    plain, turned = write_model(tmp_path / "plain"), write_model(tmp_path / "turned", classes=backwards)
    answers = [OnnxSegmenter.from_folder(folder).probabilities(crops(64)) for folder in (plain, turned)]
    np.testing.assert_array_equal(answers[0], answers[1][:, ::-1])


def test_a_run_that_is_resumed_knows_cards_that_read_one_file_differently(tmp_path: Path) -> None:
    one, other = (OnnxSegmenter.from_folder(write_bisenet(tmp_path / n / "b", size=64, output=n)) for n in ("output", "aux1"))
    assert Parser.of(one, "whole_frame").identity != Parser.of(other, "whole_frame").identity
