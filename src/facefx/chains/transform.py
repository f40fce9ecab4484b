"""A look as a transform of training data: on some pictures, which a seed decides, with masks and boxes taken along."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..declare.declarations import EffectSpec
from ..errors import ParameterError
from ..face.scene import Move
from ..inference.cards import Quality
from ..shown import shown
from .carried import FORMATS, BoxFormat, as_array_of, carried, carried_target, is_tensor, like_tensor, size_of
from .sequence import Chain, check_confidence, load_look

__all__ = ["FaceFx"]


class FaceFx:
    """A look, or one of several, on some of the pictures that it is called with.

    It is called as torchvision's transforms are, ``transform(image)`` or ``transform(image, target)``, the target a dict of
    ``boxes`` and ``masks`` or a mask; and as albumentations' are, ``transform(image=..., mask=..., masks=..., bboxes=...,
    keypoints=...)``, which gives a dict. What it does not know, such as labels, is passed along. Pictures are of any kind that
    `facefx.open_image` takes, or tensors (3, H, W), uint8 or floats in [0, 1]; the same kind comes out. A picture without a face
    stays as it is.

    Warps move masks (labels of any dtype, never mixed), boxes and key points; other effects leave them alone.

    Parameters
    ----------
    look : a `Chain`, a ready look's name or a look's file; or several, of which each picture gets one.
    p : the share of pictures that are changed, 0 to 1.
    seed : decides all that is drawn. The same seed and the same pictures in the same order give the same results; in the workers of
        a torch `DataLoader` what it decides depends on the worker and the epoch, too, by torch's own seed. None for another draw
        each time that one is made.
    strength : (low, high), by which the ``strength`` of the look's effects is multiplied, drawn anew for each picture.
    min_confidence : as for `Chain.run`.
    segmenter, detector, quality, person : as for `facefx.parse`. Names and folders, if it is to be sent to other processes.
    bbox_format : how ``bboxes`` are written. Of a dict ``target``, ``boxes`` are corners in pixels, as torchvision has them. What
        follows the four numbers of a box is passed along.

    Raises
    ------
    ParameterError
        If one of them is not allowed, or a look cuts people out, which makes pictures of four channels.
    LookError
        If there is no such look.
    """

    #: What albumentations' Compose asks of its members.
    available_keys = frozenset({"image", "mask", "masks", "bboxes", "keypoints"})

    def __init__(
        self,
        look: Chain | str | Path | Sequence[Chain | str | Path],
        *,
        p: float = 0.5,
        seed: int | None = 0,
        strength: tuple[float, float] = (1.0, 1.0),
        min_confidence: float = 0.0,
        segmenter: Any = None,
        detector: Any = None,
        quality: Quality | None = None,
        bbox_format: BoxFormat = "pascal_voc",
        person: Any = None,
    ) -> None:
        several = look if isinstance(look, list | tuple) else [look]
        self.looks = tuple(one if isinstance(one, Chain) else load_look(one) for one in several)  # type: ignore[arg-type]
        self.p, self.seed, self.strength, self.min_confidence = p, seed, strength, min_confidence
        self.segmenter, self.detector, self.quality, self.person = segmenter, detector, quality, person
        self.bbox_format = bbox_format
        self._check()
        self._start = np.random.SeedSequence(seed).entropy
        self._calls = 0

    def _check(self) -> None:
        if not self.looks:
            raise ParameterError("a transform of no looks is not allowed; give a chain, a look's name, or several")
        if type(self.p) not in (int, float) or not 0 <= self.p <= 1:
            raise ParameterError(f"p={shown(self.p)} is not allowed; give a number from 0 to 1")
        if self.seed is not None and (type(self.seed) is not int or self.seed < 0):
            raise ParameterError(f"seed={shown(self.seed)} is not allowed; give a whole number from 0 on, or None")
        drawn = self.strength
        fit = (
            isinstance(drawn, list | tuple) and len(drawn) == 2 and all(type(v) in (int, float) and math.isfinite(v) for v in drawn)
        )
        if not fit or not 0 <= drawn[0] <= drawn[1]:
            raise ParameterError(f"strength={shown(drawn)} is not allowed; give (low, high), with 0 <= low <= high")
        if self.bbox_format not in FORMATS:
            raise ParameterError(f"bbox_format={shown(self.bbox_format)} is not allowed; give one of {', '.join(FORMATS)}")
        check_confidence(self.min_confidence)
        for step in (step for look in self.looks for step in look.steps):
            if isinstance(step.spec, EffectSpec) and step.spec.kind == "cutout":
                raise ParameterError(
                    f"{step.name} makes pictures of four channels, which none is trained on; try replace_background"
                )

    def __call__(self, *args: Any, **named: Any) -> Any:
        """The picture, or the picture and what belongs to it, as they were given. Raises what `Chain.run` raises."""
        if named and not args:
            return self._named(named)
        if named or len(args) not in (1, 2):
            raise ParameterError(
                "a FaceFx is called as transform(image), transform(image, target) or transform(image=..., mask=..., bboxes=...)"
            )
        image, moves = self._changed(args[0])
        return image if len(args) == 1 else (image, carried_target(args[1], moves, size_of(args[0])))

    def __repr__(self) -> str:
        names = ["+".join(step.name.rpartition(":")[2] for step in look.steps) for look in self.looks]
        return f"FaceFx({' | '.join(names)}, p={self.p}, seed={self.seed})"

    def _named(self, named: dict[str, Any]) -> dict[str, Any]:
        if "image" not in named:
            raise ParameterError(f"a FaceFx needs an image=; given were {', '.join(named)}")
        image, moves = self._changed(named["image"])
        size = size_of(named["image"])
        return {**{key: carried(key, value, moves, size, self.bbox_format) for key, value in named.items()}, "image": image}

    def _changed(self, image: Any) -> tuple[Any, tuple[Move, ...]]:
        """The picture, itself if nothing is done to it, and the warps that it has been through."""
        rng = np.random.default_rng(np.random.SeedSequence(self._start, spawn_key=(*_worker(), self._calls)))
        self._calls += 1
        chance, factor = rng.random(), rng.uniform(*self.strength)
        look = replace(_scaled(self.looks[rng.integers(len(self.looks))], factor), seed=int(rng.integers(2**62)))
        if chance >= self.p:
            return image, ()
        done = look.run(
            as_array_of(image) if is_tensor(image) else image,
            segmenter=self.segmenter,
            detector=self.detector,
            quality=self.quality,
            person=self.person,
            require_face=False,
            min_confidence=self.min_confidence,
        )
        return (like_tensor(done.image, image) if is_tensor(image) else done.image), done.moves


def _scaled(look: Chain, factor: float) -> Chain:
    """The look with the strength of its effects multiplied, as far as they allow it."""
    if factor == 1:
        return look
    steps = []
    for step in look.steps:
        strength = step.params.get("strength")
        if isinstance(strength, int | float) and not isinstance(strength, bool):
            allowed = step.spec.parameters["strength"].range
            value = strength * factor if allowed is None else min(max(strength * factor, allowed.low), allowed.high)
            step = replace(step, params={**step.params, "strength": round(value) if isinstance(strength, int) else value})
        steps.append(step)
    return replace(look, steps=tuple(steps))


def _worker() -> tuple[int, ...]:
    """What tells a torch `DataLoader`'s worker, and the epoch, from others; torch is not imported for it."""
    data = sys.modules.get("torch.utils.data")
    info = data.get_worker_info() if data else None
    return () if info is None else (int(info.seed) & 0xFFFFFFFF, int(info.seed) >> 32)
