"""Scores against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from facefx.labels import IGNORE, scheme
from facefx_training.data import Pictures
from facefx_training.judge.evaluate import breakdown, report
from facefx_training.judge.metrics import confusion, scores


def test_confusion_counts_truth_down_and_prediction_across_and_skips_what_is_unknown() -> None:
    truth = np.array([[0, 0, 1], [1, 2, IGNORE]])
    said = np.array([[0, 1, 1], [1, 0, 2]])
    np.testing.assert_array_equal(confusion(truth, said, 3), [[1, 1, 0], [0, 2, 0], [1, 0, 0]])


def test_scores_by_hand() -> None:
    # class 0: 6 right, 2 called 1. class 1: 3 right, 1 called 0. class 2: 4 pixels, never predicted, all called 0.
    values = scores(np.array([[6, 2, 0], [1, 3, 0], [4, 0, 0]]))
    assert values["accuracy"] == pytest.approx(9 / 16)
    assert values["f1"] == pytest.approx([12 / 19, 6 / 9, 0])
    assert values["iou"] == pytest.approx([6 / 13, 3 / 6, 0])
    assert values["mean_f1"] == pytest.approx((6 / 9 + 0) / 2)  # foreground only; the class nobody found counts 0
    assert values["miou"] == pytest.approx((6 / 13 + 3 / 6 + 0) / 3)
    assert values["precision"] == pytest.approx([6 / 11, 3 / 5, 0])
    assert values["recall"] == pytest.approx([6 / 8, 3 / 4, 0])
    assert values["mean_precision"] == pytest.approx((3 / 5 + 0) / 2)
    assert values["mean_recall"] == pytest.approx((3 / 4 + 0) / 2)


def test_means_are_over_the_classes_that_are_stated() -> None:
    matrix = np.array([[6, 2, 0], [1, 3, 0], [4, 0, 0]])
    assert scores(matrix, [0, 1])["mean_f1"] == pytest.approx((12 / 19 + 6 / 9) / 2)
    assert scores(matrix, [1])["mean_recall"] == pytest.approx(3 / 4)


def test_a_class_that_the_labels_do_not_hold_is_in_no_mean() -> None:
    values = scores(np.array([[5, 0, 1], [0, 4, 0], [0, 0, 0]]))
    assert math.isnan(values["f1"][2])
    assert values["mean_f1"] == pytest.approx(1)
    assert values["miou"] == pytest.approx((5 / 6 + 1) / 2)


def test_the_sum_over_a_set_is_not_the_mean_over_pictures() -> None:
    small = confusion(np.array([1]), np.array([0]), 2)
    large = confusion(np.ones(9, int), np.ones(9, int), 2)
    assert scores(small + large)["f1"][1] == pytest.approx(18 / 19)


def test_merged_lips_forgive_calling_the_upper_lip_lower() -> None:
    upper, lower, skin = 11, 12, 1
    matrix = np.zeros((19, 19), int)
    matrix[upper, lower] = 10
    matrix[lower, lower] = 10
    matrix[skin, skin] = 70
    matrix[skin, lower] = 10
    result = report(matrix)
    assert result["f1"]["upper_lip"] == 0
    assert result["f1"]["lower_lip"] == pytest.approx(50)  # 20 / 40
    assert result["lips"] == pytest.approx(80)  # 2 * 20 / (20 + 30)
    assert result["accuracy"] == pytest.approx(80)
    assert set(result["f1"]) == {"skin", "upper_lip", "lower_lip"}
    assert result["precision"]["lower_lip"] == pytest.approx(100 * 10 / 30, abs=0.01)
    assert result["recall"]["lower_lip"] == pytest.approx(100)


def test_a_coarse_scheme_is_reported_by_its_own_names_and_regions() -> None:
    result = report(np.diag([50, 10, 10, 20, 20]), scheme("eyes_lips"))
    assert set(result["f1"]) == {"left_eye", "right_eye", "upper_lip", "lower_lip"}
    assert result["eyes"] == result["lips"] == 100
    assert "brows" not in result
    assert "mouth" not in result


def test_a_breakdown_scores_each_condition_apart_and_counts_its_pictures() -> None:
    labels = np.zeros((3, 1, 4), np.uint8)
    labels[:, 0, :2] = 1
    said = labels.copy()
    said[1] = 0  # the second finds nothing
    pictures = Pictures(["a", "b", "c"], np.zeros((3, 1, 4, 3), np.uint8), labels)
    result = breakdown(said, pictures, [{"hat"}, {"hat", "dark"}, set()], scheme("hair"))
    assert result["hat"] == {"pictures": 2, "accuracy": 75.0, "miou": round(100 * (4 / 6 + 2 / 4) / 2, 2), "mean_f1": 66.67}
    assert result["dark"]["pictures"] == 1
    assert result["dark"]["mean_f1"] == 0
    assert result["none of these"] == {"pictures": 1, "accuracy": 100.0, "miou": 100.0, "mean_f1": 100.0}
    assert set(result) == {"hat", "dark", "none of these"}
