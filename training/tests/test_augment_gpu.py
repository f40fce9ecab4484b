"""What is done to batches on a GPU, done here on the CPU."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_faces import CELEBAMASK, face, index

from facefx.labels import IGNORE

pytest.importorskip("kornia")

from facefx_training.data.augment_gpu import BatchAugment, mirror_batch


def batch(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = zip(*(face(96, seed) for seed in range(count)), strict=True)
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2), torch.from_numpy(np.stack(labels))


def middle_x(labels: torch.Tensor, part: str) -> float:
    return float((labels == index(part)).nonzero()[:, 1].float().mean())


def test_a_flip_swaps_left_and_right_of_those_that_are_chosen() -> None:
    images, labels = batch(2)
    flipped_images, flipped = mirror_batch(images, labels, torch.tensor([True, False]), CELEBAMASK)
    assert torch.equal(flipped[0].flip(-1) == index("left_eye"), labels[0] == index("right_eye"))
    assert torch.equal(flipped_images[0].flip(-1), images[0])
    assert torch.equal(flipped[1], labels[1])
    assert torch.equal(flipped_images[1], images[1])


def test_sides_stay_right_through_every_augmentation() -> None:
    torch.manual_seed(0)
    images, labels = batch(24)
    before = labels.clone()
    varied_images, varied = BatchAugment(64, CELEBAMASK)(images, labels)
    assert varied_images.shape == (24, 3, 64, 64)
    assert varied_images.dtype == varied.dtype == torch.uint8
    assert torch.equal(labels, before)
    assert set(varied.unique().tolist()) <= {*labels.unique().tolist(), IGNORE}
    for one in varied:
        assert middle_x(one, "left_eyebrow") > middle_x(one, "right_eyebrow")


def test_labels_move_with_their_pixels_and_what_lies_outside_is_unknown() -> None:
    torch.manual_seed(1)
    _, labels = batch(16)
    painted = (labels[:, None] * 10).repeat(1, 3, 1, 1)
    augment = BatchAugment(96, CELEBAMASK)
    pixels, known = augment._crop(painted.float() / 255, labels)
    inside = known != IGNORE
    agree = (pixels[:, 0] * 255 - 10 * known.float()).abs()[inside] < 5
    assert agree.float().mean() > 0.8  # all but edges, where neighbours mix
    assert (pixels[:, 0][~inside] - 0.5).abs().median() < 1e-3
    assert 0.02 < 1 - inside.float().mean() < 0.6
