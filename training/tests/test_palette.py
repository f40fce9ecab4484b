"""Which colour stands for which label in pix2pix's mask pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_faces import CELEBAMASK, face

from facefx_training.data import Pictures
from facefx_training.networks.pix2pix import Pix2Pix, spread_palette
from facefx_training.run.adversarial import AdversarialParser
from facefx_training.run.config import Config
from facefx_training.run.palette import arranged_palette, strays


def rings(classes: int) -> np.ndarray:
    """(1, 64, 64): each label touches only the one before and the one after it."""
    return (np.arange(64)[None, :] * classes // 64).repeat(64, 0)[None].astype(np.uint8)


@pytest.mark.parametrize("classes", [2, 3, 5, 8, 13, 19])
def test_labels_in_a_row_get_colours_with_none_between_two_that_touch(classes: int) -> None:
    labels = rings(classes)
    palette = arranged_palette(labels, classes)
    assert palette.shape == (classes, 3)
    assert palette.min() >= 0
    assert palette.max() <= 1
    assert len({tuple(colour) for colour in palette.tolist()}) == classes
    assert strays(palette, labels).sum() < 0.01  # two colours as near as a third one


def test_a_third_label_between_two_colours_is_counted_for_each_pixel_of_it() -> None:
    palette = torch.tensor([[0.0, 0, 0], [1, 1, 1], [0.5, 0.5, 0.5]])
    labels = np.zeros((1, 4, 8), np.uint8)
    labels[0, :, 4:] = 1
    labels[0, 0, 0] = 255  # unknown touches nothing
    assert strays(palette, labels).tolist() == [0, 0, pytest.approx(4 * 15 / 33)]  # of none, as if of one
    labels[0, 3, 6:] = 2
    assert strays(palette, labels)[2] == pytest.approx(4 * 15 / 33 / 2)


def test_faces_stray_far_less_than_with_colours_in_the_schemes_order() -> None:
    labels = np.stack([face(96, seed)[1] for seed in range(6)])
    before = strays(spread_palette(len(CELEBAMASK)), labels).sum()
    after = strays(arranged_palette(labels, len(CELEBAMASK)), labels).sum()
    assert before > 0.05
    assert after < 0.1 * before


def test_a_run_paints_in_colours_arranged_for_its_pictures(tmp_path: Path) -> None:
    images, labels = zip(*(face(64, seed) for seed in range(4)), strict=True)
    shown = Pictures(list("abcd"), np.stack(images), np.stack(labels))
    options = {"encoder": "efficientnet-lite0"}
    config = Config(data="", steps=1, family="pix2pix", options=options, sizes=((0.0, 64),))
    network = AdversarialParser(config, shown, np.ones(4), shown, tmp_path).network
    assert isinstance(network, Pix2Pix)
    assert torch.equal(network.palette, arranged_palette(shown.labels, len(CELEBAMASK)))
