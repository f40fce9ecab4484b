from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from tiny_faces import CELEBAMASK, face, index

from facefx.errors import ImageError
from facefx.labels import IGNORE, scheme
from facefx_training.data import Augment, FaceDataset, join, read_celebamask, read_names, upright_sides
from facefx_training.data.augment import crop_matrix, mirror_pair
from facefx_training.data.dataset import rarity
from facefx_training.data.hair import NOT_HAIR

MIRROR = np.array([*CELEBAMASK.mirror, *range(19, 256)], np.uint8)


def middle_x(labels: np.ndarray, part: str) -> float:
    return float(np.nonzero(labels == index(part))[1].mean())


def test_a_flip_moves_the_left_eye_to_the_other_side_and_calls_it_right() -> None:
    image, labels = face(64)
    flipped_image, flipped = mirror_pair(image, labels, CELEBAMASK)
    assert middle_x(labels, "left_eye") > middle_x(labels, "right_eye")
    assert middle_x(flipped, "left_eye") > middle_x(flipped, "right_eye")
    np.testing.assert_array_equal(flipped[:, ::-1] == index("left_eye"), labels == index("right_eye"))
    np.testing.assert_array_equal(flipped_image[:, ::-1], image)


def test_a_flip_keeps_what_has_no_side() -> None:
    labels = np.array([[0, 13, 18, NOT_HAIR, IGNORE]], np.uint8)
    _, flipped = mirror_pair(np.zeros((1, 5, 3), np.uint8), labels, CELEBAMASK)
    np.testing.assert_array_equal(flipped, labels[:, ::-1])


@pytest.mark.parametrize("seed", range(12))
def test_sides_stay_right_through_every_augmentation(seed: int) -> None:
    image, labels = face(128)
    _, varied = Augment(96, CELEBAMASK)(image, labels, np.random.default_rng(seed))
    assert middle_x(varied, "left_eyebrow") > middle_x(varied, "right_eyebrow")


def test_augmenting_is_repeatable_and_leaves_its_arguments() -> None:
    image, labels = face(64)
    before = image.copy(), labels.copy()
    one, two = (Augment(64, CELEBAMASK)(image, labels, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
    np.testing.assert_array_equal(image, before[0])
    np.testing.assert_array_equal(labels, before[1])
    other = Augment(64, CELEBAMASK)(image, labels, np.random.default_rng(4))
    assert not np.array_equal(one[0], other[0])


def test_what_lies_outside_the_picture_has_no_label() -> None:
    image, labels = face(64)
    known = []
    for seed in range(40):
        _, varied = Augment(64, CELEBAMASK)(image, labels, np.random.default_rng(seed))
        assert set(np.unique(varied)) <= {*np.unique(labels), *np.unique(MIRROR[labels]), IGNORE}
        known.append((varied != IGNORE).mean())
    assert min(known) < 0.6 < max(known)


def test_a_crop_of_the_whole_picture_is_the_picture() -> None:
    image, _ = face(64)
    same = cv2.warpAffine(image, crop_matrix(64, 64, (0.5, 0.5), 1.0, 0.0), (64, 64), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    np.testing.assert_array_equal(same, image)


def test_a_crop_of_half_the_side_shows_the_middle_at_pixel_centres() -> None:
    ramp = np.arange(64, dtype=np.float32)[None].repeat(64, 0) + 0.5
    half = cv2.warpAffine(ramp, crop_matrix(64, 64, (0.5, 0.5), 0.5, 0.0), (64, 64), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    np.testing.assert_allclose(half[32], 16 + (np.arange(64) + 0.5) / 2, atol=0.05)


def test_inverted_sides_are_put_right_and_right_ones_left_alone() -> None:
    _, labels = face(64)
    np.testing.assert_array_equal(upright_sides(labels), labels)
    np.testing.assert_array_equal(upright_sides(MIRROR[labels]), labels)


def test_a_profile_with_one_eye_keeps_its_side() -> None:
    _, labels = face(64)
    for part in ("right_eye", "right_eyebrow"):
        labels[labels == index(part)] = index("skin")
    far = labels[:, ::-1].copy()  # its one eye is called left, on the other half of the picture
    np.testing.assert_array_equal(upright_sides(labels), labels)
    np.testing.assert_array_equal(upright_sides(far), far)


def test_pairs_are_read_at_the_size_asked_for(pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "val.txt"), 48)
    assert pictures.images.shape == (2, 48, 48, 3)
    assert pictures.labels.shape == (2, 48, 48)
    assert set(np.unique(pictures.labels)) <= set(np.unique(face(96, 8)[1]))
    image, labels = face(96, 8)
    whole = read_celebamask(pairs, ["face8"])
    assert np.abs(whole.images[0].astype(int) - image).mean() < 12  # it went through JPEG
    np.testing.assert_array_equal(whole.labels[0], labels)


def test_a_missing_picture_and_a_wrong_index_are_named(pairs: Path) -> None:
    with pytest.raises(ImageError, match=r"nobody\.jpg"):
        read_celebamask(pairs, ["nobody"])
    cv2.imwrite(str(pairs / "labels" / "face0.png"), np.full((96, 96), 19, np.uint8))
    with pytest.raises(ImageError, match=r"face0\.png"):
        read_celebamask(pairs, ["face0"])


def test_rare_parts_are_shown_oftener() -> None:
    labels = np.zeros((2, 8, 8), np.uint8)
    labels[1, 0, 0] = index("necklace")
    np.testing.assert_array_equal(rarity(labels, {"necklace": 3.0}, CELEBAMASK), [1.0, 3.0])


def test_an_epoch_hangs_on_seed_and_number_alone(pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"), 64)
    pictures = join([pictures, pictures])
    weights = np.ones(len(pictures))

    def epoch(number: int) -> list[np.ndarray]:
        data = FaceDataset(pictures, weights, Augment(64, CELEBAMASK), seed=1, epoch=number)
        assert len(data) == 16
        return [image.numpy() for image, _ in data]

    np.testing.assert_array_equal(epoch(0), epoch(0))
    assert not np.array_equal(epoch(0), epoch(1))


def test_weights_decide_what_is_drawn(pairs: Path) -> None:
    pictures = read_celebamask(pairs, read_names(pairs / "train.txt"), 64)
    data = FaceDataset(pictures, np.eye(8)[5], None, seed=0, epoch=0)
    assert set(data.order) == {5}


def test_a_flip_swaps_the_sides_of_a_coarser_scheme_too() -> None:
    eyes_lips = scheme("eyes_lips")
    labels = np.array([[0, 1, 2, 3, 4]], np.uint8)
    _, flipped = mirror_pair(np.zeros((1, 5, 3), np.uint8), labels, eyes_lips)
    np.testing.assert_array_equal(flipped, [[4, 3, 1, 2, 0]])


def test_faces_of_a_scheme_without_skin_or_hair_are_varied_and_none_is_shown_oftener() -> None:
    image, labels = face(64)
    coarse = scheme("eyes_lips").lookup_from(CELEBAMASK)[labels]
    for seed in range(12):
        _, varied = Augment(64, scheme("eyes_lips"))(image, coarse, np.random.default_rng(seed))
        assert set(np.unique(varied)) <= {0, 1, 2, 3, 4, IGNORE}
    np.testing.assert_array_equal(rarity(coarse[None], {"necklace": 3.0}, scheme("eyes_lips")), [1.0])
