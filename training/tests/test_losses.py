from __future__ import annotations

import math

import pytest
import torch
from tiny_faces import index
from torch.nn import functional as F

from facefx.labels import IGNORE
from facefx_training.data.hair import NOT_HAIR
from facefx_training.losses import parsing_loss


def logits_for(labels: torch.Tensor, sure: float) -> torch.Tensor:
    return sure * F.one_hot(labels, 19).permute(0, 3, 1, 2).float()


def test_is_near_zero_for_the_truth_and_large_for_its_opposite() -> None:
    labels = torch.tensor([[[0, 13], [1, 4]]])
    assert parsing_loss(logits_for(labels, 30), labels) < 1e-4
    assert parsing_loss(logits_for(labels.flip(2), 30), labels) > 10


def test_adds_cross_entropy_and_dice_by_hand() -> None:
    # two pixels of class 1 and one of class 0, all given 1/19 for every class
    labels = torch.tensor([[[1, 1, 0]]])
    dice = ((1 - 2 * (2 / 19) / (3 / 19 + 2)) + (1 - 2 * (1 / 19) / (3 / 19 + 1))) / 2
    assert parsing_loss(torch.zeros(1, 19, 1, 3), labels).item() == pytest.approx(math.log(19) + dice, rel=1e-5)


def test_says_nothing_about_pixels_that_nobody_labelled() -> None:
    labels = torch.tensor([[[1, IGNORE], [4, IGNORE]]])
    one, two = torch.randn(2, 1, 19, 2, 2).unbind(0)
    two[..., 0] = one[..., 0]
    assert parsing_loss(one, labels) == pytest.approx(parsing_loss(two, labels).item())
    nothing = parsing_loss(one.requires_grad_(), torch.full((1, 2, 2), IGNORE))
    nothing.backward()
    assert nothing == 0
    assert (one.grad == 0).all()


def test_not_hair_only_pushes_hair_down() -> None:
    logits = torch.zeros(1, 19, 1, 2, requires_grad=True)
    parsing_loss(logits, torch.full((1, 1, 2), NOT_HAIR)).backward()
    gradient = logits.grad[0, :, 0, 0]
    hair = index("hair")
    assert gradient[hair] > 0
    others = torch.cat([gradient[:hair], gradient[hair + 1 :]])
    assert (others < 0).all()
    torch.testing.assert_close(others, others[:1].expand_as(others))


def test_class_weights_count_in_the_mean() -> None:
    labels = torch.tensor([[[1, 4]]])
    logits = torch.randn(1, 19, 1, 2)
    weights = torch.ones(19)
    weights[4] = 3
    plain = F.cross_entropy(logits, labels, weights)
    assert parsing_loss(logits, labels, weights) - parsing_loss(logits, labels) == pytest.approx(
        (plain - F.cross_entropy(logits, labels)).item(), abs=1e-5
    )
