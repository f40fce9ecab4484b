"""The mean of several models' weights: one model, as quick as each of them, and often better than all.

It works for models that come from one and the same, since their weights then lie in one valley of the loss: Wortsman et al., "Model
soups: averaging weights of multiple fine-tuned models improves accuracy without increasing inference time", ICML 2022.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import tomli_w
from onnx import TensorProto, numpy_helper

from facefx.errors import ModelError
from facefx.inference.cards import ModelCard, int8_of, read_table

from ..run.published import segmenter_card
from .card import commit

__all__ = ["average_models"]


def average_models(shares: Mapping[Path, float], folder: Path, *, version: str, colours: Path | None = None) -> None:
    """Write the weighted mean of model folders into `folder`, and a card without scores.

    Parameters
    ----------
    shares : what each model folder weighs; in all, 1.
    version : for the card.
    colours : of pix2pix's models, the one in whose colours to paint; by default the last: a mean of palettes is none.

    Raises
    ------
    ModelError
        They are not versions of one network, or the shares do not sum to 1; nothing is written.
    """
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise ModelError(f"the models weigh {', '.join(f'{share:g}' for share in shares.values())}; in all they must weigh 1.")
    cards = [segmenter_card(source) for source in shares]
    painter = None
    if cards[-1].family == "pix2pix":
        painter = segmenter_card(colours) if colours else cards[-1]
    elif colours:
        raise ModelError(f"a {cards[-1].family} paints in no colours; leave {colours} out.")
    models = [(card.model_bytes(), share) for card, share in zip(cards, shares.values(), strict=True)]
    content = _averaged(models, painter.model_bytes() if painter else None)
    digest = hashlib.sha256(content).hexdigest()
    card = _card(cards, list(shares.values()), painter if colours else None, name=folder.name, version=version)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / cards[0].WEIGHTS).write_bytes(content)
    (folder / int8_of(cards[0].WEIGHTS)).unlink(missing_ok=True)  # of other weights, from now on
    (folder / "card.toml").write_text(tomli_w.dumps({**card, "sha256": digest}), "utf-8")


def _averaged(models: Sequence[tuple[bytes, float]], painter: bytes | None) -> bytes:
    """The mean of graphs by what they weigh; the colours are those of `painter`."""
    models = [*models, (painter, 0.0)] if painter else models
    graphs = [onnx.load_from_string(content) for content, _ in models]
    # Names are the exporter's, other ones each time; so is whether a whole number is a constant or an initial value.
    learnt = [[w for w in graph.graph.initializer if w.data_type in (TensorProto.FLOAT, TensorProto.FLOAT16)] for graph in graphs]
    shapes = [[(w.data_type, *w.dims) for w in weights] for weights in learnt]
    steps = [[node.op_type for node in graph.graph.node if node.op_type != "Constant"] for graph in graphs]
    if any(other != shapes[0] for other in shapes) or any(other != steps[0] for other in steps):
        raise ModelError("the models are not versions of one network: their graphs differ; export them again, by one version.")
    for versions in zip(*learnt, strict=True):
        values = [numpy_helper.to_array(weights) for weights in versions]
        if painter and _is_palette(versions[0]):
            versions[0].CopyFrom(numpy_helper.from_array(values[-1], versions[0].name))
            continue
        mean = sum(share * value.astype(float) for (_, share), value in zip(models, values, strict=True))
        versions[0].CopyFrom(numpy_helper.from_array(np.asarray(mean, values[0].dtype), versions[0].name))
    return graphs[0].SerializeToString()


def _is_palette(weights: TensorProto) -> bool:
    """Whether it is of the colours that a `Pix2Pix` paints in: themselves, their squares, or what reads labels off them."""
    return [*weights.dims][1:] in ([3], [3, 1, 1])


def _card(
    cards: Sequence[ModelCard], shares: Iterable[float], painter: ModelCard | None, *, name: str, version: str
) -> dict[str, Any]:
    """The card of the model that went on from others, with what all of them learnt from."""
    last = cards[-1]
    table = read_table(last.folder)
    begun = {card.training.get("started_from", {}).get("name") for card in cards}
    lines = [line for card in cards if card.name not in begun for line in card.training.get("commands", ())]
    data = {key: part for card in cards for key, part in card.training.get("data", {}).items()}
    mixed = " ".join(f"{'models/' * (card.name in begun)}{card.name}={share:g}" for card, share in zip(cards, shares, strict=True))
    said = f" --colours {painter.name}" if painter else ""
    labelled = sum(int(part.get("pictures", 0)) for part in data.values() if "labels" not in part)
    kept = ("date", "options", "seed", "hardware", "encoder")
    return {
        "name": name,
        "version": version,
        "family": last.family,
        "summary": f"{last.family}, {len(last.scheme)} labels, trained on {labelled} faces; a mean of {len(cards)} models' weights",
        "license": last.license,
        "data_license": "; ".join(dict.fromkeys(str(part.get("license", "not stated")) for part in data.values())),
        "parameters": last.parameters,
        "input": {"size": list(last.input_size)},
        "training": {
            **{key: last.training[key] for key in kept if key in last.training},
            "commands": [*dict.fromkeys(lines), f"facefx-train average {mixed} models/{name}{said}"],
            "commit": commit(),
            "averaged": [
                {"name": card.name, "version": card.version, "sha256": card.sha256, "share": share}
                for card, share in zip(cards, shares, strict=True)
            ],
            **({"colours": {"name": painter.name, "version": painter.version, "sha256": painter.sha256}} if painter else {}),
            "data": data,
        },
        **{key: table[key] for key in ("labels", "output") if key in table},
        "quality": {quality: {"size": run.size, "mirror": run.mirror} for quality, run in cards[0].qualities.items()},
    }
