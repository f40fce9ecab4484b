from __future__ import annotations

import math

import pytest
import torch
from tiny_faces import CELEBAMASK, index
from torch.nn import functional as F

from facefx.errors import UnknownName
from facefx.labels import IGNORE, scheme
from facefx_training.data.hair import NOT_HAIR
from facefx_training.run.losses import LOSSES, ParsingLoss, edge_weights


def parsing_loss(logits: torch.Tensor, labels: torch.Tensor, name: str = "ce+dice", **class_weights: float) -> torch.Tensor:
    return ParsingLoss(name, CELEBAMASK, class_weights)(logits, labels)


def logits_for(labels: torch.Tensor, sure: float) -> torch.Tensor:
    return sure * F.one_hot(labels, 19).permute(0, 3, 1, 2).float()


@pytest.mark.parametrize("name", LOSSES)
def test_is_near_zero_for_the_truth_and_large_for_its_opposite(name: str) -> None:
    labels = torch.tensor([[[0, 13], [1, 4]]])
    assert parsing_loss(logits_for(labels, 30), labels, name) < 1e-4
    assert parsing_loss(logits_for(labels.flip(2), 30), labels, name) > (10 if name != "dice" else 0.9)


def test_adds_cross_entropy_and_dice_by_hand() -> None:
    # two pixels of class 1 and one of class 0, all given 1/19 for every class
    labels = torch.tensor([[[1, 1, 0]]])
    dice = ((1 - 2 * (2 / 19) / (3 / 19 + 2)) + (1 - 2 * (1 / 19) / (3 / 19 + 1))) / 2
    assert parsing_loss(torch.zeros(1, 19, 1, 3), labels).item() == pytest.approx(math.log(19) + dice, rel=1e-5)


@pytest.mark.parametrize("name", LOSSES)
def test_says_nothing_about_pixels_that_nobody_labelled(name: str) -> None:
    labels = torch.tensor([[[1, IGNORE], [4, IGNORE]]])
    one, two = torch.randn(2, 1, 19, 2, 2).unbind(0)
    two[..., 0] = one[..., 0]
    assert parsing_loss(one, labels, name) == pytest.approx(parsing_loss(two, labels, name).item())
    nothing = parsing_loss(one.requires_grad_(), torch.full((1, 2, 2), IGNORE), name)
    nothing.backward()
    assert nothing == 0
    assert (one.grad == 0).all()


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "dice"])
def test_not_hair_only_pushes_hair_down(name: str) -> None:
    logits = torch.zeros(1, 19, 1, 2, requires_grad=True)
    parsing_loss(logits, torch.full((1, 1, 2), NOT_HAIR), name).backward()
    gradient = logits.grad[0, :, 0, 0]
    hair = index("hair")
    assert gradient[hair] > 0
    others = torch.cat([gradient[:hair], gradient[hair + 1 :]])
    assert (others < 0).all()
    torch.testing.assert_close(others, others[:1].expand_as(others))


def test_dice_counts_hair_said_where_there_is_none() -> None:
    labels = torch.tensor([[[index("hair"), NOT_HAIR]]])
    logits = torch.zeros(1, 19, 1, 2)
    bald = logits.clone()
    bald[0, index("hair"), 0, 1] = -9
    assert parsing_loss(bald, labels, "dice") < parsing_loss(logits, labels, "dice")
    # one pixel of hair, given 1/19; the same share of hair said where it is not
    assert parsing_loss(logits, labels, "dice").item() == pytest.approx(1 - (2 / 19) / (2 / 19 + 1), rel=1e-5)


def test_class_weights_count_in_the_mean() -> None:
    labels = torch.tensor([[[1, 4]]])
    logits = torch.randn(1, 19, 1, 2)
    weights = torch.ones(19)
    weights[4] = 3
    weighted = F.cross_entropy(logits, labels, weights)
    assert parsing_loss(logits, labels, "weighted-ce", left_eye=3.0).item() == pytest.approx(weighted.item(), rel=1e-5)
    assert parsing_loss(logits, labels, "ce", left_eye=3.0).item() == pytest.approx(
        F.cross_entropy(logits, labels).item(), rel=1e-5
    )
    dice = parsing_loss(logits, labels, "dice")
    assert parsing_loss(logits, labels, "ce+dice", left_eye=3.0).item() == pytest.approx((weighted + dice).item(), rel=1e-5)


def test_focal_by_hand() -> None:
    labels = torch.tensor([[[1, 0]]])
    logits = torch.zeros(1, 19, 1, 2)
    logits[0, 1, 0, 0] = math.log(18 * 4)  # right with probability 0.8 here, and 1/19 there
    expected = (-(0.2**2) * math.log(0.8) + (18 / 19) ** 2 * math.log(19)) / 2
    assert parsing_loss(logits, labels, "focal").item() == pytest.approx(expected, rel=1e-4)


def test_weights_rise_towards_an_edge_and_unknown_pixels_make_none() -> None:
    row = torch.tensor([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, IGNORE, IGNORE])
    weights = edge_weights(row.expand(1, 12, 12))
    assert weights[0, 5].tolist() == [1, 1, 2, 2, 3, 4, 4, 3, 2, 2, 1, 1]


def test_boundary_looks_harder_at_edges() -> None:
    labels = torch.zeros(1, 16, 16, dtype=torch.int64)
    labels[..., 8:] = 1
    wrong_at_edge, wrong_inside = (logits_for(labels, 5.0) for _ in range(2))
    wrong_at_edge[..., 8] = 0
    wrong_inside[..., 15] = 0
    assert parsing_loss(wrong_at_edge, labels, "boundary") > 2 * parsing_loss(wrong_inside, labels, "boundary")
    assert parsing_loss(wrong_at_edge, labels, "ce").item() == pytest.approx(parsing_loss(wrong_inside, labels, "ce").item())


@pytest.mark.parametrize("name", LOSSES)
def test_a_scheme_without_hair_takes_not_hair_for_unknown(name: str) -> None:
    loss = ParsingLoss(name, scheme("eyes_lips"), {"necklace": 8.0})
    logits = torch.randn(1, 5, 1, 2)
    assert loss(logits, torch.tensor([[[1, NOT_HAIR]]])).item() == pytest.approx(loss(logits, torch.tensor([[[1, IGNORE]]])).item())


def test_an_unknown_loss_is_named() -> None:
    with pytest.raises(UnknownName, match="focal"):
        ParsingLoss("focl", CELEBAMASK, {})
