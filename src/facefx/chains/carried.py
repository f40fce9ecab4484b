"""What belongs to a picture, of the kinds that training code gives it in, taken along with the picture's warps.

Masks are arrays, PIL images or tensors; boxes and key points arrays, tensors or lists of tuples, with or without labels at their
end. torch is never imported: who gives a tensor has it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Literal, get_args

import numpy as np
from PIL import Image

from ..errors import ParameterError
from ..face.scene import Move
from ..image.picture import open_image
from ..shown import shown
from .moved import move_boxes, move_mask, move_points

__all__ = ["FORMATS", "BoxFormat", "as_array_of", "carried", "carried_target", "is_tensor", "like_tensor", "size_of"]

#: Of boxes, by the names that albumentations gives them: corners in pixels; corner, width and height in pixels; corners in shares
#: of the picture; middle, width and height in shares.
BoxFormat = Literal["pascal_voc", "coco", "albumentations", "yolo"]
FORMATS: tuple[BoxFormat, ...] = get_args(BoxFormat)
#: What torchvision calls them.
_OF_TORCHVISION: dict[str, BoxFormat] = {"XYXY": "pascal_voc", "XYWH": "coco"}

_Change = Callable[[np.ndarray], np.ndarray]
_Moves = tuple[Move, ...]
_Size = tuple[int, int]


def carried(key: str, value: Any, moves: _Moves, size: _Size, bbox_format: BoxFormat) -> Any:
    """What goes by the name `key`, moved; itself where nothing moved, and if it is called otherwise than what has a place.

    `size` is (height, width) of the picture.
    """
    if not moves or value is None:
        return value
    match key:
        case "mask":
            return _mask(value, moves)
        case "masks" if isinstance(value, list | tuple):
            return type(value)(_mask(one, moves) for one in value)
        case "masks":
            return _stack(value, moves)
        case "bboxes" | "boxes":
            return _rows(value, 4, lambda boxes: _boxes(boxes, moves, size, bbox_format))
        case "keypoints":
            return _rows(value, 2, lambda points: move_points(points, moves))
    return value


def carried_target(target: Any, moves: _Moves, size: _Size) -> Any:
    """Torchvision's second argument: a dict with ``boxes``, ``masks``, ``mask`` or ``keypoints``, or a mask."""
    if isinstance(target, dict):
        return {key: carried(key, value, moves, size, _format_of(value)) for key, value in target.items()}
    has_place = isinstance(target, np.ndarray | Image.Image) or is_tensor(target)
    return carried("mask", target, moves, size, "pascal_voc") if has_place and np.ndim(target) >= 2 else target


def size_of(image: Any) -> _Size:
    """(height, width)"""
    if is_tensor(image):
        return int(image.shape[-2]), int(image.shape[-1])
    height, width = np.shape(image)[:2] if isinstance(image, np.ndarray) else open_image(image).canvas.shape[:2]
    return height, width


def is_tensor(value: Any) -> bool:
    """Whether it is one of torch's; without torch there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_array_of(image: Any) -> np.ndarray:
    """(H, W, 3) of a tensor (3, H, W) or (1, 3, H, W), uint8 or floats; raises `ParameterError` for another."""
    if image.ndim not in (3, 4) or image.shape[-3] != 3 or (image.ndim == 4 and len(image) != 1):
        raise ParameterError(f"a tensor of shape {tuple(image.shape)} is not allowed; give (3, H, W), one picture at a time")
    array = _numpy(image).reshape(image.shape[-3:]).transpose(1, 2, 0)
    if array.dtype != np.uint8 and array.dtype.kind != "f":
        raise ParameterError(f"a tensor of {image.dtype} is not allowed; give uint8, or floats in [0, 1]")
    return np.ascontiguousarray(array if array.dtype == np.uint8 else np.clip(array.astype(np.float32), 0, 1))


def like_tensor(array: np.ndarray, like: Any) -> Any:
    """A tensor of `like`'s shape, dtype and device from (H, W, 3)."""
    return _tensor(array.transpose(2, 0, 1).reshape(like.shape), like)


def _mask(value: Any, moves: _Moves) -> Any:
    if isinstance(value, Image.Image):
        changed = Image.fromarray(move_mask(np.asarray(value), moves))
        if value.mode == "P":
            changed = changed.convert("P") if changed.mode != "L" else changed
            changed.putpalette(value.getpalette() or [])
        return changed
    if is_tensor(value):  # height and width are its last two
        planes = _numpy(value).reshape(-1, *value.shape[-2:]).transpose(1, 2, 0)
        return _tensor(move_mask(planes, moves).transpose(2, 0, 1).reshape(value.shape), value)
    return move_mask(np.asarray(value), moves)


def _stack(value: Any, moves: _Moves) -> Any:
    """(N, H, W) masks."""
    if is_tensor(value):
        return _mask(value, moves) if len(value) else value
    array = np.asarray(value)
    return move_mask(array.transpose(1, 2, 0), moves).transpose(2, 0, 1) if len(array) else value


def _rows(value: Any, count: int, change: _Change) -> Any:
    """Rows that begin with so many numbers, of the kind that was given; what follows them is passed along."""
    if not len(value):
        return value
    if is_tensor(value) or isinstance(value, np.ndarray):
        array = _numpy(value) if is_tensor(value) else value
        places = change(array[..., :count].reshape(-1, count).astype(float)).reshape(*array.shape[:-1], count)
        changed = np.array(array)
        changed[..., :count] = np.rint(places) if array.dtype.kind in "iu" else places
        return _tensor(changed, value) if is_tensor(value) else changed
    try:
        places = change(np.array([[float(number) for number in row[:count]] for row in value]))
    except (TypeError, ValueError):
        raise ParameterError(
            f"boxes or key points {shown(value)} are not allowed; give rows that begin with {count} numbers"
        ) from None
    return type(value)(type(row)([*map(float, place), *row[count:]]) for row, place in zip(value, places, strict=True))


def _boxes(boxes: np.ndarray, moves: _Moves, size: _Size, bbox_format: BoxFormat) -> np.ndarray:
    unit = np.array([size[1], size[0]] * 2, float) if bbox_format in ("albumentations", "yolo") else np.ones(4)
    first, second = np.split(boxes * unit, 2, axis=1)
    low, high = {
        "coco": (first, first + second),
        "yolo": (first - second / 2, first + second / 2),
    }.get(bbox_format, (first, second))
    low, high = np.split(move_boxes(np.concatenate([low, high], axis=1), moves), 2, axis=1)
    pair = {"coco": (low, high - low), "yolo": ((low + high) / 2, high - low)}.get(bbox_format, (low, high))
    return np.asarray(np.concatenate(pair, axis=1) / unit)


def _format_of(value: Any) -> BoxFormat:
    """That of torchvision's boxes, which may say it."""
    said = getattr(getattr(value, "format", None), "name", "XYXY") if is_tensor(value) else "XYXY"
    if said not in _OF_TORCHVISION:
        raise ParameterError(f"boxes of the format {said} are not allowed; convert them to one of {', '.join(_OF_TORCHVISION)}")
    return _OF_TORCHVISION[said]


def _numpy(tensor: Any) -> np.ndarray:
    plain = tensor.detach().as_subclass(sys.modules["torch"].Tensor).cpu()
    return np.asarray((plain.float() if "bfloat16" in str(plain.dtype) else plain).numpy())


def _tensor(array: np.ndarray, like: Any) -> Any:
    """Of the same dtype, device and, if it is one of torchvision's, kind."""
    made = sys.modules["torch"].from_numpy(np.ascontiguousarray(array)).to(like.device, like.dtype)
    kinds = sys.modules.get("torchvision.tv_tensors")
    return kinds.wrap(made, like=like) if kinds is not None and isinstance(like, kinds.TVTensor) else made
