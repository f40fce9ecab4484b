"""Learning from a teacher: what trained models answer to the pictures of a run, and how far a network is from that.

Teachers are asked once, about the pictures as they are, since each is shown often; their answers are cropped and turned with it.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.errors import ParameterError
from facefx.face.values import Segmenter
from facefx.inference.ensemble import Ensemble
from facefx.inference.segmenter import OnnxSegmenter
from facefx.labels import LabelScheme

from ..data import Pictures
from ..data.soft import pack

__all__ = ["Distillation", "taught"]

_log = logging.getLogger(__name__)


def taught(pictures: Pictures, teachers: Sequence[Path], scheme: LabelScheme, folder: Path) -> Pictures:
    """The pictures with what the model folders `teachers` answer to them, on average, at half the pictures' size.

    The answers lie in `folder`, in a file for these teachers and pictures. One that is there is used, and one that an interruption
    left incomplete is gone on with.

    Raises
    ------
    ParameterError
        A teacher tells other parts apart than `scheme`.
    ModelError
        A folder is no model's, or models cannot run.
    """
    members = [OnnxSegmenter.from_folder(teacher) for teacher in teachers]
    for member in members:
        if member.scheme != scheme:
            raise ParameterError(
                f"the teacher {member.name!r} answers in the scheme {member.scheme.name}, and the run learns {scheme.name}; "
                "give a teacher of that scheme, or --scheme."
            )
    side = pictures.images.shape[1] // 2
    digest = hashlib.blake2b(np.ascontiguousarray(pictures.images).data, digest_size=8)
    for member in members:
        digest.update(f"{member.card.sha256} {member.input_size}".encode())
    file = folder / f"{digest.hexdigest()}.npy"
    folder.mkdir(parents=True, exist_ok=True)
    shape = (len(pictures), side, side, 3)
    mode = "r+" if file.exists() else "w+"
    answers = np.lib.format.open_memmap(file, mode, np.uint8, shape)
    # a share is about 128 at least, so zeros are what nobody has answered yet
    missing = np.flatnonzero(answers[:, 0, 0, 2] == 0)
    teacher = members[0] if len(members) == 1 else Ensemble(members)
    for done, index in enumerate(missing):
        answers[index] = _answer(teacher, pictures.images[index], side)
        if done % 500 == 0:
            _log.info("asking %s: %d of %d pictures", teacher.name, done, len(missing))
    answers.flush()
    return replace(pictures, soft=answers)


def _answer(teacher: Segmenter, image: np.ndarray, side: int) -> np.ndarray:
    height, width = teacher.input_size
    seen = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    (probabilities,) = teacher.probabilities(seen[None])
    return pack(np.stack([cv2.resize(values, (side, side), interpolation=cv2.INTER_AREA) for values in probabilities]))


class Distillation(nn.Module):
    """How far logits are from a teacher's answer: their Kullback-Leibler divergence, the mean over the pixels that it answered.

    Hinton, Vinyals and Dean 2015, "Distilling the Knowledge in a Neural Network": both sides are softened by a temperature, and the
    result multiplied with its square, so that gradients stay of one size.

    Parameters
    ----------
    temperature : 1 takes the probabilities as they are; more makes what is less likely count more
    """

    def __init__(self, temperature: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, logits: Tensor, soft: Tensor) -> Tensor:
        """(N, C, H, W) logits and (N, H, W, 3) uint8 soft labels (`data.soft`) → () float, 0 if nothing is known."""
        known = soft[..., 0] < logits.shape[1]
        if not known.any():
            return logits.sum() * 0
        said = F.log_softmax(logits.float() / self.temperature, 1)
        named = soft[..., :2].permute(0, 3, 1, 2).long().where(known.unsqueeze(1), 0)
        share = soft[..., 2].float() / 255
        shares = torch.stack([share, 1 - share], 1) ** (1 / self.temperature)
        shares = shares / shares.sum(1, keepdim=True)
        divergence = (torch.xlogy(shares, shares) - shares * said.gather(1, named)).sum(1)
        return self.temperature**2 * (divergence * known).sum() / known.sum()
