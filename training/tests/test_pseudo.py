from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from tiny_faces import face, index, read_picture
from typer.testing import CliRunner

from facefx.labels import IGNORE
from facefx_training.cli import app
from facefx_training.data import picture_path, read_celebamask, read_names
from facefx_training.data.hair import NOT_HAIR
from facefx_training.data.pseudo_labels import correct_by_hair, likely_copies, pseudo_label

HAIR, SKIN, NOSE = index("hair"), index("skin"), index("nose")


def hair_folder(root: Path, *, height: int = 64, width: int = 64) -> Path:
    (root / "images").mkdir(parents=True)
    (root / "hair").mkdir()
    for i in range(2):
        image, labels = face(64, i)
        small = (width, height)
        image = cv2.resize(image, small, interpolation=cv2.INTER_AREA)
        hair = cv2.resize((labels == HAIR).astype(np.uint8), small, interpolation=cv2.INTER_NEAREST)
        cv2.imwrite(str(root / "images" / f"p{i}.jpg"), image[..., ::-1])
        cv2.imwrite(str(root / "hair" / f"p{i}.png"), hair * 255)
    return root


def test_the_mask_overrules_the_teacher() -> None:
    probabilities = np.zeros((19, 1, 5))
    probabilities[SKIN, 0, 0] = 1  # skin for sure, outside the mask
    probabilities[SKIN, 0, 1] = 1  # skin for sure, but the mask says hair
    probabilities[[HAIR, SKIN], 0, 2] = 0.6, 0.4  # called hair outside the mask: nobody knows what it is
    probabilities[[HAIR, SKIN], 0, 3] = 0.4, 0.6  # skin, once hair is out
    probabilities[[NOSE, SKIN], 0, 4] = 0.5, 0.5  # unsure
    labels = correct_by_hair(probabilities, np.array([[False, True, False, False, False]]), 0.7)
    np.testing.assert_array_equal(labels, [[SKIN, HAIR, NOT_HAIR, SKIN, NOT_HAIR]])


def test_without_a_teacher_only_hair_is_known(tmp_path: Path) -> None:
    folder = hair_folder(tmp_path / "hair", height=64, width=32)
    about = pseudo_label([folder], tmp_path / "out", model=None, held_out=[], license="CC0", side=64)
    assert (about["pictures"], about["left_out_as_copies"], about["license"]) == (2, 0, "CC0")
    pictures = read_celebamask(tmp_path / "out", read_names(tmp_path / "out" / "train.txt"))
    assert set(np.unique(pictures.labels)) == {HAIR, NOT_HAIR, IGNORE}
    assert (pictures.labels[:, :, :16] == IGNORE).all()  # the padding of a narrow photo
    assert (pictures.labels[:, :, 16:48] != IGNORE).all()


def test_held_out_photos_are_recognised_in_another_size_and_quality(tmp_path: Path) -> None:
    folder = hair_folder(tmp_path / "hair")
    image = cv2.imread(str(folder / "images" / "p1.jpg"))
    held_out = tmp_path / "held.jpg"
    cv2.imwrite(str(held_out), cv2.resize(image, (150, 150)), [cv2.IMWRITE_JPEG_QUALITY, 40])
    assert "p1" in likely_copies(folder, ["p0", "p1"], [held_out])
    noise = tmp_path / "noise.jpg"
    cv2.imwrite(str(noise), np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8))
    assert likely_copies(folder, ["p0", "p1"], [noise]) == set()


def test_held_out_photos_may_be_webp(tmp_path: Path, pairs: Path) -> None:
    """Of the same name or not, a copy is left out, whatever the ending."""
    folder = hair_folder(tmp_path / "hair")
    (pairs / "images" / "face9.jpg").unlink()
    cv2.imwrite(str(pairs / "images" / "face9.webp"), cv2.imread(str(folder / "images" / "p1.jpg")), [cv2.IMWRITE_WEBP_QUALITY, 90])
    (pairs / "val.txt").write_text("face9")
    command = ["pseudo-label", folder, "--into", tmp_path / "out", "--held-out", pairs, "--license", "CC0"]
    done = CliRunner().invoke(app, [str(word) for word in command], catch_exceptions=False)
    assert "left out as copies" in done.output
    assert "p1" not in read_names(tmp_path / "out" / "train.txt")


def test_pairs_may_be_webp(pairs: Path) -> None:
    before = read_celebamask(pairs, ["face0", "face1"])
    jpeg = pairs / "images" / "face1.jpg"
    cv2.imwrite(str(jpeg.with_suffix(".webp")), cv2.imread(str(jpeg)), [cv2.IMWRITE_WEBP_QUALITY, 101])  # over 100: lossless
    jpeg.unlink()
    assert picture_path(pairs, "face1") == jpeg.with_suffix(".webp")
    assert picture_path(pairs, "nobody") == pairs / "images" / "nobody.jpg"
    np.testing.assert_array_equal(read_picture(picture_path(pairs, "face1")), before.images[1])
    np.testing.assert_array_equal(read_celebamask(pairs, ["face0", "face1"]).images, before.images)
