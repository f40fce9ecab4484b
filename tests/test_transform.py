"""`FaceFx`: a look as a transform of training data, called as torchvision's and albumentations' are."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from conftest import Fakes
from facefx import FaceFx, LookError, ParameterError, chain, effect
from facefx.chains.moved import move_boxes, move_mask, move_points
from facefx.face.scene import Move
from synthetic import COLORS

SLIM = chain("slim_face", strength=1.0).then("enlarge_eyes", strength=1.0)
PAINT = chain("recolor_lips", color="#0050ff").then("recolor_hair", color="#6b3fa0")


def labels_in(picture: np.ndarray) -> np.ndarray:
    """The label of each pixel, by its colour."""
    return np.linalg.norm(picture[:, :, None].astype(float) - COLORS, axis=-1).argmin(axis=-1).astype(np.uint8)


def bump(size: int = 64, height: float = 6.0) -> Move:
    """A smooth displacement without folds."""
    rows, columns = np.mgrid[:size, :size] / (size - 1)
    shape = (np.sin(np.pi * rows) * np.sin(np.pi * columns)).astype(np.float32)
    return Move((10, 20, 10 + size, 20 + size), np.stack([height * shape, -height / 2 * shape], axis=-1))


@pytest.fixture
def of_torch() -> Any:
    return pytest.importorskip("torch")


def test_masks_move_with_the_pixels(fakes: Fakes, portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    done = FaceFx(SLIM, p=1)(image=portrait, mask=portrait_labels, masks=[portrait_labels == 13], label="her")
    assert set(done) == {"image", "mask", "masks", "label"}
    assert done["label"] == "her"
    moved = done["image"] != portrait
    assert moved.any()
    assert (done["mask"] == labels_in(done["image"])).mean() > 0.985  # what is not are colours between two at edges
    stale = (portrait_labels == labels_in(done["image"])).mean()
    assert (done["mask"] == labels_in(done["image"])).mean() > stale + 0.005
    assert done["mask"].dtype == np.uint8
    assert set(np.unique(done["mask"])) <= set(np.unique(portrait_labels))
    np.testing.assert_array_equal(done["masks"][0], done["mask"] == 13)


def test_nothing_given_is_changed(fakes: Fakes, portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    before = portrait.copy(), portrait_labels.copy()
    boxes = [(40.0, 40.0, 150.0, 170.0, "face")]
    FaceFx(SLIM | PAINT, p=1)(image=portrait, mask=portrait_labels, bboxes=boxes)
    np.testing.assert_array_equal(portrait, before[0])
    np.testing.assert_array_equal(portrait_labels, before[1])
    assert boxes == [(40.0, 40.0, 150.0, 170.0, "face")]


def test_effects_that_only_paint_leave_masks_and_boxes_as_they_are(
    fakes: Fakes, portrait: np.ndarray, portrait_labels: np.ndarray
) -> None:
    boxes = np.array([[40.0, 40, 150, 170]])
    done = FaceFx(PAINT, p=1)(image=portrait, mask=portrait_labels, bboxes=boxes)
    assert (done["image"] != portrait).any()
    assert done["mask"] is portrait_labels
    assert done["bboxes"] is boxes


def test_boxes_stay_round_what_they_are_round(fakes: Fakes, portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    def box_of(labels: np.ndarray, which: tuple[int, ...]) -> list[float]:
        ys, xs = np.nonzero(np.isin(labels, which))
        return [float(xs.min()), float(ys.min()), float(xs.max() + 1), float(ys.max() + 1)]

    eyes = [box_of(portrait_labels, (label,)) for label in (4, 5)]
    height, width = portrait.shape[:2]
    wanted = None
    for bbox_format, write in {
        "pascal_voc": lambda x0, y0, x1, y1: (x0, y0, x1, y1),
        "coco": lambda x0, y0, x1, y1: (x0, y0, x1 - x0, y1 - y0),
        "albumentations": lambda x0, y0, x1, y1: (x0 / width, y0 / height, x1 / width, y1 / height),
        "yolo": lambda x0, y0, x1, y1: ((x0 + x1) / 2 / width, (y0 + y1) / 2 / height, (x1 - x0) / width, (y1 - y0) / height),
    }.items():
        transform = FaceFx(chain("enlarge_eyes", strength=1.0), p=1, bbox_format=bbox_format)  # type: ignore[arg-type]
        done = transform(image=portrait, mask=portrait_labels, bboxes=[(*write(*box), "eye") for box in eyes])
        assert [row[4] for row in done["bboxes"]] == ["eye", "eye"]
        numbers = np.array([row[:4] for row in done["bboxes"]])
        if wanted is None:
            wanted = numbers
            for box, label, before in zip(numbers, (4, 5), eyes, strict=True):
                now = box_of(done["mask"], (label,))
                assert now[2] - now[0] > before[2] - before[0]
                assert np.abs(np.array(now) - box).max() < 2
        np.testing.assert_allclose(numbers, [write(*box) for box in wanted], atol=1e-9)


@given(st.integers(0, 1000), st.floats(0.1, 6))
def test_a_point_goes_where_its_colour_goes(seed: int, height: float) -> None:
    move = bump(height=height)
    points = np.random.default_rng(seed).uniform(0, 100, (50, 2))
    there = move_points(points, [move])
    place = there - (10.5, 20.5)
    inside = (place >= 0).all(axis=1) & (place <= 63).all(axis=1)
    assert np.array_equal(there[~inside], points[~inside]) or not inside.all()
    low = np.clip(np.floor(place), 0, 62).astype(int)
    share = place - low
    f = move.field.astype(float)
    at = sum(
        (share[:, :1] if dx else 1 - share[:, :1]) * (share[:, 1:] if dy else 1 - share[:, 1:]) * f[low[:, 1] + dy, low[:, 0] + dx]
        for dx in (0, 1)
        for dy in (0, 1)
    )
    np.testing.assert_allclose((there + at)[inside], points[inside], atol=0.05)  # OpenCV's places are in steps of 1/32


def test_moves_follow_each_other() -> None:
    first, second = bump(), Move((0, 0, 100, 100), np.full((100, 100, 2), 3.0, np.float32))
    picture = np.arange(120 * 120, dtype=np.int64).reshape(120, 120)
    both = move_mask(picture, [first, second])
    np.testing.assert_array_equal(both, move_mask(move_mask(picture, [first]), [second]))
    assert both[20, 20] == move_mask(picture, [first])[23, 23]
    np.testing.assert_allclose(move_points(np.array([[30.5, 30.5]]), [second]), [[27.5, 27.5]])
    np.testing.assert_allclose(move_boxes(np.array([[10, 10, 40, 50.0]]), [second]), [[7, 7, 37, 47]])
    assert move_boxes(np.zeros((0, 4)), [second]).shape == (0, 4)


def test_the_kind_of_the_picture_stays(fakes: Fakes, portrait: np.ndarray, portrait_labels: np.ndarray) -> None:
    image, mask = Image.fromarray(portrait), Image.fromarray(portrait_labels)
    mask.putpalette([i % 256 for i in range(768)])
    changed, moved = FaceFx(SLIM, p=1)(image, mask)
    assert (changed.mode, moved.mode, moved.getpalette()[:6]) == ("RGB", "P", mask.getpalette()[:6])
    array, labels = FaceFx(SLIM, p=1)(portrait, portrait_labels)
    np.testing.assert_array_equal(np.asarray(changed), array)
    np.testing.assert_array_equal(np.asarray(moved), labels)
    assert FaceFx(PAINT, p=1)(portrait.astype(np.float32) / 255).dtype == np.float32


def test_tensors_as_torchvision_has_them(fakes: Fakes, portrait: np.ndarray, portrait_labels: np.ndarray, of_torch: Any) -> None:
    torch = of_torch
    image = torch.from_numpy(portrait).permute(2, 0, 1)
    target = {
        "boxes": torch.tensor([[40.0, 40, 150, 170]]),
        "labels": torch.tensor([1]),
        "masks": torch.from_numpy(np.stack([portrait_labels == 13, portrait_labels == 1])),
        "image_id": 7,
    }
    changed, moved = FaceFx(SLIM, p=1)(image, target)
    wanted = FaceFx(SLIM, p=1)(image=portrait, mask=portrait_labels, bboxes=np.array([[40.0, 40, 150, 170]]))
    np.testing.assert_array_equal(changed.permute(1, 2, 0).numpy(), wanted["image"])
    np.testing.assert_array_equal(moved["masks"][0].numpy(), wanted["mask"] == 13)
    np.testing.assert_allclose(moved["boxes"].numpy(), wanted["bboxes"], rtol=1e-5)
    assert moved["boxes"].dtype == torch.float32
    assert (moved["labels"], moved["image_id"]) == (target["labels"], 7)
    floats = FaceFx(SLIM, p=1)(image.float() / 255)
    assert (floats.dtype, floats.shape) == (torch.float32, image.shape)
    assert (floats * 255 - changed.float()).abs().max() < 1
    with pytest.raises(ParameterError, match=r"shape \(2, 3, 4, 4\) is not allowed"):
        FaceFx(SLIM, p=1)(torch.zeros(2, 3, 4, 4))
    with pytest.raises(ParameterError, match="uint8, or floats"):
        FaceFx(SLIM, p=1)(torch.zeros(3, 40, 40, dtype=torch.int64))


def results(transform: FaceFx, portrait: np.ndarray, count: int = 12) -> list[np.ndarray]:
    return [transform(portrait) for _ in range(count)]


def test_the_seed_decides_all_that_is_drawn(fakes: Fakes, portrait: np.ndarray) -> None:
    looks = [PAINT, SLIM]
    first = results(FaceFx(looks, p=0.5, seed=3, strength=(0.2, 1)), portrait)
    again = results(FaceFx(looks, p=0.5, seed=3, strength=(0.2, 1)), portrait)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    other = results(FaceFx(looks, p=0.5, seed=4, strength=(0.2, 1)), portrait)
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert len({picture.tobytes() for picture in first}) > 4  # strengths differ
    untouched = sum(picture is portrait for picture in first)
    assert 2 <= untouched <= 10
    assert all(picture is portrait for picture in results(FaceFx(looks, p=0), portrait))
    assert not any(picture is portrait for picture in results(FaceFx(looks, p=1), portrait))


def test_random_effects_draw_anew_for_each_picture(fakes: Fakes, portrait: np.ndarray) -> None:
    @effect(region="hair")
    def noise(image: np.ndarray, mask: np.ndarray, *, rng: np.random.Generator) -> np.ndarray:
        """Noise."""
        return rng.random(image.shape, np.float32)

    transform = FaceFx(chain(noise), p=1)
    assert not np.array_equal(transform(portrait), transform(portrait))


def test_it_goes_through_a_pickle_in_the_middle_of_its_draws(fakes: Fakes, portrait: np.ndarray) -> None:
    transform = FaceFx([PAINT, SLIM], p=0.5, seed=1)
    transform(portrait)
    copy = pickle.loads(pickle.dumps(transform))
    assert repr(copy) == repr(transform) == "FaceFx(recolor_lips+recolor_hair | slim_face+enlarge_eyes, p=0.5, seed=1)"
    for a, b in zip(results(transform, portrait), results(copy, portrait), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_picture_without_a_face_stays_as_it_is(fakes: Fakes) -> None:
    blank = np.full((64, 64, 3), 128, np.uint8)
    np.testing.assert_array_equal(FaceFx(PAINT, p=1)(blank), blank)


def test_looks_by_name_and_file(fakes: Fakes, portrait: np.ndarray, tmp_path: Path) -> None:
    path = PAINT.save(tmp_path / "mine.json")
    np.testing.assert_array_equal(FaceFx(path, p=1)(portrait), FaceFx(PAINT, p=1)(portrait))
    assert FaceFx("evening").looks
    with pytest.raises(LookError):
        FaceFx("no such look")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"p": 1.5}, "p=1.5 is not allowed"),
        ({"p": True}, "p=True is not allowed"),
        ({"seed": -1}, "seed=-1 is not allowed"),
        ({"strength": (1, 0.5)}, "low <= high"),
        ({"strength": 0.5}, "give \\(low, high\\)"),
        ({"bbox_format": "xyxy"}, "give one of pascal_voc, coco"),
        ({"look": []}, "no looks is not allowed"),
        ({"look": chain("cutout")}, "four channels"),
        ({"min_confidence": 2}, "min_confidence=2"),
    ],
)
def test_what_is_not_allowed_is_said_at_once(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        FaceFx(**({"look": PAINT} | given))


def test_how_it_can_be_called(fakes: Fakes, portrait: np.ndarray) -> None:
    for call in (lambda t: t(), lambda t: t(1, 2, 3), lambda t: t(portrait, mask=1)):
        with pytest.raises(ParameterError, match=r"transform\(image, target\)"):
            call(FaceFx(PAINT))
    with pytest.raises(ParameterError, match="needs an image="):
        FaceFx(PAINT)(picture=portrait)
    with pytest.raises(ParameterError, match="begin with 4 numbers"):
        FaceFx(SLIM, p=1)(image=portrait, bboxes=[("a", "b", "c", "d")])


class Faces:
    """Two pictures, as often as asked, for a DataLoader."""

    def __init__(self, portrait: np.ndarray, transform: FaceFx) -> None:
        self.portrait, self.transform = portrait, transform

    def __len__(self) -> int:
        return 8

    def __getitem__(self, index: int) -> np.ndarray:
        return self.transform(self.portrait)


FORKS = pytest.mark.skipif(
    sys.platform != "linux" or sys.version_info >= (3, 12),
    reason="elsewhere nothing forks, and later Pythons warn of it beside threads",
)


# two workers are what is tried, also where there is one processor
@pytest.mark.filterwarnings("ignore:This DataLoader will create 2 worker processes")
@pytest.mark.slow
@pytest.mark.parametrize("start", ["spawn", pytest.param("fork", marks=FORKS)])
def test_the_workers_of_a_data_loader_draw_apart_and_repeatably(portrait: np.ndarray, of_torch: Any, start: str) -> None:
    """Workers that are spawned, as they are on Windows, macOS and from Python 3.14 on, get data set and transform by pickle."""
    transform = FaceFx(chain("grade").then("glow"), p=1, strength=(0.2, 1), detector="whole_frame")

    def epochs(seed: int, count: int = 1) -> list[bytes]:
        of_torch.manual_seed(seed)
        loader = of_torch.utils.data.DataLoader(
            Faces(portrait, transform), batch_size=1, num_workers=2, multiprocessing_context=start
        )
        return [batch.numpy().tobytes() for _ in range(count) for batch in loader]

    one = epochs(0, 2)
    assert len(set(one)) == 16
    assert one == epochs(0, 2)
    assert one[:8] != epochs(1)
