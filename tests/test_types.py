"""Boxes, masks and parsings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from facefx.errors import RegionUnavailable, UnknownName
from facefx.face.values import Box, FaceParsing, Mask
from facefx.labels import scheme

numbers = st.floats(-100, 100, allow_nan=False, width=32)
lengths = st.floats(0, 100, allow_nan=False, width=32)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), numbers, numbers, lengths, lengths)


@given(boxes, boxes)
def test_intersection_lies_in_both_and_does_not_mind_the_order(a: Box, b: Box) -> None:
    shared = a.intersection(b)
    assert shared.area == pytest.approx(b.intersection(a).area)
    assert shared.area <= min(a.area, b.area) + 1e-6
    assert shared.width >= 0
    assert shared.height >= 0
    if shared.area:
        assert shared.x0 >= max(a.x0, b.x0)
        assert shared.x1 <= min(a.x1, b.x1)
        assert shared.y0 >= max(a.y0, b.y0)
        assert shared.y1 <= min(a.y1, b.y1)


@given(boxes, boxes)
def test_iou(a: Box, b: Box) -> None:
    assert 0 <= a.iou(b) <= 1 + 1e-9
    assert a.iou(b) == pytest.approx(b.iou(a))
    if a.area > 0:
        assert a.iou(a) == pytest.approx(1)


def test_iou_by_hand() -> None:
    assert Box(0, 0, 2, 2).iou(Box(1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert Box(0, 0, 1, 1).iou(Box(1, 0, 2, 1)) == 0  # half-open: they only touch
    assert Box(0, 0, 0, 0).iou(Box(0, 0, 0, 0)) == 0


@given(numbers, numbers, lengths)
def test_a_square_box(x: float, y: float, side: float) -> None:
    box = Box.square((x, y), side)
    assert box.center == pytest.approx((x, y), abs=1e-6)
    assert box.side == pytest.approx(side, abs=1e-4)
    assert box.width == pytest.approx(box.height, abs=1e-6)


def test_an_inside_out_box_is_empty() -> None:
    assert Box(2, 2, 1, 1).area == 0


@given(boxes)
def test_a_box_as_a_dict(box: Box) -> None:
    assert Box(**box.to_dict()) == box


masks = hnp.arrays(np.float32, hnp.array_shapes(min_dims=2, max_dims=2, max_side=9), elements=st.floats(0, 1, width=32))


@given(masks)
def test_a_mask_is_an_array_that_cannot_be_written_to(array: np.ndarray) -> None:
    before = array.copy()
    mask = Mask.of(array)
    assert isinstance(mask, np.ndarray)
    assert mask.dtype == np.float32
    assert np.array_equal(mask, before)
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = 0.5
    array[0, 0] = 0.25  # making a mask does not lock the caller's own array, ...
    assert np.array_equal(mask, before)  # ... nor share it


@given(masks)
def test_arithmetic_with_a_mask_gives_plain_arrays(array: np.ndarray) -> None:
    mask = Mask.of(array)
    for result in (1 - mask, mask * 2, np.sqrt(mask), mask > 0.5, mask[..., None] * np.ones(3)):
        assert type(result) is np.ndarray or type(result).__name__ == "ndarray"
        assert result.flags.writeable
    assert mask.sum() == pytest.approx(array.sum(), rel=1e-5)
    assert np.ndim(mask.max()) == 0
    assert not isinstance(mask.max(), np.ndarray)


@given(masks)
def test_the_box_of_a_mask(array: np.ndarray) -> None:
    box = Mask.of(array).bbox
    rows, columns = np.nonzero(array >= 0.5)
    if len(rows) == 0:
        assert box is None
    else:
        assert box == Box(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)


def test_regions_of_a_parsing_are_sums() -> None:
    probabilities = np.full((19, 4, 4), 1 / 19, np.float32)
    parsing = FaceParsing(probabilities, scheme("celebamask"), np.eye(2, 3))
    assert parsing.size == 4
    assert parsing.region("lips") == pytest.approx(np.full((4, 4), 2 / 19))
    assert parsing.region("person") == pytest.approx(np.full((4, 4), 18 / 19))
    with pytest.raises(UnknownName):
        parsing.region("tail")


def test_a_region_that_the_labels_cannot_tell_says_so() -> None:
    parsing = FaceParsing(np.full((2, 4, 4), 0.5, np.float32), scheme("hair"), np.eye(2, 3))
    with pytest.raises(RegionUnavailable, match=r"hair: background, hair.*'lips' \(lower_lip, upper_lip\).*celebamask"):
        parsing.region("lips")
