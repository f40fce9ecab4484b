"""From a data set as shipped to one that can be trained on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import cv2
import layouts
import numpy as np
import pytest
from layouts import SIZE, in_scheme, write
from tiny_faces import CELEBAMASK, face, index, write_pairs
from typer.testing import CliRunner

from facefx.errors import OutputError, ParameterError, UnknownName
from facefx.labels import IGNORE, scheme
from facefx_training.cli import app
from facefx_training.data import read_celebamask, read_names
from facefx_training.data.copies import groups_of_copies, picture_hash
from facefx_training.data.hair import NOT_HAIR
from facefx_training.data.prepare import prepare
from facefx_training.data.readers import READERS, Entry
from facefx_training.data.sides import mirrored_names
from facefx_training.data.split import assign, parse_ratio


def listed(into: Path) -> dict[str, list[str]]:
    return {part: read_names(into / f"{part}.txt") for part in ("train", "val", "test")}


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["prepare", *map(str, words)])
    return result.exit_code, result.output


def test_celebamask_hq_becomes_a_folder_that_train_reads(tmp_path: Path) -> None:
    source, into = layouts.celebamask_hq(tmp_path / "hq", 10), tmp_path / "out"
    status, text = run(source, "--into", into, "--size", SIZE)
    assert status == 0, text
    assert "10 pictures (7 train, 2 val, 1 test) from the layout celebamask-hq" in text
    names = listed(into)
    assert sorted(chain.from_iterable(names.values())) == [str(number) for number in range(10)]
    pictures = read_celebamask(into, names["train"])
    for name, image, labels in zip(pictures.names, pictures.images, pictures.labels, strict=True):
        photo, right = face(SIZE, int(name))
        np.testing.assert_array_equal(labels, right)
        assert np.abs(image.astype(int) - photo).mean() < 12  # it went through JPEG twice
    about = json.loads((into / "about.json").read_text())
    assert about["layout"] == "celebamask-hq"
    assert about["classes"] == list(CELEBAMASK.classes)
    assert about["license"] == "non-commercial research and education only"
    assert (about["pictures"], about["train"], about["val"], about["test"]) == (10, 7, 2, 1)
    assert about["problems"] == {}
    assert (into / "problems.txt").read_text() == ""


def test_unusable_pairs_are_listed_and_the_others_written(tmp_path: Path) -> None:
    source, into = layouts.celebamask_hq(tmp_path / "hq", 6), tmp_path / "out"
    photo = source / "CelebA-HQ-img" / "0.jpg"
    photo.write_bytes(photo.read_bytes()[:300])
    for path in (source / "CelebAMask-HQ-mask-anno").glob("0/00001_*.png"):
        path.unlink()
    write(source / "CelebA-HQ-img" / "2.jpg", face(SIZE)[0][: SIZE // 2])
    for path in (source / "CelebAMask-HQ-mask-anno").glob("1/00003_*.png"):
        write(path, np.zeros((SIZE, SIZE), np.uint8))
    status, text = run(source, "--into", into, "--size", SIZE)
    assert status == 0
    for word in ("corrupt", "missing", "misaligned", "empty", "problems.txt"):
        assert word in text
    assert sorted(chain.from_iterable(listed(into).values())) == ["4", "5"]
    rows = [line.split("\t") for line in (into / "problems.txt").read_text().splitlines()]
    assert [row[:2] for row in rows] == [["0", "corrupt"], ["1", "missing"], ["2", "misaligned"], ["3", "empty"]]
    assert json.loads((into / "about.json").read_text())["problems"] == dict.fromkeys(
        ("corrupt", "missing", "misaligned", "empty"), 1
    )
    assert sorted(path.stem for path in (into / "images").iterdir()) == ["4", "5"]


def test_only_a_data_set_without_one_usable_pair_fails(tmp_path: Path) -> None:
    write(tmp_path / "set" / "images" / "a.jpg", face(SIZE)[0])
    (tmp_path / "set" / "hair").mkdir()
    status, text = run(tmp_path / "set", "--into", tmp_path / "out")
    assert status == 1
    assert "nothing in" in text
    assert "missing" in (tmp_path / "out" / "problems.txt").read_text()


@pytest.mark.parametrize(
    "make", [layouts.lapa, layouts.helen, layouts.fasseg, layouts.figaro, layouts.hair, layouts.plain, layouts.photos]
)
def test_every_layout_can_be_read_back(make, tmp_path: Path) -> None:
    source, into = make(tmp_path / "set"), tmp_path / "out"
    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    prepared = prepare(source, into, size=48)
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before
    assert prepared.problems == ()
    names = [name for part in listed(into).values() for name in part]
    assert len(names) == prepared.about["pictures"] == len(list(READERS[prepared.about["layout"]](source).entries()))
    pictures = read_celebamask(into, names)
    assert pictures.images.shape == (len(names), 48, 48, 3)
    known = pictures.labels[pictures.labels < NOT_HAIR]
    assert known.max(initial=0) < len(CELEBAMASK)
    assert (known.size > 0) == (make is not layouts.photos)


def test_the_authors_split_is_kept_and_what_lacks_is_taken_from_their_training_part(tmp_path: Path) -> None:
    prepare(layouts.helen(tmp_path / "helen"), tmp_path / "a", size=48)
    assert listed(tmp_path / "a") == {"train": ["1_1"], "val": ["2_1"], "test": ["3_1"]}
    prepared = prepare(layouts.fasseg(tmp_path / "fasseg"), tmp_path / "b", size=48)
    names = listed(tmp_path / "b")
    assert names["test"] == ["test-+15-1"]
    assert len(names["train"]) == 3
    assert len(names["val"]) == 1
    assert prepared.about["split"] == "the authors'"
    prepare(layouts.fasseg(tmp_path / "again"), tmp_path / "c", size=48, ratio=(1, 0, 0))
    assert len(listed(tmp_path / "c")["train"]) == 5


def test_what_the_authors_lists_leave_out_stays_out(tmp_path: Path) -> None:
    source = layouts.helen(tmp_path / "helen")
    (source / "tuning.txt").write_text("")
    (source / "testing.txt").unlink()
    prepared = prepare(source, tmp_path / "out", size=48)
    assert listed(tmp_path / "out") == {"train": ["1_1"], "val": [], "test": []}
    assert [(bad.name, bad.fault) for bad in prepared.problems] == [("2_1", "unlisted"), ("3_1", "unlisted")]


def entries(names: Sequence[str]) -> list[Entry]:
    return [Entry(name, None) for name in names]


def unlike(count: int) -> np.ndarray:
    return np.random.default_rng(0).random((count, 64)) > 0.5


def test_a_split_hangs_on_names_and_seed_and_not_on_order() -> None:
    names = [f"picture{number}" for number in range(100)]
    hashes = unlike(100)
    splits = dict(zip(names, assign(entries(names), hashes, (7, 2, 1), 0), strict=True))
    assert [list(splits.values()).count(part) for part in ("train", "val", "test")] == [70, 20, 10]
    order = np.random.default_rng(1).permutation(100)
    shuffled = [names[row] for row in order]
    assert dict(zip(shuffled, assign(entries(shuffled), hashes[order], (7, 2, 1), 0), strict=True)) == splits
    other = dict(zip(names, assign(entries(names), hashes, (7, 2, 1), 1), strict=True))
    assert other != splits
    # computed apart with sha256: a new version of anything must not move a picture from train to test
    assert [name for name in names if splits[name] == "test"][:3] == ["picture30", "picture40", "picture48"]


def test_two_runs_write_the_same(tmp_path: Path) -> None:
    source = layouts.celebamask_hq(tmp_path / "hq", 8)
    for folder in ("a", "b"):
        prepare(source, tmp_path / folder, size=48)
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 8 * 2 + 5
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_copies_of_a_photo_stay_on_one_side(tmp_path: Path) -> None:
    image = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8), (9, 9), 3)
    brighter = np.clip(image * 1.1 + 5, 0, 255).astype(np.uint8)
    other = np.ascontiguousarray(image[::-1, ::-1])
    grey = [cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY) for picture in (image, other, brighter)]
    hashes = np.array([picture_hash(picture) for picture in grey])
    np.testing.assert_array_equal(groups_of_copies(hashes), [0, 1, 0])
    chained = np.zeros((4, 64), bool)
    chained[1, :6] = chained[2, :12] = True
    chained[3, 20:40] = True
    np.testing.assert_array_equal(groups_of_copies(chained), [0, 0, 0, 3])
    assert groups_of_copies(np.zeros((0, 64), bool)).size == 0
    names = [f"{number}" for number in range(40)]
    same = unlike(40)
    same[20:] = same[:20]  # each twice
    splits = assign(entries(names), same, (7, 2, 1), 0)
    assert splits[:20] == splits[20:]
    assert set(splits) == {"train", "val", "test"}


@pytest.mark.parametrize("text", ["7:2", "a:b:c", "0:1:1", "7:-2:1", "7:2:1:0", "nan:1:1", ""])
def test_a_split_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="7:2:1"):
        parse_ratio(text)
    assert parse_ratio("8:1:1") == (8, 1, 1)


def test_a_folder_of_photos_alone_says_that_nothing_is_labelled(tmp_path: Path) -> None:
    """So that a card does not count them among the faces whose labels were learnt."""
    assert prepare(layouts.photos(tmp_path / "set"), tmp_path / "out", size=48).about["labels"] == "none"
    assert "labels" not in prepare(layouts.plain(tmp_path / "plain"), tmp_path / "pairs", size=48).about


def test_nothing_is_written_over_without_force(tmp_path: Path) -> None:
    source, into = layouts.photos(tmp_path / "set"), tmp_path / "out"
    into.mkdir()
    prepare(source, into, size=48)
    (into / "mine.txt").write_text("kept")
    with pytest.raises(OutputError, match="--force"):
        prepare(source, into, size=64)
    prepare(source, into, size=64, force=True)
    assert read_celebamask(into, listed(into)["train"]).images.shape[1] == 64
    assert (into / "mine.txt").read_text() == "kept"


def test_wrong_requests_are_explained_before_anything_is_written(tmp_path: Path) -> None:
    source = layouts.photos(tmp_path / "set")
    for wrong, error in ({"size": 3}, ParameterError), ({"scheme": "celeba"}, UnknownName), ({"layout": "lappa"}, UnknownName):
        with pytest.raises(error):
            prepare(source, tmp_path / "out", **wrong)
    with pytest.raises(ParameterError, match="outside"):
        prepare(source, source / "out")
    assert not (tmp_path / "out").exists()
    assert not (source / "out").exists()


def test_pictures_called_alike_are_not_written_over_each_other(tmp_path: Path) -> None:
    source = layouts.photos(tmp_path / "set")
    write(source / "deep-two.png", face(SIZE, 5)[0])
    prepared = prepare(source, tmp_path / "out", size=48)
    assert prepared.about["pictures"] == 3
    assert [bad.fault for bad in prepared.problems] == ["same name"]


def test_oblong_photos_are_padded_without_labels(tmp_path: Path) -> None:
    image, labels = face(SIZE)
    write(tmp_path / "set" / "images" / "a.png", image[:, 16:48])
    write(tmp_path / "set" / "hair" / "a.png", np.where(labels == index("hair"), np.uint8(255), np.uint8(0))[:, 16:48])
    prepare(tmp_path / "set", tmp_path / "out", size=SIZE, ratio=(1, 0, 0))
    pictures = read_celebamask(tmp_path / "out", ["a"])
    assert (pictures.labels[0, :, :16] == IGNORE).all()
    assert (pictures.labels[0, :, 48:] == IGNORE).all()
    np.testing.assert_array_equal(pictures.labels[0, :, 16:48] == index("hair"), labels[:, 16:48] == index("hair"))
    assert (abs(pictures.images[0, :, :12].astype(int) - 128) < 12).all()


def test_labels_of_one_scheme_are_trained_on_in_another(tmp_path: Path) -> None:
    """CelebAMask-HQ prepared as LaPa, read as LaPa, as eyes and lips, and back."""
    prepare(layouts.celebamask_hq(tmp_path / "hq", 2), tmp_path / "out", size=SIZE, scheme="lapa")
    labels = face(SIZE)[1]
    for name in ("lapa", "eyes_lips", "hair", "face"):
        got = read_celebamask(tmp_path / "out", ["0"], scheme=name).labels[0]
        known = labels != index("neck") if name == "face" else np.ones_like(labels, bool)
        expected = in_scheme(labels, name)
        if name == "face":  # LaPa's background holds the eyeglasses, which are part of a face
            known &= expected != 0
            assert (got[~known & (labels != index("hair"))] == IGNORE).all()
        np.testing.assert_array_equal(got[known], expected[known])
    back = read_celebamask(tmp_path / "out", ["0"]).labels[0]
    has_home = ~np.isin(labels, [index("background"), index("neck")])
    np.testing.assert_array_equal(back[has_home], labels[has_home])
    assert (back[~has_home] == NOT_HAIR).all()
    (tmp_path / "out" / "about.json").write_text(json.dumps({"scheme": "celebamusk"}))
    with pytest.raises(UnknownName, match="celebamask"):
        read_celebamask(tmp_path / "out", ["0"])


def test_sides_once_corrected_are_left_alone_and_raw_ones_kept(tmp_path: Path) -> None:
    """A head upside down has its left eye at smaller x: LaPa's landmarks know, and reading must not undo it."""
    image, labels = face(SIZE)
    image, labels = np.rot90(image, 2), np.rot90(labels, 2)
    source = tmp_path / "lapa"
    write(source / "train" / "images" / "a.jpg", np.ascontiguousarray(image))
    wrong = mirrored_names(in_scheme(labels, "lapa"), scheme("lapa"))
    write(source / "train" / "labels" / "a.png", wrong)
    (source / "train" / "landmarks").mkdir()
    (source / "train" / "landmarks" / "a.txt").write_text(layouts.landmarks(labels))
    prepare(source, tmp_path / "out", size=SIZE, scheme="lapa", ratio=(1, 0, 0))
    np.testing.assert_array_equal(read_celebamask(tmp_path / "out", ["a"], scheme="lapa").labels[0], in_scheme(labels, "lapa"))
    prepare(tmp_path / "out", tmp_path / "again", size=SIZE, scheme="lapa")
    np.testing.assert_array_equal(read_celebamask(tmp_path / "again", ["a"], scheme="lapa").labels[0], in_scheme(labels, "lapa"))
    status, _ = run(source, "--into", tmp_path / "raw", "--size", SIZE, "--scheme", "lapa", "--split", "1:0:0", "--raw-sides")
    assert status == 0
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "raw" / "labels" / "a.png"), cv2.IMREAD_UNCHANGED), wrong)


def test_a_prepared_folder_can_be_prepared_anew(tmp_path: Path) -> None:
    prepare(layouts.celebamask_hq(tmp_path / "hq", 10), tmp_path / "first", size=SIZE, license="of my own")
    prepared = prepare(tmp_path / "first", tmp_path / "second", size=32, scheme="hair")
    assert listed(tmp_path / "second") == {part: sorted(names) for part, names in listed(tmp_path / "first").items()}
    assert prepared.about["license"] == "of my own"
    assert prepared.about["layout"] == "pairs"
    labels = read_celebamask(tmp_path / "second", ["0"], scheme="hair").labels
    assert set(np.unique(labels)) == {0, 1}


def test_a_folder_without_about_is_celebamask(tmp_path: Path) -> None:
    write_pairs(tmp_path / "set", 4, SIZE)
    np.testing.assert_array_equal(
        read_celebamask(tmp_path / "set", ["face0"], scheme="face").labels[0], in_scheme(face(SIZE)[1], "face")
    )
