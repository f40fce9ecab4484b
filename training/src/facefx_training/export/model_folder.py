"""From a run to a model folder: `model.onnx` with half-size weights, and its card."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import tomli_w
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from facefx.errors import ModelError
from facefx.inference.cards import PERSON, ModelCard, Quality, int8_of
from facefx.inference.grey import decoded
from facefx.labels import LabelScheme

from ..networks import Segmenter
from ..run.published import segmenter_card
from .to_onnx import halved, rewritten, write_onnx

__all__ = ["Probabilities", "changed_labels", "disagreement", "export_model", "rewrite_model", "set_quality", "set_scores"]

#: Greatest difference of a probability between torch and onnxruntime, in the picture in which they agree best. Sums in another
#: order make one of 0.00001; in SegNet up to 0.1 where two pixels tie for the largest of their block, as they do in some.
_TOLERANCE = 0.001
#: Share of the pixels whose likeliest label may be another one with half-precision weights; SegNet's is 0.001, the others' less.
_CHANGED = 0.01
#: Greatest difference of a probability that writing the same weights into another graph may make: one of rounding.
_REWRITTEN = 1e-4


class Probabilities(nn.Module):
    """A segmenter with its softmax: (N, 3, H, W) RGB in [0, 1] → (N, C, H, W), summing to 1 over C, or what it draws."""

    def __init__(self, network: Segmenter) -> None:
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        return self.network.answer(image)


def export_model(
    network: Segmenter,
    folder: Path,
    card: Mapping[str, Any],
    scheme: LabelScheme,
    picture: np.ndarray,
    sizes: tuple[int, ...] = (256, 320),
) -> None:
    """Write `folder`/model.onnx and card.toml, after proving that onnxruntime answers what torch does.

    A network that finds whole people and no parts of them goes into person.onnx, which says that it is of that kind.
    A card that is there already gives its scores to the new one if they are the same model's.

    Parameters
    ----------
    network : with its final weights
    card : the card's contents, but for `sha256`, `parameters` and `labels`, which are filled in
    scheme : what the network's classes are
    picture : (S, S, 3) uint8, RGB, a face to compare torch and onnxruntime on
    sizes : sides at which they are compared, pixels

    Raises
    ------
    ModelError
        The two do not agree; nothing is written.
    """
    model = Probabilities(network).eval()  # the exporter gives back the mode that it found
    exact = write_onnx(model)
    worst = disagreement(model, exact, picture, sizes)
    if not worst <= _TOLERANCE:
        raise ModelError(
            f"onnxruntime and torch differ by up to {worst:.3g} in probability, and {_TOLERANCE} is allowed. "
            "Nothing was exported: look for an operator that exports wrongly."
        )
    content = halved(exact)
    changed = changed_labels(model, content, picture, sizes)
    if not changed <= _CHANGED:
        raise ModelError(
            f"with weights of half precision {changed:.2%} of the pixels get another label, and {_CHANGED:.0%} is allowed. "
            "Nothing was exported: look for weights that are very large or very small."
        )
    labels = {"scheme": scheme.name, "classes": list(scheme.classes)}
    output = {"output": {"values": "grey"}} if network.draws else {}
    digest = hashlib.sha256(content).hexdigest()
    facts = {
        "sha256": digest,
        "parameters": sum(p.numel() for p in network.parameters()),
        "labels": labels,
        **output,
        **_scores_of_the_same(folder / "card.toml", digest),
    }
    plain = {k: v for k, v in {**card, **facts}.items() if not isinstance(v, Mapping)}
    tables = {k: v for k, v in {**card, **facts}.items() if isinstance(v, Mapping)}
    text = tomli_w.dumps({**plain, **tables})
    folder.mkdir(parents=True, exist_ok=True)
    weights = PERSON if scheme.name == "person" else ModelCard.WEIGHTS
    (folder / weights).write_bytes(content)
    (folder / int8_of(weights)).unlink(missing_ok=True)  # of other weights, from now on
    (folder / "card.toml").write_text(text, "utf-8")


def rewrite_model(source: Path, folder: Path) -> float:
    """Write the model of `source` into `folder`, its weights in today's graph, after proving that both answer alike.

    The card stays as it is, scores and all, but for the name, which is the folder's, the sha256, and what it says of integers,
    which are `quantize`'s to write.

    Returns
    -------
    float
        Greatest difference in probability between the two, on a picture of noise.

    Raises
    ------
    ModelError
        They do not agree, or the model is not what its card says; nothing is written.
    """
    card = segmenter_card(source)
    before = card.model_bytes()
    after = rewritten(before)
    image = _shown(np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8), card.input_size[0])
    worst = float(np.abs(_answer(after, image) - _answer(before, image)).max())
    if not worst <= _REWRITTEN:
        raise ModelError(
            f"written anew, {source} differs by up to {worst:.3g} in probability, and {_REWRITTEN} is allowed. Nothing was written."
        )
    table = tomllib.loads((source / "card.toml").read_text("utf-8"))
    table |= {"name": folder.name, "sha256": hashlib.sha256(after).hexdigest()}
    table.pop("int8", None)
    for quality in table.get("quality", {}).values():
        quality.pop("int8", None)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / int8_of(card.WEIGHTS)).unlink(missing_ok=True)
    (folder / card.WEIGHTS).write_bytes(after)
    (folder / "card.toml").write_text(tomli_w.dumps(table), "utf-8")
    return worst


def _scores_of_the_same(path: Path, digest: str) -> dict[str, Any]:
    """The table of scores of a card for the model with that sha256; nothing if there is none."""
    card = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    return {"scores": card["scores"]} if card.get("sha256") == digest and "scores" in card else {}


def set_scores(folder: Path, scores: Mapping[str, Any], *, size: int | None = None) -> None:
    """Put measured scores into a model's card, and the input size that they were found best at."""
    path = folder / "card.toml"
    card = tomllib.loads(path.read_text("utf-8"))
    card["scores"] = {**card.get("scores", {}), **scores}
    if size is not None:
        card["input"] = {"size": [size, size]}
    path.write_text(tomli_w.dumps(card), "utf-8")


def set_quality(folder: Path, quality: Quality, figures: Mapping[str, Any]) -> None:
    """Put into a model's card how a quality runs it, and figures of it."""
    run = segmenter_card(folder).qualities[quality]
    path = folder / "card.toml"
    card = tomllib.loads(path.read_text("utf-8"))
    integers = {"int8": run.int8} if "int8" in card else {}
    card["quality"] = {**card.get("quality", {}), quality: {"size": run.size, "mirror": run.mirror, **integers, **figures}}
    path.write_text(tomli_w.dumps(card), "utf-8")


def disagreement(model: Probabilities, content: bytes, picture: np.ndarray, sizes: tuple[int, ...]) -> float:
    """Greatest difference in probability between torch and onnxruntime on that of some pictures of a face which differs least.

    An operator that is exported wrongly is wrong in all of them, a tie between pixels is in some.
    """
    answers = _answers(model, content, picture, sizes)
    return max(float(np.abs(given - expected).max(axis=(1, 2, 3)).min()) for expected, given in answers)


def changed_labels(model: Probabilities, content: bytes, picture: np.ndarray, sizes: tuple[int, ...]) -> float:
    """Share of the pixels of some pictures of a face whose likeliest label is another one in onnxruntime than in torch."""

    def likeliest(answer: np.ndarray) -> np.ndarray:
        return np.asarray((decoded(answer[:, 0], levels) if (levels := model.network.draws) else answer).argmax(1))

    answers = _answers(model, content, picture, sizes)
    return max(float((likeliest(given) != likeliest(expected)).mean()) for expected, given in answers)


def _answers(
    model: Probabilities, content: bytes, picture: np.ndarray, sizes: tuple[int, ...]
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Torch's and onnxruntime's probabilities at each size."""
    for size in sizes:
        image = _shown(picture, size)
        with torch.no_grad():
            expected = model(image).numpy()
        yield expected, _answer(content, image)


def _shown(picture: np.ndarray, size: int) -> Tensor:
    """A picture and its mirror image, bright and dark, at a size, as networks are given them: (8, 3, `size`, `size`)."""
    image = torch.from_numpy(np.stack([picture, picture[:, ::-1]])).permute(0, 3, 1, 2).float() / 255
    image = F.interpolate(image, (size, size), mode="bilinear", align_corners=False)
    return torch.cat([image * brightness for brightness in (1.0, 0.9, 0.8, 0.7)])


def _answer(content: bytes, image: Tensor) -> np.ndarray:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(image.numpy())})[0])
