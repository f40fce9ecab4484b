"""Data sets in their authors' layouts."""

from __future__ import annotations

from pathlib import Path

import cv2
import layouts
import numpy as np
import pytest
from layouts import SIZE, in_scheme, write
from PIL import Image
from tiny_faces import CELEBAMASK, face, index, write_pairs

from facefx.errors import ParameterError, UnknownName
from facefx.labels import IGNORE, scheme
from facefx_training.data.hair import NOT_HAIR
from facefx_training.data.landmarks import FEATURES
from facefx_training.data.readers import READERS, BadPair, Entry, Pair, detect_layout, open_data
from facefx_training.data.readers.fasseg import PALETTE, TOLERANCE, nearest_colours
from facefx_training.data.readers.lapa import read_landmarks, sides_by_landmarks
from facefx_training.data.sides import mirrored_names
from facefx_training.data.translate import translation

MAKERS = {
    "celebamask-hq": layouts.celebamask_hq,
    "lapa": layouts.lapa,
    "helen": layouts.helen,
    "fasseg": layouts.fasseg,
    "figaro1k": layouts.figaro,
    "hair": layouts.hair,
    "person": layouts.person,
    "landmarks68": layouts.landmarks68,
    "plain": layouts.plain,
    "photos": layouts.photos,
}
LAPA = scheme("lapa")


def pairs(root: Path) -> Path:
    write_pairs(root, 4, SIZE)
    return root


def read(root: Path, wanted: str = "celebamask") -> list[tuple[Entry, Pair]]:
    reader = open_data(root)
    return [(entry, reader.read(entry, scheme(wanted))) for entry in reader.entries()]


@pytest.mark.parametrize(("name", "make"), [*MAKERS.items(), ("pairs", pairs)])
def test_every_layout_is_recognised_and_gives_photos_with_labels_of_their_size(name: str, make, tmp_path: Path) -> None:
    root = make(tmp_path / "set")
    assert detect_layout(root) == name
    found = read(root)
    assert len(found) >= 2
    for entry, pair in found:
        assert pair.image.dtype == pair.labels.dtype == np.uint8
        assert pair.image.shape == (SIZE, SIZE, 3)
        assert pair.labels.shape == (SIZE, SIZE)
        assert entry.name == Path(entry.name).name
        assert not any(letter.isspace() for letter in entry.name)
    assert len({entry.name for entry, _ in found}) == len(found)


def test_every_reader_was_tested() -> None:
    assert set(READERS) == {*MAKERS, "pairs"}


def test_celebamask_parts_are_painted_in_the_documented_order(tmp_path: Path) -> None:
    root = layouts.celebamask_hq(tmp_path)
    for number, (_, pair) in enumerate(read(root)):
        np.testing.assert_array_equal(pair.labels, face(SIZE, number)[1])  # skin's mask lies under them all
    anno = root / "CelebAMask-HQ-mask-anno" / "0"
    for path in anno.glob("00000_*.png"):
        path.unlink()
    everywhere = np.full((SIZE, SIZE), 255, np.uint8)
    for part in ("hat", "skin", "hair"):
        write(anno / f"00000_{part}.png", everywhere)
    assert (read(root)[0][1].labels == index("hat")).all()
    for part, label in {"ear_r": "earring", "neck_l": "necklace", "neck": "neck", "cloth": "clothing"}.items():
        write(anno / f"00000_{part}.png", everywhere)
        assert (read(root)[0][1].labels == index(label)).all()


@pytest.mark.parametrize(
    ("part", "label"),
    {"l_lip": "lower_lip", "u_lip": "upper_lip", "r_ear": "right_ear", "ear_r": "earring", "l_ear": "left_ear"}.items(),
)
def test_celebamask_names_that_mislead(part: str, label: str, tmp_path: Path) -> None:
    write(tmp_path / "CelebA-HQ-img" / "7.jpg", face(SIZE)[0])
    write(tmp_path / "CelebAMask-HQ-mask-anno" / "0" / f"00007_{part}.png", np.full((SIZE, SIZE), 255, np.uint8))
    assert (read(tmp_path)[0][1].labels == index(label)).all()


def test_celebamask_takes_celebas_split_from_the_mapping(tmp_path: Path) -> None:
    root = layouts.celebamask_hq(tmp_path / "with", mapping=True)
    assert [entry.split for entry in open_data(root).entries()] == ["train", "val", "test"]
    root = layouts.celebamask_hq(tmp_path / "without")
    assert [entry.split for entry in open_data(root).entries()] == [None] * 3


def test_inverted_masks_are_put_right_unless_asked_not_to(tmp_path: Path) -> None:
    _, labels = face(SIZE)
    wrong = mirrored_names(labels, CELEBAMASK)
    assert not np.array_equal(wrong, labels)
    write_pairs(tmp_path, 1, SIZE)
    write(tmp_path / "labels" / "face0.png", wrong)
    reader = open_data(tmp_path)
    (entry,) = reader.entries()
    np.testing.assert_array_equal(reader.read(entry, CELEBAMASK).labels, labels)
    np.testing.assert_array_equal(reader.read(entry, CELEBAMASK, correct_sides=False).labels, wrong)


@pytest.mark.parametrize("inverted", [False, True])
@pytest.mark.parametrize("turns", range(4))
def test_lapas_landmarks_tell_the_sides_of_a_head_however_it_lies(turns: int, inverted: bool) -> None:
    _, labels = face(SIZE)
    turned = np.rot90(labels, turns)
    points = np.array(layouts.landmarks(turned).split()[1:], float).reshape(106, 2)
    right = in_scheme(turned, "lapa")
    given = mirrored_names(right, LAPA) if inverted else right
    np.testing.assert_array_equal(sides_by_landmarks(given, LAPA, points), right)


def test_lapas_landmarks_tell_the_side_of_a_profile() -> None:
    _, labels = face(SIZE)
    points = np.array(layouts.landmarks(labels).split()[1:], float).reshape(106, 2)
    labels = np.where(np.isin(labels, [index("left_eye"), index("left_eyebrow")]), index("skin"), labels).astype(np.uint8)
    right = in_scheme(labels, "lapa")
    np.testing.assert_array_equal(sides_by_landmarks(mirrored_names(right, LAPA), LAPA, points), right)


@pytest.mark.parametrize("text", ["", "106\n1 2\n", "68\n" + "1 2\n" * 68, "106\n" + "x y\n" * 106])
def test_lapa_reads_without_landmarks_or_with_broken_ones(text: str, tmp_path: Path) -> None:
    root = layouts.lapa(tmp_path)
    file = root / "train" / "landmarks" / "0_0.txt"
    file.write_text(text)
    assert read_landmarks(file) is None
    assert read_landmarks(root / "train" / "landmarks" / "1_0.txt") is not None
    np.testing.assert_array_equal(read(root, "lapa")[0][1].labels, in_scheme(face(SIZE)[1], "lapa"))
    file.unlink()
    np.testing.assert_array_equal(read(root, "lapa")[0][1].labels, in_scheme(face(SIZE)[1], "lapa"))


def test_lapa_and_helen_keep_their_splits(tmp_path: Path) -> None:
    assert [entry.split for entry, _ in read(layouts.lapa(tmp_path / "lapa"))] == ["train", "train", "val", "test"]
    assert [entry.split for entry, _ in read(layouts.helen(tmp_path / "helen"))] == ["train", "val", "test"]


def test_helen_takes_the_likeliest_of_eleven(tmp_path: Path) -> None:
    for seed, (_, pair) in enumerate(read(layouts.helen(tmp_path), "lapa")):
        assert (pair.labels == in_scheme(face(SIZE, seed)[1], "lapa")).mean() > 0.99  # thin parts lose a pixel to the blur


def test_lapas_background_teaches_only_that_it_is_not_hair(tmp_path: Path) -> None:
    _, pair = read(layouts.lapa(tmp_path))[0]
    labels = face(SIZE)[1]
    known = ~np.isin(labels, [index("background"), index("neck")])
    np.testing.assert_array_equal(pair.labels[known], labels[known])
    assert set(np.unique(pair.labels[~known])) == {NOT_HAIR}


@pytest.mark.parametrize("quality", [60, 95])
def test_fassegs_colours_survive_jpeg(quality: int) -> None:
    labels = in_scheme(face(128)[1], "fasseg")
    done, data = cv2.imencode(".jpg", cv2.cvtColor(PALETTE[labels], cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    found = nearest_colours(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB))
    known = found != IGNORE
    assert known.mean() > 0.8
    assert (found == labels)[known].mean() > 0.97


def test_fassegs_colours_are_exact_within_the_tolerance_and_unknown_beyond() -> None:
    colours = PALETTE[None].astype(int)
    away = np.where(colours > 127, -1, 1)
    np.testing.assert_array_equal(nearest_colours((colours + TOLERANCE * away).astype(np.uint8))[0], range(6))
    assert (nearest_colours((colours + (TOLERANCE + 1) * away).astype(np.uint8)) == IGNORE).all()
    assert (nearest_colours(np.full((2, 2, 3), 255, np.uint8)) == IGNORE).all()


def test_fasseg_finds_photos_kept_as_jpeg_and_does_not_read_a_picture_twice(tmp_path: Path) -> None:
    root = layouts.fasseg(tmp_path)
    write(root / "Train_RGB" / "JPEG" / "0.jpg", face(SIZE, 9)[0])  # beside 0.bmp
    (root / "Train_RGB" / "1.bmp").unlink()
    write(root / "Train_RGB" / "JPEG" / "1.jpg", face(SIZE, 1)[0])
    found = read(root, "fasseg")
    assert [entry.name for entry, _ in found] == ["train-0", "train-1", "train-2", "train-3", "test-+15-1"]
    np.testing.assert_array_equal(found[0][1].image, face(SIZE, 0)[0])


def test_hair_masks_say_hair_and_not_hair(tmp_path: Path) -> None:
    for maker in (layouts.figaro, layouts.hair):
        for seed, (entry, pair) in enumerate(read(maker(tmp_path / maker.__name__))):
            is_hair = face(SIZE, seed)[1] == index("hair")
            np.testing.assert_array_equal(pair.labels, np.where(is_hair, index("hair"), NOT_HAIR))
            assert entry.split in ("train", "test")


def test_a_plain_folder_means_what_its_toml_says(tmp_path: Path) -> None:
    root = layouts.plain(tmp_path)
    labels = face(SIZE)[1]
    lips, is_hair = np.isin(labels, [index("upper_lip"), index("lower_lip")]), labels == index("hair")
    (entry, pair), _ = read(root, "hair")
    assert entry.name == "a_0"
    np.testing.assert_array_equal(pair.labels, is_hair)
    _, pair = read(root)[0]
    np.testing.assert_array_equal(pair.labels == index("hair"), is_hair)
    assert set(np.unique(pair.labels[lips])) == {NOT_HAIR}  # upper or lower is not told
    assert set(np.unique(pair.labels[~lips & ~is_hair])) == {NOT_HAIR}


@pytest.mark.parametrize(
    "text",
    [
        "",
        '0 = "hair"',
        '0 = "background"\n300 = "hair"',
        'x = "background"',
        "0 = 5",
        '0 = "background"\n1 = "hair"\n2 = "hair"',
        "0 = [",
    ],
)
def test_a_toml_that_means_nothing_is_refused(text: str, tmp_path: Path) -> None:
    root = layouts.plain(tmp_path)
    (root / "labels.toml").write_text(text)
    with pytest.raises(ParameterError, match=r"labels\.toml"):
        read(root)


def test_an_unknown_part_in_the_toml_is_named(tmp_path: Path) -> None:
    root = layouts.plain(tmp_path)
    (root / "labels.toml").write_text('0 = "background"\n1 = "lip"')
    with pytest.raises(UnknownName, match="'lips'"):
        read(root)


def test_palette_pictures_are_read_by_index(tmp_path: Path) -> None:
    root = layouts.plain(tmp_path)
    before = cv2.imread(str(root / "labels" / "a 0.png"), cv2.IMREAD_UNCHANGED)
    mask = Image.fromarray(before)
    mask.putpalette([200, 10, 10] * 256)
    mask.save(root / "labels" / "a 0.png")
    assert cv2.imread(str(root / "labels" / "a 0.png"), cv2.IMREAD_UNCHANGED).ndim == 3
    np.testing.assert_array_equal(read(root, "hair")[0][1].labels, before == 9)


def test_photos_alone_have_no_labels(tmp_path: Path) -> None:
    found = read(layouts.photos(tmp_path))
    assert [entry.name for entry, _ in found] == ["deep-er-three", "deep-two", "one"]
    assert all((pair.labels == IGNORE).all() for _, pair in found)


def fault(root: Path, name: str, wanted: str = "celebamask") -> str:
    reader = open_data(root)
    (entry,) = [entry for entry in reader.entries() if entry.name == name]
    with pytest.raises(BadPair, match=name) as error:
        reader.read(entry, scheme(wanted))
    return error.value.fault


def test_faults_are_told_apart(tmp_path: Path) -> None:
    root = layouts.lapa(tmp_path)
    train = root / "train"
    photo = (train / "images" / "0_0.jpg").read_bytes()
    (train / "images" / "cut.jpg").write_bytes(photo[: len(photo) // 2])
    (train / "images" / "not.jpg").write_bytes(b"no picture")
    for name in ("cut", "not"):
        write(train / "labels" / f"{name}.png", np.ones((SIZE, SIZE), np.uint8))
    write(train / "labels" / "photoless.png", np.ones((SIZE, SIZE), np.uint8))
    for name in ("maskless", "small", "empty", "index", "colour", "broken"):
        write(train / "images" / f"{name}.jpg", face(SIZE)[0])
    write(train / "labels" / "small.png", np.ones((SIZE, SIZE - 1), np.uint8))
    write(train / "labels" / "empty.png", np.zeros((SIZE, SIZE), np.uint8))
    write(train / "labels" / "index.png", np.full((SIZE, SIZE), 11, np.uint8))
    write(train / "labels" / "colour.png", face(SIZE)[0])
    (train / "labels" / "broken.png").write_bytes((train / "labels" / "0_0.png").read_bytes()[:-40])
    faults = {
        "cut": "corrupt", "not": "corrupt", "photoless": "missing", "maskless": "missing", "small": "misaligned", "empty": "empty",
        "index": "corrupt", "colour": "corrupt", "broken": "corrupt",
    }  # fmt: skip
    assert {name: fault(root, name) for name in faults} == faults


def test_faults_of_masks_by_part(tmp_path: Path) -> None:
    root = layouts.celebamask_hq(tmp_path)
    anno = root / "CelebAMask-HQ-mask-anno"
    write(anno / "0" / "00000_moustache.png", np.ones((SIZE, SIZE), np.uint8))
    write(anno / "0" / "00001_hat.png", np.ones((SIZE, 10), np.uint8))
    write(root / "CelebA-HQ-img" / "2.jpg", face(SIZE)[0][:50])
    write(root / "CelebA-HQ-img" / "3.jpg", face(SIZE)[0])
    write(anno / "2" / "00004_hair.png", np.ones((SIZE, SIZE), np.uint8))
    assert {name: fault(root, name) for name in "01234"} == {
        "0": "corrupt", "1": "misaligned", "2": "misaligned", "3": "missing", "4": "missing",
    }  # fmt: skip


def test_helen_misses_a_map(tmp_path: Path) -> None:
    root = layouts.helen(tmp_path)
    (root / "labels" / "1_1" / "1_1_lbl07.png").unlink()
    write(root / "labels" / "2_1" / "2_1_lbl07.png", np.zeros((8, 8), np.uint8))
    assert fault(root, "1_1") == "missing"
    assert fault(root, "2_1") == "misaligned"


def test_labels_that_say_nothing_in_the_wanted_scheme_are_empty(tmp_path: Path) -> None:
    root = layouts.plain(tmp_path)
    (root / "labels.toml").write_text('0 = "background"\n3 = "mouth"\n9 = ["hair", "left_eye"]')
    assert fault(root, "a_0", "eyes_lips") == "empty"  # each class is one part of the wanted ones and something else besides


def test_folders_like_nothing_and_wrong_names_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match=r"(?s)looks like no data set.*helen"):
        detect_layout(tmp_path)
    with pytest.raises(ParameterError, match="not a folder"):
        detect_layout(tmp_path / "nowhere")
    layouts.photos(tmp_path)
    with pytest.raises(UnknownName, match="'lapa'"):
        open_data(tmp_path, "lappa")
    with pytest.raises(ParameterError, match=r"not of the layout 'helen'.*_lbl00"):
        open_data(tmp_path, "helen")


def test_translation_keeps_what_lookup_keeps_and_tells_not_hair() -> None:
    table = translation(scheme("hair"), CELEBAMASK)
    np.testing.assert_array_equal(table[[0, 1, NOT_HAIR, IGNORE]], [NOT_HAIR, index("hair"), NOT_HAIR, IGNORE])
    table = translation(CELEBAMASK, CELEBAMASK)
    np.testing.assert_array_equal(table[:19], range(19))
    assert translation(CELEBAMASK, scheme("face_mask"))[NOT_HAIR] == IGNORE  # it has no class for hair
    table = translation(scheme("fasseg"), CELEBAMASK)
    np.testing.assert_array_equal(table[:6], [NOT_HAIR, NOT_HAIR, index("nose"), NOT_HAIR, NOT_HAIR, IGNORE])


def test_landmarks_label_a_few_pixels_of_their_features_and_nothing_else(tmp_path: Path) -> None:
    found = read(layouts.landmarks68(tmp_path))
    for entry, pair in found:
        _, right = face(SIZE, int(entry.name[-1]))
        known = pair.labels != IGNORE
        assert 0 < known.mean() < 0.02
        np.testing.assert_array_equal(pair.labels[known], right[known])
        assert set(pair.labels[known]) == {index(part) for part in FEATURES if part != "mouth"}
    people = {entry.name[:-2]: set() for entry, _ in found}
    for entry, _ in found:
        people[entry.name[:-2]].add(entry.split)
    assert all(len(parts) == 1 for parts in people.values())
